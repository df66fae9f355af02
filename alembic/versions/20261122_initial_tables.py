"""initial tables."""

import sqlalchemy as sa
import sqlmodel
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("aggregate_id", sa.Uuid(), nullable=False),
        sa.Column("aggregate_version", sa.Integer(), nullable=False),
        sa.Column("correlation_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index("ix_outbox_occurred_at", "outbox", ["occurred_at"], unique=False)
    op.create_index(
        "ix_outbox_unsent",
        "outbox",
        ["position"],
        unique=False,
        postgresql_where=sa.text("published_at IS NULL"),
    )
    op.create_index(
        "ix_outbox_unsettled",
        "outbox",
        ["published_at"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_table(
        "stripe_events",
        sa.Column("id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("intent_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_events")),
    )
    op.create_index(
        "ix_stripe_events_due",
        "stripe_events",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("handled_at IS NULL"),
    )
    op.create_table(
        "subscribers",
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("event_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", "event_name", name=op.f("pk_subscribers")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sqlmodel.sql.sqltypes.AutoString(length=254), nullable=False),
        sa.Column("password_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "inbox",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("subscriber", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status <> 'retrying' OR next_attempt_at IS NOT NULL", name=op.f("ck_inbox_retry_time")
        ),
        sa.CheckConstraint("status IN ('done', 'retrying', 'dead')", name=op.f("ck_inbox_status")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["outbox.id"], name=op.f("fk_inbox_event_id_outbox"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", "subscriber", name=op.f("pk_inbox")),
    )
    op.create_index(
        "ix_inbox_dead",
        "inbox",
        ["event_id"],
        unique=False,
        postgresql_where=sa.text("status = 'dead'"),
    )
    op.create_index(
        "ix_inbox_due",
        "inbox",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("status = 'retrying'"),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("device", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)
    op.create_table(
        "tickets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("price_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sqlmodel.sql.sqltypes.AutoString(length=3), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("holder_id", sa.Uuid(), nullable=True),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("previous_ticket_id", sa.Uuid(), nullable=True),
        sa.Column("venue", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("city", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("timezone", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("category", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("section", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("row", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("seat", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("face_value_cents", sa.Integer(), nullable=True),
        sa.Column("description", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.CheckConstraint(
            "status <> 'sold' OR order_id IS NOT NULL", name=op.f("ck_tickets_sold_has_order")
        ),
        sa.CheckConstraint(
            "status IN ('for_sale', 'withdrawn', 'sold')", name=op.f("ck_tickets_status")
        ),
        sa.CheckConstraint(
            "locked_until IS NULL OR order_id IS NOT NULL", name=op.f("ck_tickets_lease_has_order")
        ),
        sa.CheckConstraint("price_cents BETWEEN 50 AND 99999999", name=op.f("ck_tickets_price")),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["users.id"], name=op.f("fk_tickets_holder_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["previous_ticket_id"],
            ["tickets.id"],
            name=op.f("fk_tickets_previous_ticket_id_tickets"),
        ),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["users.id"], name=op.f("fk_tickets_seller_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
    )
    op.create_index(
        "ix_tickets_for_sale",
        "tickets",
        ["id"],
        unique=False,
        postgresql_where=sa.text("status = 'for_sale'"),
    )
    op.create_index(
        "ix_tickets_for_sale_price",
        "tickets",
        ["price_cents", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'for_sale'"),
    )
    op.create_index(
        "ix_tickets_for_sale_starts",
        "tickets",
        [sa.literal_column("coalesce(starts_at, 'infinity'::timestamptz)"), "id"],
        unique=False,
        postgresql_where=sa.text("status = 'for_sale'"),
    )
    op.create_index(
        "ix_tickets_lease",
        "tickets",
        ["locked_until"],
        unique=False,
        postgresql_where=sa.text("locked_until IS NOT NULL"),
    )
    op.create_index(op.f("ix_tickets_seller_id"), "tickets", ["seller_id"], unique=False)
    op.create_table(
        "orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("price_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sqlmodel.sql.sqltypes.AutoString(length=3), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_grace_used", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('created', 'awaiting_payment', 'capturing', 'completed', 'cancelled', 'expired', 'refunding', 'refunded')",
            name=op.f("ck_orders_status"),
        ),
        sa.ForeignKeyConstraint(["buyer_id"], ["users.id"], name=op.f("fk_orders_buyer_id_users")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_orders_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
    )
    op.create_index("ix_orders_buyer_id", "orders", ["buyer_id", "id"], unique=False)
    op.create_index("ix_orders_buyer_ticket", "orders", ["buyer_id", "ticket_id"], unique=False)
    op.create_index(
        "uq_orders_one_active_per_ticket",
        "orders",
        ["ticket_id"],
        unique=True,
        postgresql_where=sa.text(
            "status IN ('created', 'awaiting_payment', 'capturing', 'completed', 'refunding')"
        ),
    )
    op.create_table(
        "charges",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sqlmodel.sql.sqltypes.AutoString(length=3), nullable=False),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("stripe_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("stripe_refund_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("failure_code", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("declines", sa.Integer(), nullable=False),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("next_check_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status <> 'completed' OR stripe_id IS NOT NULL", name=op.f("ck_charges_paid_at_stripe")
        ),
        sa.CheckConstraint(
            "status IN ('created', 'failed', 'completed')", name=op.f("ck_charges_status")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_charges_order_id_orders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charges")),
        sa.UniqueConstraint("stripe_id", name=op.f("uq_charges_stripe_id")),
    )
    op.create_index(
        "ix_charges_due",
        "charges",
        ["next_check_at"],
        unique=False,
        postgresql_where=sa.text("status = 'created'"),
    )
    op.create_index(
        "uq_charges_one_per_order",
        "charges",
        ["order_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('created', 'completed')"),
    )
    op.create_table(
        "charge_declines",
        sa.Column("charge_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["charge_id"], ["charges.id"], name=op.f("fk_charge_declines_charge_id_charges")
        ),
        sa.PrimaryKeyConstraint("charge_id", "reference", name=op.f("pk_charge_declines")),
    )


def downgrade() -> None:
    op.drop_table("charge_declines")
    op.drop_index(
        "uq_charges_one_per_order",
        table_name="charges",
        postgresql_where=sa.text("status IN ('created', 'completed')"),
    )
    op.drop_index(
        "ix_charges_due", table_name="charges", postgresql_where=sa.text("status = 'created'")
    )
    op.drop_table("charges")
    op.drop_index(
        "uq_orders_one_active_per_ticket",
        table_name="orders",
        postgresql_where=sa.text(
            "status IN ('created', 'awaiting_payment', 'capturing', 'completed', 'refunding')"
        ),
    )
    op.drop_index("ix_orders_buyer_ticket", table_name="orders")
    op.drop_index("ix_orders_buyer_id", table_name="orders")
    op.drop_table("orders")
    op.drop_index(op.f("ix_tickets_seller_id"), table_name="tickets")
    op.drop_index(
        "ix_tickets_lease",
        table_name="tickets",
        postgresql_where=sa.text("locked_until IS NOT NULL"),
    )
    op.drop_index(
        "ix_tickets_for_sale_starts",
        table_name="tickets",
        postgresql_where=sa.text("status = 'for_sale'"),
    )
    op.drop_index(
        "ix_tickets_for_sale_price",
        table_name="tickets",
        postgresql_where=sa.text("status = 'for_sale'"),
    )
    op.drop_index(
        "ix_tickets_for_sale", table_name="tickets", postgresql_where=sa.text("status = 'for_sale'")
    )
    op.drop_table("tickets")
    op.drop_index(op.f("ix_sessions_user_id"), table_name="sessions")
    op.drop_table("sessions")
    op.drop_index(
        "ix_inbox_due", table_name="inbox", postgresql_where=sa.text("status = 'retrying'")
    )
    op.drop_index("ix_inbox_dead", table_name="inbox", postgresql_where=sa.text("status = 'dead'"))
    op.drop_table("inbox")
    op.drop_table("users")
    op.drop_table("subscribers")
    op.drop_index(
        "ix_stripe_events_due",
        table_name="stripe_events",
        postgresql_where=sa.text("handled_at IS NULL"),
    )
    op.drop_table("stripe_events")
    op.drop_index(
        "ix_outbox_unsettled", table_name="outbox", postgresql_where=sa.text("settled_at IS NULL")
    )
    op.drop_index(
        "ix_outbox_unsent", table_name="outbox", postgresql_where=sa.text("published_at IS NULL")
    )
    op.drop_index("ix_outbox_occurred_at", table_name="outbox")
    op.drop_table("outbox")
