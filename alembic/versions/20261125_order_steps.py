"""the history of orders."""

import sqlalchemy as sa
import sqlmodel

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Steps still in the outbox; orders older than the outbox get their first step only.
FROM_EVENTS = """
INSERT INTO order_steps (order_id, version, status, expires_at, at)
SELECT e.aggregate_id, e.aggregate_version, e.payload ->> 'status',
       (e.payload ->> 'expires_at')::timestamptz, e.occurred_at
FROM outbox e JOIN orders o ON o.id = e.aggregate_id
WHERE e.name IN ('OrderCreated', 'OrderUpdated', 'OrderCancelled', 'OrderExpired', 'OrderCompleted')
ON CONFLICT DO NOTHING
"""
FROM_ORDERS = """
INSERT INTO order_steps (order_id, version, status, expires_at, at)
SELECT id, 1, 'created', expires_at, created_at FROM orders
ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    op.create_table(
        "order_steps",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_steps_order_id_orders")
        ),
        sa.PrimaryKeyConstraint("order_id", "version", name=op.f("pk_order_steps")),
    )
    op.execute(FROM_EVENTS)
    op.execute(FROM_ORDERS)


def downgrade() -> None:
    op.drop_table("order_steps")
