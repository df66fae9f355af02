"""SQL of searches for upcoming events."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, literal_column, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from ticketing_app.core.text_search import cached_query, prefix_tsquery
from ticketing_app.events.models import EVENTS, Event
from ticketing_app.events.repository.events import EventRow, event_rows, is_upcoming
from ticketing_app.events.schemas import EventFilter, EventWhen

_UTC_NOW = func.timezone("UTC", func.now())
# The extreme UTC offsets of any time zone.
_BEHIND: ColumnElement[Any] = literal_column("interval '12 hours'")
_AHEAD: ColumnElement[Any] = literal_column("interval '14 hours'")


@cached_query
def matching(wanted: EventFilter) -> Select[UUID, datetime]:
    query = select(Event.id, Event.starts_at).where(is_upcoming(), *_filters(wanted))
    return query.where(_has_words(wanted.q)) if wanted.q.strip() else query


async def list_page(
    session: AsyncSession, wanted: EventFilter, after: Event | None, *, is_misspelt: bool = False
) -> list[EventRow]:
    """Return up to `limit` + 1 events after this one, the soonest first."""
    conditions = [is_upcoming(), *_filters(wanted)]
    if wanted.q.strip():
        conditions.append(_is_similar(wanted.q) if is_misspelt else _has_words(wanted.q))
    query = event_rows().where(*conditions)
    if after:
        here = tuple_(literal(after.starts_at), literal(after.id))
        query = query.where(tuple_(col(Event.starts_at), col(Event.id)) > here)
    query = query.order_by(col(Event.starts_at), col(Event.id)).limit(wanted.limit + 1)
    return [EventRow(*row) for row in (await session.exec(query)).all()]


async def get_itself(session: AsyncSession, event_id: UUID) -> Event | None:
    return await session.get(Event, event_id)


def _has_words(q: str) -> ColumnElement[bool]:
    return EVENTS.c.search.op("@@")(prefix_tsquery(func.search_key(q)))


def _is_similar(q: str) -> ColumnElement[bool]:
    return func.search_key(col(Event.title)).op("%>")(func.search_key(q))


def _filters(wanted: EventFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.category:
        yield col(Event.category) == wanted.category
    if wanted.city:
        yield EVENTS.c.city_key == func.search_key(wanted.city)
    yield from _on_days(wanted)


def _on_days(wanted: EventFilter) -> Iterator[ColumnElement[bool]]:
    """Match events that start on these days in their local time."""
    # In every time zone the first condition of each pair implies the second, which uses an index.
    starts_at = col(Event.starts_at)
    starts_local = col(Event.starts_local)
    offset = starts_local - func.timezone("UTC", starts_at)
    for at_event, earliest, latest in zip(
        *(_days(wanted, _UTC_NOW + ahead) for ahead in (offset, -_BEHIND, _AHEAD)), strict=True
    ):
        if at_event.first is not None and earliest.first is not None:
            yield starts_local >= at_event.first
            yield starts_at >= func.timezone("UTC", earliest.first - _AHEAD)
        if at_event.end is not None and latest.end is not None:
            yield starts_local < at_event.end
            yield starts_at < func.timezone("UTC", latest.end + _BEHIND)


class _Days(NamedTuple):
    """From the start of `first` to the start of `end` in local time; None is unbounded."""

    first: ColumnElement[Any] | None
    end: ColumnElement[Any] | None


def _days(wanted: EventFilter, now: ColumnElement[Any]) -> Iterator[_Days]:
    """Yield the ranges at the local time `now`; past starts are excluded elsewhere."""
    monday = func.date_trunc("week", now)
    match wanted.when:
        case EventWhen.TODAY:
            yield _Days(None, func.date_trunc("day", now) + _day(1))
        case EventWhen.WEEKEND:
            yield _Days(monday + _day(5), monday + _day(7))
        case EventWhen.NEXT_WEEKEND:
            yield _Days(monday + _day(12), monday + _day(14))
        case EventWhen.MONTH:
            yield _Days(None, func.date_trunc("month", now) + literal_column("interval '1 month'"))
        case None:
            pass
    if wanted.first_day or wanted.last_day:
        first = literal(wanted.first_day) + _day(0) if wanted.first_day else None
        yield _Days(first, literal(wanted.last_day) + _day(1) if wanted.last_day else None)


def _day(count: int) -> ColumnElement[Any]:
    return literal_column(f"interval '{count} days'")
