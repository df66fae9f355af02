from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ticketing_app.core.clock import utc_now
from ticketing_app.core.days import When
from ticketing_app.core.money import JsonPrice, Price, PriceBound
from ticketing_app.core.paging import DEFAULT_LIMIT, MAX_LIMIT
from ticketing_app.core.validation import (
    ApiModel,
    ShortText,
    TimezoneName,
    in_calendar,
    require_printable_lines,
    without_nul,
)
from ticketing_app.events.schemas import Category, EventCreate, EventRead
from ticketing_app.tickets.rules import (
    MAX_SEATS,
    TITLE_MAX_LENGTH,
    Availability,
    Split,
    TicketStatus,
    has_begun,
)

Q_MAX_LENGTH = 100
# Counting a million tickets would take longer than finding the first page.
COUNT_LIMIT = 1000
# Each event takes a look at its tickets.
EVENT_COUNT_LIMIT = 100


def _require_upcoming(moment: datetime) -> datetime:
    if has_begun(moment, utc_now()):
        msg = "must lie ahead"
        raise ValueError(msg)
    return moment


Description = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=2000),
    AfterValidator(require_printable_lines),
]


class TicketFields(ApiModel):
    """The description of a listing; prices are JSON numbers in REST, integer cents inside."""

    title: ShortText
    price_cents: Annotated[Price, Field(alias="price")]
    venue: ShortText | None = None
    city: ShortText | None = None
    starts_at: (
        Annotated[AwareDatetime, AfterValidator(in_calendar), AfterValidator(_require_upcoming)]
        | None
    ) = None
    timezone: TimezoneName | None = None
    category: Category | None = None
    section: ShortText | None = None
    row: ShortText | None = None
    seat: ShortText | None = None
    face_value_cents: Annotated[Price | None, Field(alias="faceValue")] = None
    description: Description | None = None

    @model_validator(mode="after")
    def _need_both_time_and_zone(self) -> Self:
        if (self.starts_at is None) != (self.timezone is None):
            msg = "needs startsAt and timezone together"
            raise ValueError(msg)
        return self


class TicketCreate(TicketFields):
    """`previous_ticket_id` is the ticket that its seller bought here before.

    With an `event_id`, title, place, time and category are those of the event.
    """

    previous_ticket_id: UUID | None = None
    event_id: UUID | None = None


class TicketUpdate(TicketFields):
    """Replaces the whole description; `version` protects against lost updates."""

    version: int | None = None


class SeatFacts(ApiModel):
    section: ShortText | None = None
    row: ShortText | None = None
    seat: ShortText | None = None


class ListingCreate(TicketFields):
    """One to ten tickets at `price` each: `seats`, or a `quantity` of them without numbers.

    Title, place and time are those of the event; without an event, `title` is required. `section` and `row`
    apply to seats that have none. Each ticket of `previous_ticket_ids` is that of the seat in its place.
    """

    title: ShortText = ""
    event_id: UUID | None = None
    event: EventCreate | None = None
    seats: list[SeatFacts] = Field(default_factory=list[SeatFacts], max_length=MAX_SEATS)
    quantity: Annotated[int, Field(ge=1, le=MAX_SEATS)] | None = None
    split: Split = Split.ANY
    is_side_by_side: Annotated[bool, Field(alias="sideBySide")] = False
    previous_ticket_ids: list[UUID] = Field(default_factory=list[UUID], max_length=MAX_SEATS)

    @property
    def count(self) -> int:
        return len(self.seats) or self.quantity or 0


class ListingUpdate(ApiModel):
    """Replaces price and description of all unsold tickets; without `split` or `sideBySide` these stay."""

    price_cents: Annotated[Price, Field(alias="price")]
    face_value_cents: Annotated[Price | None, Field(alias="faceValue")] = None
    description: Description | None = None
    split: Split | None = None
    is_side_by_side: Annotated[bool | None, Field(alias="sideBySide")] = None
    version: int | None = None


class TicketSort(StrEnum):
    NEWEST = "newest"
    CHEAPEST = "cheapest"
    SOONEST = "soonest"


