"""indexes of the offers of events."""

import sqlalchemy as sa

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

FOR_SALE = "status = 'for_sale'"
LISTING = "status = 'for_sale' AND is_front AND listing_id IS NOT NULL"
STARTS_AT = sa.text("COALESCE(starts_at, 'infinity'::timestamp with time zone)")
INDEXES = (
    ("ix_tickets_event_price", ["event_id", "price_cents", "id"], FOR_SALE),
    ("ix_tickets_event_listings", ["event_id", "price_cents", "id"], LISTING),
    (
        "ix_tickets_cheapest_listings",
        ["price_cents", "id", "event_id", "category", STARTS_AT],
        LISTING,
    ),
)
# `ix_tickets_event_price` replaces it.
REPLACED = "ix_tickets_event_id"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        for name, columns, condition in INDEXES:
            # A failed attempt leaves an invalid index.
            op.drop_index(name, "tickets", if_exists=True, postgresql_concurrently=True)
            op.create_index(
                name,
                "tickets",
                columns,
                postgresql_concurrently=True,
                postgresql_where=sa.text(condition),
            )
        op.drop_index(REPLACED, "tickets", if_exists=True, postgresql_concurrently=True)
        op.execute("SET lock_timeout = '3s'")


def downgrade() -> None:
    op.create_index(
        REPLACED, "tickets", ["event_id", "price_cents"], postgresql_where=sa.text(FOR_SALE)
    )
    for name, *_ in INDEXES:
        op.drop_index(name, "tickets")
