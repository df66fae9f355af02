from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import Table, new_id, utc_datetime
from ticketing_app.orders.rules import GiftStatus, OrderStatus


class Order(Table, table=True):
    """A hold and its outcome. Price and title are copies, frozen at the hold."""

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint(
            "status IN ('created', 'awaiting_payment', 'capturing', 'completed', 'cancelled', 'expired',"
            " 'refunding', 'refunded')",
            name="status",
        ),
        # Enforces rule 1: one live or completed order per ticket, whatever runs concurrently.
        Index(
            "uq_orders_one_active_per_ticket",
            "ticket_id",
            unique=True,
            postgresql_where=text(
                "status IN ('created', 'awaiting_payment', 'capturing', 'completed', 'refunding')"
            ),
        ),
        # The second condition is always true for these statuses, but only queries that state it use the
        # index: the planner would otherwise answer `id = ... AND status IN (...)` by reading all of it.
        Index(
            "ix_orders_due",
            "expires_at",
            postgresql_where=text(
                "status IN ('created', 'awaiting_payment') AND expires_at < 'infinity'"
            ),
        ),
        # Stripe takes at most eight digits.
        CheckConstraint("price_cents <= 99999999", name="total"),
        CheckConstraint("(ticket_id IS NULL) = (coalesce(quantity, 1) > 1)", name="one_or_several"),
        Index("ix_orders_buyer_id", "buyer_id", "id"),
        Index("ix_orders_buyer_ticket", "buyer_id", "ticket_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    buyer_id: UUID = Field(foreign_key="users.id")
    # None if it has several. Only the hold uses it; items have the foreign key.
    ticket_id: UUID | None = None
    quantity: int = Field(sa_type=SmallInteger)
    listing_id: UUID | None = Field(default=None, description="Of its tickets.")
    title: str
    price_cents: int
    currency: str = Field(max_length=3)
    status: str = OrderStatus.CREATED
    expires_at: datetime = Field(sa_type=utc_datetime())
    ended_at: datetime | None = Field(default=None, sa_type=utc_datetime())
    is_grace_used: bool = False
    is_excused: bool = Field(
        default=False,
        description="Its buyer did not cause the end, so there is no cool-down.",
        sa_column_kwargs={"server_default": "false"},
    )
    is_disputed: bool = Field(
        default=False,
        description="The buyer's bank has taken the money back, or may take it.",
        sa_column_kwargs={"server_default": text("false")},
    )
    version: int = 1
    created_at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())


# The database computes it, so that the foreign key of items can follow it (rule 1).
ORDERS = SQLModel.metadata.tables["orders"]
ORDERS.append_column(
    Column(
        "is_live",
        Boolean,
        Computed(
            "((status)::text = ANY ((ARRAY['created'::character varying, "
            "'awaiting_payment'::character varying, 'capturing'::character varying, "
            "'completed'::character varying, 'refunding'::character varying])::text[]))",
            persisted=True,
        ),
        nullable=False,
    )
)
ORDERS.append_constraint(UniqueConstraint("id", "is_live", name="uq_orders_id_is_live"))


class OrderItem(Table, table=True):
    """A ticket of an order. Live, until the order ends or the money of the ticket was given back."""

    __tablename__ = "order_items"
    __table_args__ = (
        # Cascades: no code keeps `is_order_live`.
        ForeignKeyConstraint(
            ["order_id", "is_order_live"], ["orders.id", "orders.is_live"], onupdate="CASCADE"
        ),
        # Enforces rule 1: a ticket is in one live order at most, whatever runs concurrently.
        Index(
            "uq_order_items_one_live_per_ticket",
            "ticket_id",
            unique=True,
            postgresql_where=text("is_order_live AND refunded_at IS NULL"),
        ),
    )

    order_id: UUID = Field(primary_key=True)
    ticket_id: UUID = Field(foreign_key="tickets.id", primary_key=True)
    price_cents: int
    is_order_live: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})
    refund_requested_at: datetime | None = Field(
        default=None,
        sa_type=utc_datetime(),
        description="Its money is being given back, was given back, or could not be.",
    )
    refunded_at: datetime | None = Field(default=None, sa_type=utc_datetime())


class OrderStep(Table, table=True):
    """History of an order for its buyer: a row per version, never changed, kept longer than the outbox."""

    __tablename__ = "order_steps"

    order_id: UUID = Field(foreign_key="orders.id", primary_key=True)
    version: int = Field(primary_key=True)
    status: str
    expires_at: datetime = Field(sa_type=utc_datetime())
    at: datetime | None = Field(
        default=None,
        sa_column=Column(utc_datetime(), nullable=False, server_default=text("clock_timestamp()")),
    )


class Gift(Table, table=True):
    """A bought ticket with a file, offered to a friend; `ticket_id` is the listing that was bought."""

    __tablename__ = "gifts"
    __table_args__ = (
        CheckConstraint(
            "status IN ('offered', 'taken', 'declined', 'withdrawn', 'lapsed')", name="status"
        ),
        CheckConstraint("(status = 'taken') = (to_id IS NOT NULL)", name="taken"),
        CheckConstraint("(status = 'offered') = (ended_at IS NULL)", name="ended"),
        Index(
            "uq_gifts_one_open",
            "file_id",
            unique=True,
            postgresql_where=text("status = 'offered'"),
        ),
        Index("ix_gifts_ticket_id", "ticket_id"),
        Index("ix_gifts_from_id", "from_id"),
        Index("ix_gifts_to_id", "to_id"),
        Index("ix_gifts_erase", "ended_at", postgresql_where=text("to_email IS NOT NULL")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    ticket_id: UUID = Field(foreign_key="tickets.id")
    file_id: UUID = Field(foreign_key="vault_files.id")
    from_id: UUID = Field(foreign_key="users.id")
    to_email: str | None = Field(description="None once it was erased.")
    to_id: UUID | None = Field(default=None, foreign_key="users.id")
    status: str = GiftStatus.OFFERED
    expires_at: datetime = Field(sa_type=utc_datetime())
    ended_at: datetime | None = Field(default=None, sa_type=utc_datetime())
    created_at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())
    version: int = 1
