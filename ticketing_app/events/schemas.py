from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    NaiveDatetime,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from ticketing_app.core.days import When
from ticketing_app.core.paging import DEFAULT_LIMIT, MAX_LIMIT
from ticketing_app.core.validation import (
    ApiModel,
    ShortText,
    TimezoneName,
    require_calendar_year,
    without_nul,
)
from ticketing_app.events.rules import CATEGORIES, NAME_MAX_LENGTH, EventStatus

Q_MAX_LENGTH = 100


def _require_category(name: str) -> str:
    if name not in CATEGORIES:
        msg = f"must be one of {', '.join(CATEGORIES)}"
        raise ValueError(msg)
    return name


def _single_spaced(text: str) -> str:
    return " ".join(text.split())


def _whole_minute(moment: datetime) -> datetime:
    return require_calendar_year(moment).replace(second=0, microsecond=0)


Category = Annotated[str, AfterValidator(_require_category)]
# Events and venues are found by their names, so a second space must not make another one.
Name = Annotated[ShortText, AfterValidator(_single_spaced)]
LocalTime = Annotated[
    NaiveDatetime,
    AfterValidator(_whole_minute),
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$"}),
]


class CityRead(ApiModel):
    """A city; `id` is that of GeoNames."""

    id: int
    name: str
    country: str
    region: str | None
    timezone: str
    latitude: float
    longitude: float


class VenueCreate(ApiModel):
    """A new venue; country, time zone and coordinates are those of the city."""

    name: Name
    city_id: Annotated[int, Field(ge=1, le=2**31 - 1)]


class VenueRead(ApiModel):
    """A place of events; coordinates may be those of its city."""

    id: UUID
    slug: str
    name: str
    city: str
    country: str
    timezone: str
    latitude: float | None
    longitude: float | None


class VenueUpdate(ApiModel):
    """Corrections of a venue; None leaves a field as it is. A city brings its time zone."""

    name: Name | None = None
    city_id: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    timezone: TimezoneName | None = None


class EventCreate(ApiModel):
    """`starts_local` is a local time without an offset; the venue decides on the time zone."""

    title: Name
    category: Category | None = None
    starts_local: LocalTime
    venue_id: UUID | None = None
    venue: VenueCreate | None = None

    @model_validator(mode="after")
    def _need_one_venue(self) -> Self:
        if (self.venue_id is None) == (self.venue is None):
            msg = "needs exactly one of venueId and venue"
            raise ValueError(msg)
        return self


class EventRead(ApiModel):
    """An event; `starts_local` is its time in the time zone of the venue."""

    id: UUID
    slug: str
    title: str
    category: str | None
    venue: VenueRead
    starts_local: LocalTime
    starts_at: datetime
    status: EventStatus
    version: int


class FoundEvent(BaseModel):
    """An event, and whether it was created now."""

    model_config = ConfigDict(frozen=True)

    event: EventRead
    is_new: bool


class CityOfEvents(BaseModel):
    """A city with upcoming events."""

    model_config = ConfigDict(frozen=True)

    name: str
    slug: str


class EventFilter(ApiModel):
    """Filters of upcoming events, as in `?q=lanterns&city=Porto`."""

    q: Annotated[str, Field(max_length=Q_MAX_LENGTH)] = ""
    category: Category | None = None
    city: Annotated[str, Field(max_length=NAME_MAX_LENGTH)] | None = None
    when: When | None = None
    first_day: Annotated[date | None, Field(alias="from")] = None
    last_day: Annotated[date | None, Field(alias="to")] = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: Annotated[str, Field(max_length=100)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _ignore_empty(cls, query: object) -> object:
        # Forms send empty strings for empty fields.
        if not isinstance(query, dict):
            return query
        clean: dict[Any, Any] = {
            name: without_nul(value) if isinstance(value, str) else value
            for name, value in query.items()
        }
        return {name: value for name, value in clean.items() if value != ""}

    @field_validator("last_day")
    @classmethod
    def _not_before_first_day(cls, last_day: date | None, info: ValidationInfo) -> date | None:
        first_day = info.data.get("first_day")
        if last_day and first_day and last_day < first_day:
            msg = "must not lie before the first day"
            raise ValueError(msg)
        return last_day


class EventPage(ApiModel):
    items: list[EventRead]
    next_cursor: str | None


class VenueList(ApiModel):
    items: list[VenueRead]


class CityList(ApiModel):
    items: list[CityRead]
