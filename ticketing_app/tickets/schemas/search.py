from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import (
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ticketing_app.core.days import When
from ticketing_app.core.money import PriceBound
from ticketing_app.core.paging import DEFAULT_LIMIT, MAX_LIMIT
from ticketing_app.core.validation import (
    ApiModel,
    without_nul,
)
from ticketing_app.events.schemas import Category, EventRead
from ticketing_app.tickets.rules import (
    MAX_SEATS,
    TITLE_MAX_LENGTH,
)
from ticketing_app.tickets.schemas.listings import EventOffers
from ticketing_app.tickets.schemas.tickets import TicketRead

Q_MAX_LENGTH = 100
# Counting a million tickets would take longer than finding the first page.
COUNT_LIMIT = 500


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
