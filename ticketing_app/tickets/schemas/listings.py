from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
)

from ticketing_app.core.money import JsonPrice, Price
from ticketing_app.core.validation import (
    ApiModel,
    ShortText,
)
from ticketing_app.events.schemas import EventCreate
from ticketing_app.tickets.rules import (
    MAX_SEATS,
    Availability,
    Split,
)
from ticketing_app.tickets.schemas.deliveries import DeliveryPromise, DeliveryRead
from ticketing_app.tickets.schemas.tickets import Description, TicketFields


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
    """Replaces price and description of all unsold tickets.

    Without `split`, `sideBySide` or `delivery` these stay.
    """

    price_cents: Annotated[Price, Field(alias="price")]
    face_value_cents: Annotated[Price | None, Field(alias="faceValue")] = None
    description: Description | None = None
    delivery: DeliveryPromise | None = None
    split: Split | None = None
    is_side_by_side: Annotated[bool | None, Field(alias="sideBySide")] = None
    version: int | None = None


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
    is_held: Annotated[
        bool, Field(exclude=True, description="Its buyer may still pay, also after a pause.")
    ] = False
    position: Annotated[int, Field(exclude=True, description="Neighbours differ by one.")] = 0


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
    quantities: list[int] = Field(
        description="Numbers of seats that can be bought now in one order, by the seller's rule."
    )
    quantity: int = Field(description="Number of seats that are not sold.")
    face_value_cents: Annotated[JsonPrice | None, Field(serialization_alias="faceValue")]
    description: str | None
    delivery: DeliveryRead | None = Field(
        default=None, description="null: the seller sends them, not checked."
    )
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


class OwnCounts(BaseModel):
    """Numbers of a seller's tickets of coming events; `held` may still be paid, also after a pause."""

    model_config = ConfigDict(frozen=True)

    for_sale: int
    held: int
    paused: int


class EventOffers(BaseModel):
    """Summary of the offers of an event; `from_cents` is the lowest price that can be bought now."""

    model_config = ConfigDict(frozen=True)

    event_id: UUID
    from_cents: int | None
    currency: str | None
    available: int
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
