"""tokens of mailed links."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

# Addresses of existing accounts count as unconfirmed: nobody proved them.
USERS = """
ALTER TABLE users
  ADD COLUMN email_confirmed_at timestamptz,
  ADD COLUMN credentials_changed_at timestamptz,
  ADD COLUMN language varchar(35),
  ALTER COLUMN password_hash DROP NOT NULL
"""
TOKENS = """
CREATE TABLE tokens (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL CONSTRAINT fk_tokens_user_id_users REFERENCES users ON DELETE CASCADE,
  purpose varchar NOT NULL
    CONSTRAINT ck_tokens_purpose CHECK (purpose IN ('confirm', 'reset', 'change', 'undo')),
  secret_hash bytea NOT NULL CONSTRAINT uq_tokens_secret_hash UNIQUE,
  facts jsonb NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
)
"""
FORMER_EMAILS = """
CREATE TABLE former_emails (
  email varchar(254) PRIMARY KEY,
  user_id uuid NOT NULL CONSTRAINT fk_former_emails_user_id_users REFERENCES users ON DELETE CASCADE,
  user_version integer NOT NULL,
  expires_at timestamptz NOT NULL
)
"""


def upgrade() -> None:
    op.execute(USERS)
    op.execute(TOKENS)
    op.execute("CREATE INDEX ix_tokens_user_id_purpose ON tokens (user_id, purpose)")
    op.execute(FORMER_EMAILS)
    op.execute("CREATE INDEX ix_former_emails_user_id ON former_emails (user_id)")


def downgrade() -> None:
    op.drop_table("former_emails")
    op.drop_table("tokens")
    op.execute("DELETE FROM users WHERE password_hash IS NULL")
    op.execute(
        "ALTER TABLE users ALTER COLUMN password_hash SET NOT NULL, DROP COLUMN language,"
        " DROP COLUMN credentials_changed_at, DROP COLUMN email_confirmed_at"
    )
