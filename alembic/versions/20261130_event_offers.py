"""indexes of the offers of events, and of tickets without an event."""

import sqlalchemy as sa

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

LISTING = "status = 'for_sale' AND is_front AND listing_id IS NOT NULL"
LOOSE = "status = 'for_sale' AND event_id IS NULL"
OF_EVENT = "status = 'for_sale' AND event_id IS NOT NULL"
STARTS_AT = sa.text("COALESCE(starts_at, 'infinity'::timestamp with time zone)")
INDEXES = (
    ("ix_tickets_event_price", ["event_id", "price_cents", "id"], OF_EVENT, "btree"),
    ("ix_tickets_event_listings", ["event_id", "price_cents", "id"], LISTING, "btree"),
    (
        "ix_tickets_cheapest_listings",
        ["price_cents", "id", "event_id", "category", STARTS_AT],
        LISTING,
        "btree",
    ),
    (
        "ix_tickets_loose",
        ["id", STARTS_AT, "city_key", "category", "price_cents"],
        LOOSE,
        "btree",
    ),
    ("ix_tickets_loose_search", ["search"], LOOSE, "gin"),
)
# By `ix_tickets_event_price` and `ix_tickets_loose`.
REPLACED = (
    ("ix_tickets_event_id", ["event_id", "price_cents"], "status = 'for_sale'"),
    ("ix_tickets_no_event", ["id"], LOOSE),
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        for name, columns, condition, kind in INDEXES:
            # A failed attempt leaves an invalid index.
            op.drop_index(name, "tickets", if_exists=True, postgresql_concurrently=True)
            op.create_index(
                name,
                "tickets",
                columns,
                postgresql_concurrently=True,
                postgresql_using=kind,
                postgresql_where=sa.text(condition),
            )
        for name, *_ in REPLACED:
            op.drop_index(name, "tickets", if_exists=True, postgresql_concurrently=True)
        op.execute("SET lock_timeout = '3s'")


def downgrade() -> None:
    for name, columns, condition in REPLACED:
        op.create_index(name, "tickets", columns, postgresql_where=sa.text(condition))
    for name, *_ in INDEXES:
        op.drop_index(name, "tickets")
