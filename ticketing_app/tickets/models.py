"""Table of tickets."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    Index,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import Field, SQLModel

from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import Table, new_id, utc_datetime
from ticketing_app.core.money import MAXIMUM_CENTS, MINIMUM_CENTS
from ticketing_app.tickets.rules import TITLE_MAX_LENGTH, TicketStatus


class Ticket(Table, table=True):
    """A listing. It is locked while `locked_until` lies ahead on the database clock.

    `order_id` is the order that holds or bought it, `holder_id` its buyer. `order_id` has no foreign
    key, as that would point upwards, from tickets to orders; the invariant check compares both sides.
    """

    __tablename__ = "tickets"
    __table_args__ = (
        CheckConstraint("status IN ('for_sale', 'withdrawn', 'sold')", name="status"),
        CheckConstraint(f"price_cents BETWEEN {MINIMUM_CENTS} AND {MAXIMUM_CENTS}", name="price"),
        # Rule 2 and 3: a lease belongs to an order, so that nobody can release what is not theirs.
        CheckConstraint("locked_until IS NULL OR order_id IS NOT NULL", name="lease_has_order"),
        CheckConstraint("status <> 'sold' OR order_id IS NOT NULL", name="sold_has_order"),
        Index(
            "ix_tickets_lease",
            "locked_until",
            postgresql_where=text("locked_until IS NOT NULL"),
        ),
        # A ticket that was sold is listed again once at a time, whatever runs in parallel. A withdrawn
        # listing that is still held counts, too, but only under the lock of the seat: an index that
        # knows the lease would make each hold write to every index.
        Index(
            "uq_tickets_one_relisting",
            "previous_ticket_id",
            unique=True,
            postgresql_where=text("status <> 'withdrawn'"),
        ),
        # For the way from a listing to the next one, which may be withdrawn and still held.
        Index(
            "ix_tickets_previous_ticket_id",
            "previous_ticket_id",
            postgresql_where=text("previous_ticket_id IS NOT NULL"),
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
    locked_until: datetime | None = Field(default=None, sa_type=utc_datetime())
    version: int = 1
    # The version in which the description last changed. Written by a trigger, which covers processes
    # of the version before as well. Unknown (NULL) for listings older than the column.
    content_version: int | None = Field(default=1, sa_column_kwargs={"server_default": "1"})
    created_at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())
    previous_ticket_id: UUID | None = Field(default=None, foreign_key="tickets.id")
    sold_at: datetime | None = Field(default=None, sa_type=utc_datetime())
    venue: str | None = None
    city: str | None = None
    starts_at: datetime | None = Field(default=None, sa_type=utc_datetime())
    timezone: str | None = None
    # Of the event's time zone at its start, so that SQL knows the local day without knowing every
    # zone that Python knows.
    utc_offset_minutes: int | None = Field(default=None, sa_type=SmallInteger)
    category: str | None = None
    section: str | None = None
    row: str | None = None
    seat: str | None = None
    face_value_cents: int | None = None
    description: str | None = None


class SearchWord(Table, table=True):
    """A word that some listing has or had: what a word with a typing error may have meant."""

    __tablename__ = "search_words"
    __table_args__ = (
        Index(
            "ix_search_words_similar",
            "word",
            postgresql_using="gist",
            postgresql_ops={"word": "gist_trgm_ops"},
        ),
    )

    word: str = Field(primary_key=True, sa_type=Text)


# What the list is searched by is computed by the database and never read, so that it belongs to the
# table and not to the class. `search_key` is a function of ours: small letters, no accents.
TICKETS = SQLModel.metadata.tables["tickets"]
TICKETS.append_column(
    Column(
        "search",
        TSVECTOR,
        Computed(
            "to_tsvector('simple'::regconfig, search_key((((((title)::text || ' '::text) || "
            "(COALESCE(venue, ''::character varying))::text) || ' '::text) || "
            "(COALESCE(city, ''::character varying))::text)))",
            persisted=True,
        ),
    )
)
TICKETS.append_column(
    Column("city_key", Text, Computed("search_key((city)::text)", persisted=True))
)
STARTS_AT = "COALESCE(starts_at, 'infinity'::timestamp with time zone)"
"""As the list sorts: a listing without a date comes behind all that have one."""


def _for_sale(name: str, *columns: str, using: str = "btree") -> None:
    computed = {"starts_at": text(STARTS_AT), "lower(title)": text("lower(title)")}
    parts = [computed[column] if column in computed else TICKETS.c[column] for column in columns]
    is_for_sale = text("status = 'for_sale'")
    Index(name, *parts, postgresql_where=is_for_sale, postgresql_using=using)


# One index for each order of the list. The columns behind `id` are what can be filtered by: an index
# that knows them passes over rows that do not match without reading them from the table. Measured
# with a million tickets: a rare category at a narrow price is 50 times faster by it. Cities have an
# index of their own: with the city in the others the planner would walk through all of them for it.
_for_sale("ix_tickets_newest", "id", "category", "price_cents", "starts_at")
_for_sale("ix_tickets_cheapest", "price_cents", "id", "category", "starts_at")
_for_sale("ix_tickets_soonest", "starts_at", "id", "category", "price_cents")
_for_sale("ix_tickets_city", "city_key", "starts_at", "id", "category", "price_cents")
_for_sale("ix_tickets_search", "search", using="gin")
# For what resembles a ticket, beside the index by city.
_for_sale("ix_tickets_title", "lower(title)", "starts_at", "id")
