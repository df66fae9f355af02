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
INDEXES = (
    ("ix_charges_order_id", "charges", "order_id", None),
    ("ix_charges_completed", "charges", "created_at", "status = 'completed'"),
    ("ix_sessions_expires_at", "sessions", "expires_at", None),
    ("ix_stripe_events_handled_at", "stripe_events", "handled_at", None),
    (
        "ix_tickets_previous_ticket_id",
        "tickets",
        "previous_ticket_id",
        "previous_ticket_id IS NOT NULL",
    ),
)


def upgrade() -> None:
    # First, as these are outside the transaction: after a failure the next attempt repeats only them.
    with op.get_context().autocommit_block():
        # This wait holds up no reader and no writer.
        op.execute("SET lock_timeout = 0")
        for name, table, column, condition in INDEXES:
            # A failed attempt leaves an invalid index.
            op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
            where = sa.text(condition) if condition else None
            op.create_index(
                name, table, [column], postgresql_concurrently=True, postgresql_where=where
            )
        op.execute("SET lock_timeout = '3s'")
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


def downgrade() -> None:
    op.drop_column("charges", "client_address")
    op.drop_column("orders", "is_disputed")
    op.drop_column("orders", "is_excused")
    op.drop_column("orders", "ended_at")
    for name, table, *_ in INDEXES:
        op.drop_index(name, table)
