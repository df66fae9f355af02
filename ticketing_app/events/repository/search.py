"""SQL of searches for upcoming events."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, literal_column, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from ticketing_app.core.days import DayFilter, Start, starts_on
from ticketing_app.core.text_search import cached_query, prefix_tsquery
from ticketing_app.events.models import EVENTS, Event
from ticketing_app.events.repository.events import EventRow, event_rows, is_upcoming
from ticketing_app.events.schemas import EventFilter


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
    starts_at: ColumnElement[Any] = EVENTS.c.starts_at
    # An expression, because the planner would also read the index that has the local time.
    starts_local = EVENTS.c.starts_local + literal_column("interval '0'")
    offset = starts_local - func.timezone("UTC", starts_at)
    days = DayFilter(wanted.when, wanted.first_day, wanted.last_day)
    yield from starts_on(days, Start(starts_local, starts_at, offset))
