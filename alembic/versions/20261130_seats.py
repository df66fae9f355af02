"""one seat once per seller; front of a listing."""

import sqlalchemy as sa

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# Rows of the previous version of the program have no event.
SEAT_ONCE = """
CREATE UNIQUE INDEX CONCURRENTLY uq_tickets_seat_once_per_seller ON tickets (
  event_id, search_key(seat), search_key(coalesce("row", '')), search_key(coalesce(section, '')), seller_id
) WHERE status IN ('for_sale', 'paused') AND event_id IS NOT NULL AND seat IS NOT NULL
"""
# A trigger, because the previous version of the program sells tickets of listings, too. It runs after
# the statement, as that may have withdrawn the whole listing. The flag of tickets that are not for sale
# has no meaning.
FUNCTION = """
CREATE FUNCTION move_listing_front() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE tickets SET is_front = true WHERE id = (
    SELECT id FROM tickets
    WHERE listing_id = OLD.listing_id AND status IN ('for_sale', 'paused')
    ORDER BY position LIMIT 1);
  RETURN NULL;
END $$
"""
TRIGGER = """
CREATE TRIGGER listing_front AFTER UPDATE OF status, listing_id ON tickets
FOR EACH ROW WHEN (
  OLD.is_front AND OLD.listing_id IS NOT NULL AND OLD.status IN ('for_sale', 'paused')
  AND (NEW.status IN ('sold', 'withdrawn') OR NEW.listing_id IS DISTINCT FROM OLD.listing_id)
) EXECUTE FUNCTION move_listing_front()
"""


def upgrade() -> None:
    # First, as this is outside the transaction: after a failure the next attempt repeats it.
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        for name in ("uq_tickets_seat_once_per_seller", "ix_tickets_event_id_status"):
            # A failed attempt leaves an invalid index.
            op.drop_index(name, "tickets", if_exists=True, postgresql_concurrently=True)
        op.execute(SEAT_ONCE)
        op.create_index(
            "ix_tickets_event_id_status",
            "tickets",
            ["event_id", "status"],
            postgresql_concurrently=True,
            postgresql_where=sa.text("event_id IS NOT NULL"),
        )
        op.execute("SET lock_timeout = '3s'")
    op.execute(FUNCTION)
    op.execute(TRIGGER)


def downgrade() -> None:
    op.execute("DROP TRIGGER listing_front ON tickets")
    op.execute("DROP FUNCTION move_listing_front()")
    op.drop_index("ix_tickets_event_id_status", "tickets")
    op.drop_index("uq_tickets_seat_once_per_seller", "tickets")
