"""index of listings; check of the new status."""

import sqlalchemy as sa

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        # A failed attempt leaves an invalid index.
        op.drop_index(
            "ix_tickets_listing_id", "tickets", if_exists=True, postgresql_concurrently=True
        )
        op.create_index(
            "ix_tickets_listing_id",
            "tickets",
            ["listing_id"],
            postgresql_concurrently=True,
            postgresql_where=sa.text("listing_id IS NOT NULL"),
        )
        op.execute("ALTER TABLE tickets VALIDATE CONSTRAINT ck_tickets_status")
        op.execute("SET lock_timeout = '3s'")


def downgrade() -> None:
    op.drop_index("ix_tickets_listing_id", "tickets")
