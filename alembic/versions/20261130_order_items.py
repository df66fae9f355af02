"""items of orders."""

import sqlalchemy as sa

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# One statement: the table is rewritten once. A foreign key can follow the generated column.
ORDERS = """
ALTER TABLE orders
  ADD COLUMN is_live boolean NOT NULL GENERATED ALWAYS AS
    (status IN ('created', 'awaiting_payment', 'capturing', 'completed', 'refunding')) STORED,
  ADD COLUMN quantity smallint DEFAULT 1,
  ADD COLUMN listing_id uuid,
  ALTER COLUMN ticket_id DROP NOT NULL,
  ADD CONSTRAINT uq_orders_id_is_live UNIQUE (id, is_live),
  ADD CONSTRAINT ck_orders_total CHECK (price_cents <= 99999999),
  ADD CONSTRAINT ck_orders_one_or_several CHECK ((ticket_id IS NULL) = (coalesce(quantity, 1) > 1))
"""
# The previous version of the program leaves `quantity` empty; its orders have one ticket.
NO_DEFAULT = "ALTER TABLE orders ALTER COLUMN quantity DROP DEFAULT"
ITEMS = """
CREATE TABLE order_items (
  order_id uuid NOT NULL,
  ticket_id uuid NOT NULL CONSTRAINT fk_order_items_ticket_id_tickets REFERENCES tickets,
  price_cents integer NOT NULL,
  is_order_live boolean NOT NULL DEFAULT true,
  refunded_at timestamptz,
  CONSTRAINT pk_order_items PRIMARY KEY (order_id, ticket_id),
  CONSTRAINT fk_order_items_order_id_orders FOREIGN KEY (order_id, is_order_live)
    REFERENCES orders (id, is_live) ON UPDATE CASCADE
)
"""
ONE_LIVE = """
CREATE UNIQUE INDEX uq_order_items_one_live_per_ticket ON order_items (ticket_id)
WHERE is_order_live AND refunded_at IS NULL
"""
FUNCTION = """
CREATE FUNCTION add_order_item() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO order_items (order_id, ticket_id, price_cents, is_order_live)
  VALUES (NEW.id, NEW.ticket_id, NEW.price_cents, NEW.is_live) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$
"""
TRIGGER = """
CREATE TRIGGER add_order_item AFTER INSERT ON orders
FOR EACH ROW WHEN (NEW.quantity IS NULL) EXECUTE FUNCTION add_order_item()
"""


def upgrade() -> None:
    # First, as this is outside the transaction: after a failure the next attempt repeats it.
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        # A failed attempt leaves an invalid index.
        op.drop_index(
            "ix_tickets_event_id", "tickets", if_exists=True, postgresql_concurrently=True
        )
        op.create_index(
            "ix_tickets_event_id",
            "tickets",
            ["event_id", "price_cents"],
            postgresql_concurrently=True,
            postgresql_where=sa.text("status = 'for_sale'"),
        )
        op.execute("SET lock_timeout = '3s'")
    for statement in (ORDERS, NO_DEFAULT, ITEMS, ONE_LIVE, FUNCTION, TRIGGER):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TRIGGER add_order_item ON orders")
    op.execute("DROP FUNCTION add_order_item()")
    op.drop_table("order_items")
    op.execute("DELETE FROM orders WHERE ticket_id IS NULL")
    op.execute(
        "ALTER TABLE orders DROP COLUMN is_live, DROP COLUMN quantity, DROP COLUMN listing_id,"
        " DROP CONSTRAINT ck_orders_total, ALTER COLUMN ticket_id SET NOT NULL"
    )
    op.drop_index("ix_tickets_event_id", "tickets")
