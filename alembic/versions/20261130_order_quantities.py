"""every order has a quantity and items."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# With this check, SET NOT NULL does not read the table while it is locked.
CHECK = """
ALTER TABLE orders
  DROP CONSTRAINT IF EXISTS ck_orders_quantity,
  ADD CONSTRAINT ck_orders_quantity CHECK (quantity IS NOT NULL) NOT VALID
"""
# Held by the version before 0012 during the rollout of 0012.
QUANTITIES = "UPDATE orders SET quantity = 1 WHERE quantity IS NULL"
VALIDATE = "ALTER TABLE orders VALIDATE CONSTRAINT ck_orders_quantity"
REQUIRED = "ALTER TABLE orders ALTER COLUMN quantity SET NOT NULL"
WITHOUT_CHECK = "ALTER TABLE orders DROP CONSTRAINT ck_orders_quantity"
# The program adds the items itself.
WITHOUT_TRIGGER = "DROP TRIGGER add_order_item ON orders"
WITHOUT_FUNCTION = "DROP FUNCTION add_order_item()"

TRIGGER = """
CREATE TRIGGER add_order_item AFTER INSERT ON orders
FOR EACH ROW WHEN (NEW.quantity IS NULL) EXECUTE FUNCTION add_order_item()
"""
FUNCTION = """
CREATE FUNCTION add_order_item() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO order_items (order_id, ticket_id, price_cents, is_order_live)
  VALUES (NEW.id, NEW.ticket_id, NEW.price_cents, NEW.is_live) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$
"""


def upgrade() -> None:
    # Each in a transaction of its own, so that no lock is held while rows are read. After a failure the
    # next attempt repeats them.
    with op.get_context().autocommit_block():
        for statement in (CHECK, QUANTITIES, VALIDATE):
            op.execute(statement)
    for statement in (REQUIRED, WITHOUT_CHECK, WITHOUT_TRIGGER, WITHOUT_FUNCTION):
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE orders ALTER COLUMN quantity DROP NOT NULL")
    op.execute(FUNCTION)
    op.execute(TRIGGER)
