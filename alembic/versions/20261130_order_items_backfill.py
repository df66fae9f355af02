"""items of the orders before."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# With many orders, run the backfill command between 0012 and this migration: it works in batches.
BACKFILL = """
INSERT INTO order_items (order_id, ticket_id, price_cents, is_order_live)
SELECT o.id, o.ticket_id, o.price_cents, o.is_live FROM orders o
WHERE o.ticket_id IS NOT NULL AND NOT EXISTS (SELECT FROM order_items i WHERE i.order_id = o.id)
ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    op.execute(BACKFILL)
    # Items refer to the tickets.
    op.drop_constraint("fk_orders_ticket_id_tickets", "orders")
    # Without it, a hold writes to no index of the list; expiry reads `ix_orders_due`.
    op.drop_index("ix_tickets_lease", "tickets")


def downgrade() -> None:
    op.execute(
        "CREATE INDEX ix_tickets_lease ON tickets (locked_until) WHERE locked_until IS NOT NULL"
    )
    op.create_foreign_key("fk_orders_ticket_id_tickets", "orders", "tickets", ["ticket_id"], ["id"])
