"""What goes in and out of tickets."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    model_validator,
)

from ticketing_app.core.http import ApiModel
from ticketing_app.core.money import Price, to_json_number
from ticketing_app.tickets.rules import CATEGORIES, TITLE_MAX_LENGTH, Availability, TicketStatus

DEFAULT_LIMIT = 24
MAX_LIMIT = 100
FIRST_YEAR, LAST_YEAR = 2000, 2100

ShortText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=TITLE_MAX_LENGTH)
]


def _known_timezone(name: str) -> str:
    if name not in available_timezones():
        msg = "must be an IANA name, like Europe/Berlin"
        raise ValueError(msg)
    return name


def _in_utc(moment: datetime) -> datetime:
    # Years at the very ends of the calendar cannot be shown in every time zone.
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        msg = f"must lie between {FIRST_YEAR} and {LAST_YEAR}"
        raise ValueError(msg)
    return moment.astimezone(UTC)


def _known_category(name: str) -> str:
    if name not in CATEGORIES:
        msg = f"must be one of {', '.join(CATEGORIES)}"
        raise ValueError(msg)
    return name


class TicketCreate(ApiModel):
    """A listing as its seller describes it; prices are JSON numbers outside, cents inside."""

    title: ShortText
    price_cents: Annotated[Price, Field(alias="price")]
    venue: ShortText | None = None
    city: ShortText | None = None
    starts_at: Annotated[AwareDatetime, AfterValidator(_in_utc)] | None = None
    timezone: Annotated[str, AfterValidator(_known_timezone)] | None = None
    category: Annotated[str, AfterValidator(_known_category)] | None = None
    section: ShortText | None = None
    row: ShortText | None = None
    seat: ShortText | None = None
    face_value_cents: Annotated[Price | None, Field(alias="faceValue")] = None
    description: (
        Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] | None
    ) = None

    @model_validator(mode="after")
    def _need_both_time_and_zone(self) -> Self:
        if (self.starts_at is None) != (self.timezone is None):
            msg = "needs startsAt and timezone together"
            raise ValueError(msg)
        return self


class TicketUpdate(TicketCreate):
    """The whole listing anew: what is left out is cleared. `version` guards against a lost update."""

    version: int | None = None


class TicketSort(StrEnum):
    """Orders of the list."""

    NEWEST = "newest"
    CHEAPEST = "cheapest"
    SOONEST = "soonest"


def _without_nul(text: str) -> str:
    return text.replace("\x00", "")


SearchText = Annotated[str, AfterValidator(_without_nul)]
"""PostgreSQL cannot look for U+0000, and no listing has it."""


class TicketFilter(BaseModel):
    """What the list shows."""

    model_config = ConfigDict(frozen=True)

    q: SearchText = ""
    available_only: bool = False
    category: SearchText | None = None
    city: SearchText | None = None
    sort: TicketSort = TicketSort.NEWEST
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: str | None = None


JsonPrice = Annotated[int, PlainSerializer(to_json_number, return_type=float, when_used="json")]


class TicketRead(ApiModel):
    """A ticket as everybody may see it; `order_id` only for its seller and its holder."""

    id: UUID
    title: str
    price_cents: Annotated[JsonPrice, Field(serialization_alias="price")]
    currency: str
    status: Availability
    locked_until: datetime | None
    user_id: UUID
    order_id: UUID | None
    version: int
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
    created_at: datetime


class TicketPage(ApiModel):
    """One page of the list; `next_cursor` is none on the last one."""

    items: list[TicketRead]
    next_cursor: str | None


class TicketLease(BaseModel):
    """A ticket row after its lease changed: what the order's event tells."""

    model_config = ConfigDict(frozen=True)

    version: int
    status: TicketStatus
    locked_until: datetime | None
