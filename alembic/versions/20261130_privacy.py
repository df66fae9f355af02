"""exports and deletions of accounts."""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

ERASED_AT = "ALTER TABLE users ADD COLUMN erased_at timestamptz"
DELETIONS = """
CREATE TABLE deletions (
  user_id uuid CONSTRAINT pk_deletions PRIMARY KEY CONSTRAINT fk_deletions_user_id_users REFERENCES users,
  requested_at timestamptz NOT NULL,
  due_at timestamptz NOT NULL
)
"""
EXPORTS = """
CREATE TABLE exports (
  id uuid CONSTRAINT pk_exports PRIMARY KEY,
  user_id uuid NOT NULL CONSTRAINT fk_exports_user_id_users REFERENCES users,
  content bytea,
  requested_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
)
"""
INDEXES = (
    "CREATE INDEX ix_exports_user_id ON exports (user_id, id)",
    "CREATE INDEX ix_exports_expires_at ON exports (expires_at)",
)


def upgrade() -> None:
    for statement in (ERASED_AT, DELETIONS, EXPORTS, *INDEXES):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE exports")
    op.execute("DROP TABLE deletions")
    op.execute("ALTER TABLE users DROP COLUMN erased_at")
