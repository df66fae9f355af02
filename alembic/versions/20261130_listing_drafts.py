"""drafts of listings."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

DRAFTS = """
CREATE TABLE listing_drafts (
  user_id uuid PRIMARY KEY CONSTRAINT fk_listing_drafts_user_id_users REFERENCES users,
  content jsonb NOT NULL CONSTRAINT ck_listing_drafts_size CHECK (octet_length(content::text) <= 16384),
  version integer NOT NULL,
  updated_at timestamptz NOT NULL
)
"""


def upgrade() -> None:
    op.execute(DRAFTS)
    op.execute("CREATE INDEX ix_listing_drafts_updated_at ON listing_drafts (updated_at)")


def downgrade() -> None:
    op.drop_table("listing_drafts")
