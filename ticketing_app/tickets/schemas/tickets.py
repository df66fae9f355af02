from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from ticketing_app.core.clock import utc_now
from ticketing_app.core.money import JsonPrice, Price
from ticketing_app.core.paging import MAX_LIMIT
from ticketing_app.core.validation import (
    ApiModel,
    ShortText,
    TimezoneName,
    in_calendar,
    require_printable_lines,
)
from ticketing_app.events.schemas import Category
from ticketing_app.tickets.rules import (
    Availability,
    has_begun,
)
from ticketing_app.tickets.schemas.deliveries import DeliveryPromise, DeliveryRead

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
    delivery: DeliveryPromise | None = None

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
    """Replaces the whole description; `version` protects against lost updates.

    Without `delivery` the promise stays, with its files; null removes it.
    """

    version: int | None = None


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
    delivery: DeliveryRead | None = Field(
        default=None, description="null: the seller sends it, not checked."
    )
    available: int
    quantity: int
    created_at: datetime


class OwnTicketRead(TicketRead):
    # None for sales before the time was recorded.
    sold_at: datetime | None


class OwnTicketPage(ApiModel):
    items: list[OwnTicketRead]
    next_cursor: str | None


class TicketIds(BaseModel):
    ids: Annotated[list[UUID], Field(max_length=MAX_LIMIT)]


class SitemapEntry(BaseModel):
    """`last_modified` is the time of the listing; None if the ticket changed since."""

    model_config = ConfigDict(frozen=True)

    ticket_id: UUID
    last_modified: datetime | None
