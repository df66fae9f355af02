"""Table of tickets."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, text
from sqlmodel import Field, SQLModel

from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import new_id
from ticketing_app.core.money import MAXIMUM_CENTS, MINIMUM_CENTS
from ticketing_app.tickets.rules import TITLE_MAX_LENGTH, TicketStatus


class Ticket(SQLModel, table=True):
    """A listing. It is locked while `locked_until` lies ahead on the database clock.

    `order_id` is the order that holds or bought it, `holder_id` its buyer. `order_id` has no foreign
    key, as that would point upwards, from tickets to orders; the invariant check compares both sides.
    """

    __tablename__ = "tickets"  # pyright: ignore[reportAssignmentType]  # SQLModel's stub wants a declared_attr
    __table_args__ = (
        CheckConstraint("status IN ('for_sale', 'withdrawn', 'sold')", name="status"),
        CheckConstraint(f"price_cents BETWEEN {MINIMUM_CENTS} AND {MAXIMUM_CENTS}", name="price"),
        # Rule 2 and 3: a lease belongs to an order, so that nobody can release what is not theirs.
        CheckConstraint("locked_until IS NULL OR order_id IS NOT NULL", name="lease_has_order"),
        CheckConstraint("status <> 'sold' OR order_id IS NOT NULL", name="sold_has_order"),
        Index(
            "ix_tickets_for_sale_price",
            "price_cents",
            "id",
            postgresql_where=text("status = 'for_sale'"),
        ),
        # As the list sorts: a listing without a date comes behind all that have one.
        Index(
            "ix_tickets_for_sale_starts",
            text("coalesce(starts_at, 'infinity'::timestamptz)"),
            "id",
            postgresql_where=text("status = 'for_sale'"),
        ),
        # For what resembles a ticket; the soonest first, as above.
        Index(
            "ix_tickets_for_sale_title",
            text("lower(title)"),
            text("coalesce(starts_at, 'infinity'::timestamptz)"),
            "id",
            postgresql_where=text("status = 'for_sale'"),
        ),
        Index(
            "ix_tickets_for_sale_kind",
            "category",
            text("lower(city)"),
            text("coalesce(starts_at, 'infinity'::timestamptz)"),
            "id",
            postgresql_where=text("status = 'for_sale'"),
        ),
        Index("ix_tickets_for_sale", "id", postgresql_where=text("status = 'for_sale'")),
        Index(
            "ix_tickets_lease",
            "locked_until",
            postgresql_where=text("locked_until IS NOT NULL"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    seller_id: UUID = Field(foreign_key="users.id", index=True)
    title: str = Field(max_length=TITLE_MAX_LENGTH)
    price_cents: int
    currency: str = Field(max_length=3)
    status: str = TicketStatus.FOR_SALE
    order_id: UUID | None = None
    holder_id: UUID | None = Field(default=None, foreign_key="users.id")
    locked_until: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))  # pyright: ignore[reportArgumentType]  # an instance carries the time zone
    version: int = 1
    created_at: datetime = Field(default_factory=utc_now, sa_type=DateTime(timezone=True))  # pyright: ignore[reportArgumentType]  # as above
    previous_ticket_id: UUID | None = Field(default=None, foreign_key="tickets.id")
    venue: str | None = None
    city: str | None = None
    starts_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))  # pyright: ignore[reportArgumentType]  # as above
    timezone: str | None = None
    category: str | None = None
    section: str | None = None
    row: str | None = None
    seat: str | None = None
    face_value_cents: int | None = None
    description: str | None = None
