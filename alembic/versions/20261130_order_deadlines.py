"""deadlines of open orders."""

import sqlalchemy as sa

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# The second condition is always true for these statuses. Only queries that state it use the index: the
# planner would otherwise answer `id = ... AND status IN (...)` by reading all of it.
IS_OPEN = "status IN ('created', 'awaiting_payment') AND expires_at < 'infinity'"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        # This wait holds up no reader and no writer.
        op.execute("SET lock_timeout = 0")
        # A failed attempt leaves an invalid index.
        op.drop_index("ix_orders_due", "orders", if_exists=True, postgresql_concurrently=True)
        op.create_index(
            "ix_orders_due",
            "orders",
            ["expires_at"],
            postgresql_concurrently=True,
            postgresql_where=sa.text(IS_OPEN),
        )
        op.execute("SET lock_timeout = '3s'")


def downgrade() -> None:
    op.drop_index("ix_orders_due", "orders")
