"""refunds, disputes and alerts."""

import sqlalchemy as sa
import sqlmodel

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

IS_WORK = "status = 'created' OR refund_status IN ('due', 'pending')"


def upgrade() -> None:
    text = sqlmodel.sql.sqltypes.AutoString
    op.add_column("charges", sa.Column("refund_status", text(), nullable=True))
    op.add_column("charges", sa.Column("refund_reason", text(), nullable=True))
    op.add_column(
        "charges", sa.Column("refund_attempt", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column("charges", sa.Column("dispute_status", text(), nullable=True))
    op.execute("UPDATE charges SET refund_status = 'succeeded' WHERE stripe_refund_id IS NOT NULL")
    op.create_check_constraint(
        op.f("ck_charges_refund_status"),
        "charges",
        "refund_status IN ('due', 'pending', 'succeeded', 'failed')",
    )
    op.drop_index("ix_charges_due", table_name="charges")
    op.create_index(
        "ix_charges_due", "charges", ["next_check_at"], postgresql_where=sa.text(IS_WORK)
    )
    op.add_column("stripe_events", sa.Column("last_error", text(), nullable=True))
    op.create_table(
        "payment_alerts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", text(), nullable=False),
        sa.Column("subject", text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("detail", text(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_payment_alerts_order_id_orders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_alerts")),
        sa.UniqueConstraint("kind", "subject", name=op.f("uq_payment_alerts_kind_subject")),
    )
    op.create_index(
        "ix_payment_alerts_open",
        "payment_alerts",
        ["id"],
        postgresql_where=sa.text("resolved_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("payment_alerts")
    op.drop_column("stripe_events", "last_error")
    op.drop_index("ix_charges_due", table_name="charges")
    op.create_index(
        "ix_charges_due",
        "charges",
        ["next_check_at"],
        postgresql_where=sa.text("status = 'created'"),
    )
    op.drop_constraint(op.f("ck_charges_refund_status"), "charges")
    for name in ("dispute_status", "refund_attempt", "refund_reason", "refund_status"):
        op.drop_column("charges", name)
