"""passkeys."""

import sqlalchemy as sa

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

PASSKEYS = """
CREATE TABLE passkeys (
  id uuid CONSTRAINT pk_passkeys PRIMARY KEY,
  user_id uuid NOT NULL CONSTRAINT fk_passkeys_user_id_users REFERENCES users ON DELETE CASCADE,
  credential_id bytea NOT NULL CONSTRAINT uq_passkeys_credential_id UNIQUE,
  public_key bytea NOT NULL,
  sign_count bigint NOT NULL,
  transports jsonb NOT NULL,
  is_backed_up boolean NOT NULL,
  name varchar NOT NULL,
  created_at timestamptz NOT NULL,
  last_used_at timestamptz
)
"""
CHALLENGES = """
CREATE TABLE challenges (
  hash bytea CONSTRAINT pk_challenges PRIMARY KEY,
  purpose varchar NOT NULL,
  user_id uuid CONSTRAINT fk_challenges_user_id_users REFERENCES users ON DELETE CASCADE,
  session_id uuid,
  expires_at timestamptz NOT NULL
)
"""


def upgrade() -> None:
    op.add_column(
        "sessions", sa.Column("method", sa.String(), nullable=False, server_default="password")
    )
    op.add_column("sessions", sa.Column("proved_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(PASSKEYS)
    op.create_index("ix_passkeys_user_id", "passkeys", ["user_id"])
    op.execute(CHALLENGES)
    op.create_index("ix_challenges_expires_at", "challenges", ["expires_at"])
    op.create_index("ix_challenges_user_id", "challenges", ["user_id"])


def downgrade() -> None:
    op.drop_table("challenges")
    op.drop_table("passkeys")
    op.drop_column("sessions", "proved_at")
    op.drop_column("sessions", "method")
