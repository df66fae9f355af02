"""indexes of other dates of an event, and of tickets without an event."""

import sqlalchemy as sa

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        # A failed attempt leaves an invalid index.
        op.drop_index("ix_events_title", "events", if_exists=True, postgresql_concurrently=True)
        op.create_index(
            "ix_events_title",
            "events",
            [sa.text("search_key(title)"), "starts_at"],
            postgresql_concurrently=True,
            postgresql_where=sa.text("merged_into_id IS NULL"),
        )
        op.drop_index(
            "ix_tickets_no_event", "tickets", if_exists=True, postgresql_concurrently=True
        )
        op.create_index(
            "ix_tickets_no_event",
            "tickets",
            ["id"],
            postgresql_concurrently=True,
            postgresql_where=sa.text("status = 'for_sale' AND event_id IS NULL"),
        )
        op.execute("SET lock_timeout = '3s'")


def downgrade() -> None:
    op.drop_index("ix_tickets_no_event", "tickets")
    op.drop_index("ix_events_title", "events")