class TicketFilter(ApiModel):
    """Filters and sort order of the list, as in `?q=lanterns&maxPrice=40`."""

    q: Annotated[str, Field(max_length=Q_MAX_LENGTH)] = ""
    category: Category | None = None
    city: Annotated[str, Field(max_length=TITLE_MAX_LENGTH)] | None = None
    when: When | None = None
    first_day: Annotated[date | None, Field(alias="from")] = None
    last_day: Annotated[date | None, Field(alias="to")] = None
    min_price_cents: Annotated[PriceBound | None, Field(alias="minPrice")] = None
    max_price_cents: Annotated[PriceBound | None, Field(alias="maxPrice")] = None
    available_only: Annotated[bool, Field(alias="available")] = False
    event_id: Annotated[UUID | None, Field(alias="event")] = None
    sort: TicketSort = TicketSort.NEWEST
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: Annotated[str, Field(max_length=800)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _ignore_empty(cls, query: object) -> object:
        # Forms send empty strings for empty fields.
        if not isinstance(query, dict):
            return query
        clean = {n: without_nul(v) if isinstance(v, str) else v for n, v in query.items()}
        return {name: value for name, value in clean.items() if value != ""}

    @field_validator("last_day")
    @classmethod
    def _not_before_first_day(cls, last_day: date | None, info: ValidationInfo) -> date | None:
        first_day = info.data.get("first_day")
        if last_day and first_day and last_day < first_day:
            msg = "must not lie before the first day"
            raise ValueError(msg)
        return last_day

    @field_validator("max_price_cents")
    @classmethod
    def _not_below_min_price(cls, price: int | None, info: ValidationInfo) -> int | None:
        lowest = info.data.get("min_price_cents")
        if price is not None and lowest is not None and price < lowest:
            msg = "must not be below the lowest price"
            raise ValueError(msg)
        return price


class LooseTicketFilter(TicketFilter):
    """Filters of the tickets that belong to no event."""


class MarketFilter(TicketFilter):
    """Filters of events by their offers; `together` is a number of seats side by side."""

    together: Annotated[int, Field(ge=2, le=MAX_SEATS)] | None = None
    sort: TicketSort = TicketSort.SOONEST


class TicketRead(ApiModel):
    """A ticket in public; `order_id` only for its seller and its holder.

    `available` and `quantity` count the tickets of its listing that can be bought now, and that are not sold.
    """

    id: UUID
    title: str
    price_cents: Annotated[JsonPrice, Field(serialization_alias="price")]
    currency: str
    status: Availability
    locked_until: datetime | None
    seller_id: Annotated[UUID, Field(serialization_alias="userId")]
    order_id: UUID | None
    version: int
    event_id: UUID | None
    listing_id: UUID | None
    previous_ticket_id: UUID | None
    venue: str | None
    city: str | None
    starts_at: datetime | None
    timezone: str | None
    category: str | None
    section: str | None
    row: str | None
    seat: str | None
    face_value_cents: Annotated[JsonPrice | None, Field(serialization_alias="faceValue")]
    description: str | None
    available: int
    quantity: int
    created_at: datetime


class OfferSeat(SeatFacts):
    """A ticket of an offer; `order_id` only for its seller and its holder, `sold_at` only for its seller."""

    ticket_id: UUID
    status: Availability
    locked_until: datetime | None
    order_id: UUID | None
    version: int
    price_cents: Annotated[
        JsonPrice, Field(serialization_alias="price", description="A sold ticket keeps its price.")
    ]
    is_listed_twice: bool = Field(description="Another seller offers the same seat of this event.")
    sold_at: datetime | None = None


class _Offer(ApiModel):
    event_id: UUID | None
    price_cents: Annotated[
        JsonPrice, Field(serialization_alias="price", description="Of one ticket.")
    ]
    currency: str
    seller_id: Annotated[UUID, Field(serialization_alias="userId")]
    split: Split
    is_side_by_side: Annotated[bool, Field(serialization_alias="sideBySide")]
    seats: list[OfferSeat]
    available: int = Field(description="Number of seats that can be bought now.")
    quantity: int = Field(description="Number of seats that are not sold.")
    face_value_cents: Annotated[JsonPrice | None, Field(serialization_alias="faceValue")]
    description: str | None
    is_listed_twice: bool


class OfferRead(_Offer):
    """Tickets for sale at one price, in seat order: those of a listing, or one without a listing."""

    listing_id: UUID | None


class OfferList(ApiModel):
    items: list[OfferRead]


class ListingRead(_Offer):
    """A listing with its seats in any status."""

    id: UUID
    title: str
    category: str | None
    venue: str | None
    city: str | None
    starts_at: datetime | None
    timezone: str | None
    version: int
    created_at: datetime


class OwnListingRead(ListingRead):
    """A listing of the caller; without a `listing_id` it is a single ticket, and `id` and `version` are its own."""

    listing_id: UUID | None


class OwnListingPage(ApiModel):
    items: list[OwnListingRead]
    next_cursor: str | None


class EventOffers(BaseModel):
    """Summary of the offers of an event; `from_cents` is the lowest price that can be bought now."""

    model_config = ConfigDict(frozen=True)

    event_id: UUID
    from_cents: int | None
    currency: str | None
    available: int
    most_together: int
    sold: int


class DraftUpdate(BaseModel):
    """Edited fields of the sell form as typed, valid or not."""

    fields: Annotated[
        dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=2000)]],
        Field(max_length=40),
    ]


