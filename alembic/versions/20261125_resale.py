"""when a ticket was sold, and its next listing."""

import sqlalchemy as sa

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Earlier sales take their time from the history of the order.
FROM_ORDERS = """
UPDATE tickets t SET sold_at = s.at
FROM order_steps s
WHERE t.status = 'sold' AND s.order_id = t.order_id AND s.status = 'completed'
"""


def upgrade() -> None:
    # Nullable, as the previous release does not write it; pages cope with a sale without a date.
    op.add_column("tickets", sa.Column("sold_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(FROM_ORDERS)
    # No ticket was listed again so far: the partial index starts empty.
    op.create_index(
        "uq_tickets_one_relisting",
        "tickets",
        ["previous_ticket_id"],
        unique=True,
        postgresql_where=sa.text("status <> 'withdrawn'"),
    )


def downgrade() -> None:
    op.drop_index("uq_tickets_one_relisting", table_name="tickets")
    op.drop_column("tickets", "sold_at")
