from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, text
from sqlmodel import Field

from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import Table, new_id, utc_datetime
from ticketing_app.orders.rules import OrderStatus


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
        Index("ix_orders_buyer_id", "buyer_id", "id"),
        Index("ix_orders_buyer_ticket", "buyer_id", "ticket_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    buyer_id: UUID = Field(foreign_key="users.id")
    ticket_id: UUID = Field(foreign_key="tickets.id")
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
