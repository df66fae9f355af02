"""limits and indexes."""

import sqlalchemy as sa

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Disputes that the buyer's bank has not decided, or decided against us.
DISPUTED = """
UPDATE orders o SET is_disputed = true
FROM charges c
WHERE c.order_id = o.id AND c.dispute_status NOT IN ('won', 'warning_closed', 'prevented')
"""


def upgrade() -> None:
    op.add_column("orders", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "orders", sa.Column("is_excused", sa.Boolean(), nullable=False, server_default="false")
    )
    op.add_column(
        "orders",
        sa.Column("is_disputed", sa.Boolean(), nullable=False, server_default=sa.text("false")),
    )
    op.execute(DISPUTED)
    op.add_column("charges", sa.Column("client_address", sa.String(), nullable=True))
    op.create_index(
        "ix_charges_completed",
        "charges",
        ["created_at"],
        postgresql_where=sa.text("status = 'completed'"),
    )


def downgrade() -> None:
    op.drop_index("ix_charges_completed", table_name="charges")
    op.drop_column("charges", "client_address")
    op.drop_column("orders", "is_disputed")
    op.drop_column("orders", "is_excused")
    op.drop_column("orders", "ended_at")
