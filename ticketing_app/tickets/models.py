from datetime import date, datetime
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
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlmodel import Field, SQLModel

from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import Table, new_id, utc_datetime
from ticketing_app.core.money import MAXIMUM_CENTS, MINIMUM_CENTS
from ticketing_app.tickets.rules import DRAFT_MAX_BYTES, TITLE_MAX_LENGTH, Split, TicketStatus

# Sort key of the list: listings without a date come last.
STARTS_AT = "COALESCE(starts_at, 'infinity'::timestamp with time zone)"


class Listing(Table, table=True):
    """Tickets of one seller at one price each, offered together by the rule `split`."""

    __tablename__ = "listings"
    __table_args__ = (
        CheckConstraint("split IN ('any', 'no_single', 'together')", name="split"),
        Index("ix_listings_seller_id", "seller_id", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    seller_id: UUID = Field(foreign_key="users.id")
    event_id: UUID | None = Field(default=None, foreign_key="events.id")
    split: str = Field(default=Split.ANY, sa_column_kwargs={"server_default": "any"})
    is_side_by_side: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    created_at: datetime = Field(
        default_factory=utc_now,
        sa_type=utc_datetime(),
        sa_column_kwargs={"server_default": text("now()")},
    )


class Ticket(Table, table=True):
    """A seat for sale, locked while `locked_until` is in the future of the database clock."""

    __tablename__ = "tickets"
    __table_args__ = (
        CheckConstraint("status IN ('for_sale', 'paused', 'withdrawn', 'sold')", name="status"),
        CheckConstraint(f"price_cents BETWEEN {MINIMUM_CENTS} AND {MAXIMUM_CENTS}", name="price"),
        CheckConstraint(
            "delivery_method IN ('file', 'file_later', 'transfer', 'reissue', 'link')",
            name="delivery_method",
        ),
        # Rules 2 and 3: a lease belongs to an order, which alone can release it.
        CheckConstraint("locked_until IS NULL OR order_id IS NOT NULL", name="lease_has_order"),
        CheckConstraint("status <> 'sold' OR order_id IS NOT NULL", name="sold_has_order"),
        # No index contains the lease: a hold then writes to none of them.
        Index(
            "ix_tickets_listing_id",
            "listing_id",
            postgresql_where=text("listing_id IS NOT NULL"),
        ),
        # A seller offers a seat of an event once. Also finds other sellers with the same seat.
        Index(
            "uq_tickets_seat_once_per_seller",
            "event_id",
            text("search_key(seat)"),
            text("""search_key(coalesce("row", ''))"""),
            text("search_key(coalesce(section, ''))"),
            "seller_id",
            unique=True,
            postgresql_where=text(
                "status IN ('for_sale', 'paused') AND event_id IS NOT NULL AND seat IS NOT NULL"
            ),
        ),
        # A file is offered once. Its codes are claimed in the vault.
        Index(
            "uq_tickets_vault_file_id",
            "vault_file_id",
            unique=True,
            postgresql_where=text("status IN ('for_sale', 'paused') AND vault_file_id IS NOT NULL"),
        ),
        # For all tickets of a file, also sold ones.
        Index(
            "ix_tickets_vault_file_id",
            "vault_file_id",
            postgresql_where=text("vault_file_id IS NOT NULL"),
        ),
        # For tickets of an event in any status, also sold ones.
        Index(
            "ix_tickets_event_id_status",
            "event_id",
            "status",
            postgresql_where=text("event_id IS NOT NULL"),
        ),
        # A sold ticket has one active relisting at most, even under concurrency. A withdrawn listing
        # that is still held counts too, but that is checked under the lock of the seat: an index on
        # the lease would make each hold write to every index.
        Index(
            "uq_tickets_one_relisting",
            "previous_ticket_id",
            unique=True,
            postgresql_where=text("status <> 'withdrawn'"),
        ),
        # For words on few days, with the index of words: PostgreSQL never combines indexes that have the
        # same condition, so this one has none.
        Index("ix_tickets_starts_at", "starts_at"),
        # Finds the next listing of a seat, which may be withdrawn and still held.
        Index(
            "ix_tickets_previous_ticket_id",
            "previous_ticket_id",
            postgresql_where=text("previous_ticket_id IS NOT NULL"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    seller_id: UUID = Field(foreign_key="users.id", index=True)
    event_id: UUID | None = Field(default=None, foreign_key="events.id")
    listing_id: UUID | None = Field(default=None, foreign_key="listings.id")
    position: int | None = Field(
        default=None, sa_type=SmallInteger, description="Of the seat in its listing."
    )
    is_front: bool = Field(
        default=True,
        description="Represents its listing in lists of tickets; a trigger moves it when the ticket goes.",
        sa_column_kwargs={"server_default": text("true")},
    )
    title: str = Field(max_length=TITLE_MAX_LENGTH)
    price_cents: int
    currency: str = Field(max_length=3)
    status: str = TicketStatus.FOR_SALE
    # The order that holds or bought the ticket, and its buyer. `order_id` has no foreign key, as that
    # would point upwards, from tickets to orders; the invariant check compares both sides.
    order_id: UUID | None = None
    holder_id: UUID | None = Field(default=None, foreign_key="users.id")
    locked_until: datetime | None = Field(default=None, sa_type=utc_datetime())
    version: int = 1
    # The version in which the description last changed. A trigger sets it, because processes of the
    # previous version of the program do not. NULL means unknown: the listing is older than the column.
    content_version: int | None = Field(default=1, sa_column_kwargs={"server_default": "1"})
    created_at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())
    previous_ticket_id: UUID | None = Field(default=None, foreign_key="tickets.id")
    sold_at: datetime | None = Field(default=None, sa_type=utc_datetime())
    venue: str | None = None
    city: str | None = None
    starts_at: datetime | None = Field(default=None, sa_type=utc_datetime())
    timezone: str | None = None
    # At the start of the event. SQL computes the local day from it, as PostgreSQL may not know every
    # time zone that Python knows.
    utc_offset_minutes: int | None = Field(default=None, sa_type=SmallInteger)
    category: str | None = None
    section: str | None = None
    row: str | None = None
    seat: str | None = None
    face_value_cents: int | None = None
    description: str | None = None
    # How the seller delivers; None: sent by the seller, unchecked and without a deadline.
    delivery_method: str | None = None
    issuer: str | None = None
    ready_on: date | None = None
    sellable_until: datetime | None = Field(
        default=None,
        sa_type=utc_datetime(),
        description="Later buyers would get it too late. None: sold until the event begins.",
    )
    vault_file_id: UUID | None = None
    # Copies of the facts of the file, which do not change while it is listed.
    code_count: int | None = Field(default=None, sa_type=SmallInteger)
    is_sealed: bool | None = Field(
        default=None, description="Bought here, and opened by none of its owners."
    )


class ListingDraft(Table, table=True):
    """The unfinished sell form of an account, by the names of its fields."""

    __tablename__ = "listing_drafts"
    __table_args__ = (
        CheckConstraint(f"octet_length(content::text) <= {DRAFT_MAX_BYTES}", name="size"),
        Index("ix_listing_drafts_updated_at", "updated_at"),
    )

    user_id: UUID = Field(foreign_key="users.id", primary_key=True)
    content: dict[str, str] = Field(sa_type=JSONB)
    version: int = 1
    updated_at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())


class SearchWord(Table, table=True):
    """A word of a present or past listing, to correct typing errors in searches."""

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


# Columns that the database computes and only SQL uses, so the class does not have them. The function
# `search_key` (migration 0003) removes case and accents.
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


def _for_sale(name: str, *columns: str, using: str = "btree", also: str = "") -> None:
    computed = {"starts_at": text(STARTS_AT), "lower(title)": text("lower(title)")}
    parts = [computed[column] if column in computed else TICKETS.c[column] for column in columns]
    condition = text(f"status = 'for_sale'{also}")
    Index(name, *parts, postgresql_where=condition, postgresql_using=using)


# One index per sort order. The columns after `id` can be filtered by: rows that do not match are
# skipped without a visit to the table. With a million tickets this makes a rare category at a narrow
# price 50 times faster. Cities have a separate index: with the city in the other indexes the planner
# would scan all of such an index for it.
_for_sale("ix_tickets_newest", "id", "category", "price_cents", "starts_at")
_for_sale("ix_tickets_cheapest", "price_cents", "id", "category", "starts_at")
_for_sale("ix_tickets_soonest", "starts_at", "id", "category", "price_cents")
_for_sale("ix_tickets_city", "city_key", "starts_at", "id", "category", "price_cents")
_for_sale("ix_tickets_search", "search", using="gin")
# For similar tickets, beside the index by city.
_for_sale("ix_tickets_title", "lower(title)", "starts_at", "id")
_for_sale(
    "ix_tickets_event_price", "event_id", "price_cents", "id", also=" AND event_id IS NOT NULL"
)
# One ticket for each listing: for seats side by side.
_LISTINGS = " AND is_front AND listing_id IS NOT NULL"
_for_sale("ix_tickets_event_listings", "event_id", "price_cents", "id", also=_LISTINGS)
_for_sale(
    "ix_tickets_cheapest_listings",
    "price_cents",
    "id",
    "event_id",
    "category",
    "starts_at",
    also=_LISTINGS,
)
# Lists of tickets without an event, and the sitemap.
_LOOSE = " AND event_id IS NULL"
_for_sale("ix_tickets_loose", "id", "starts_at", "city_key", "category", "price_cents", also=_LOOSE)
_for_sale("ix_tickets_loose_search", "search", using="gin", also=_LOOSE)