class DraftRead(DraftUpdate):
    version: int


class SeatListedTwice(BaseModel):
    """A seat of an event, and the tickets of the sellers who offer it."""

    model_config = ConfigDict(frozen=True)

    event_id: UUID
    section: str | None
    row: str | None
    seat: str
    ticket_ids: list[UUID]


class PriceHint(BaseModel):
    """10th, 50th and 90th percentile of the prices of similar tickets."""

    model_config = ConfigDict(frozen=True)

    low_cents: int
    high_cents: int
    typical_cents: int
    currency: str


class EventPrices(BaseModel):
    """Prices of other sellers for an event: the lowest that can be bought now, and the usual ones, if known."""

    model_config = ConfigDict(frozen=True)

    lowest_cents: int | None
    usual: PriceHint | None


class PriceQuestion(ApiModel):
    title: Annotated[str, Field(max_length=TITLE_MAX_LENGTH)] = ""
    category: str | None = None
    city: Annotated[str, Field(max_length=TITLE_MAX_LENGTH)] | None = None


class TicketPage(ApiModel):
    """`corrected_q` was searched instead of `q` because no ticket on sale matches `q`."""

    items: list[TicketRead]
    next_cursor: str | None
    corrected_q: str | None = None


class EventHit(ApiModel):
    """An event of a search with the summary of its offers."""

    event: EventRead
    offers: EventOffers


class EventHits(ApiModel):
    items: list[EventHit]
    count: int = Field(description="On all pages, up to EVENT_COUNT_LIMIT + 1.")
    next_cursor: str | None


class MarketPage(ApiModel):
    """Events, and tickets that belong to none; `corrected_q` was searched instead of `q`."""

    events: EventHits
    tickets: TicketPage
    ticket_count: int
    corrected_q: str | None = None


class OwnTicketRead(TicketRead):
    # None for sales before the time was recorded.
    sold_at: datetime | None


class OwnTicketPage(ApiModel):
    items: list[OwnTicketRead]
    next_cursor: str | None


class SeatListing(BaseModel):
    """A listing of a seat; `order_id` is the order that holds or bought it."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    seller_id: UUID
    order_id: UUID | None


class Seat(BaseModel):
    """The sales of a seat, newest first, and its active listing; found by `ticket_id`."""

    model_config = ConfigDict(frozen=True)

    ticket_id: UUID
    sold: list[SeatListing]
    listed: SeatListing | None


class OwnershipStep(StrEnum):
    LISTED = "listed"
    LISTED_AGAIN = "listed_again"
    BOUGHT = "bought"


class OwnershipStepRead(BaseModel):
    """A step in the ownership history; `is_mine` if the viewer took it. `at` may be unknown."""

    model_config = ConfigDict(frozen=True)

    step: OwnershipStep
    at: datetime | None
    is_mine: bool


class TicketIds(BaseModel):
    ids: Annotated[list[UUID], Field(max_length=MAX_LIMIT)]


class TicketLease(BaseModel):
    """A ticket after a change of its lease, for the event of the order."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    version: int
    seller_id: UUID
    status: TicketStatus
    locked_until: datetime | None


class ListedTicket(BaseModel):
    """A ticket of a listing, for a hold; `position` is that of its seat."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    status: Availability
    position: int
    version: int
    price_cents: int
    starts_at: datetime | None


class HoldableListing(BaseModel):
    """A listing as a hold sees it."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    seller_id: UUID
    split: Split
    is_side_by_side: bool
    version: int
    tickets: list[ListedTicket]


class SeatName(BaseModel):
    model_config = ConfigDict(frozen=True)

    section: str | None
    row: str | None
    seat: str | None


class SitemapEntry(BaseModel):
    """`last_modified` is the time of the listing; None if the ticket changed since."""

    model_config = ConfigDict(frozen=True)

    ticket_id: UUID
    last_modified: datetime | None
