"""SQL of events and their venues."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from ticketing_app.core.text_search import prefix_tsquery
from ticketing_app.events.models import EVENTS, Event, Venue
from ticketing_app.events.rules import EventStatus

# Of a typed word and the most similar part of a name; pg_trgm's default of 0.6 excludes transposed letters.
TYPING_ERROR_SIMILARITY = 0.4


class EventRow(NamedTuple):
    event: Event
    venue: Venue


def event_rows() -> Select[Event, Venue]:
    return select(Event, Venue).join(Venue, col(Venue.id) == col(Event.venue_id))


def is_active() -> ColumnElement[bool]:
    is_cancelled = col(Event.status) == EventStatus.CANCELLED
    return col(Event.merged_into_id).is_(None) & ~is_cancelled


def is_upcoming() -> ColumnElement[bool]:
    return is_active() & (col(Event.starts_at) > func.now())


async def get_event(session: AsyncSession, event_id: UUID) -> EventRow | None:
    """Return the event, or the one that it was merged into."""
    target = select(Event.merged_into_id).where(Event.id == event_id).scalar_subquery()
    query = event_rows().where(col(Event.id) == func.coalesce(target, event_id))
    # The session may have read the rows before it locked them.
    query = query.execution_options(populate_existing=True)
    row = (await session.exec(query)).one_or_none()
    return EventRow(*row) if row else None


async def lock_shared(session: AsyncSession, event_id: UUID) -> None:
    """Wait for a change of the event in progress, and block others until the end of the transaction."""
    lock = select(Event.id).where(Event.id == event_id).with_for_update(read=True)
    await session.exec(lock)


async def get_by_slug(session: AsyncSession, slug: str) -> EventRow | None:
    """Return the event itself, even if it was merged."""
    row = (await session.exec(event_rows().where(Event.slug == slug))).one_or_none()
    return EventRow(*row) if row else None


async def list_by_ids(session: AsyncSession, event_ids: Sequence[UUID]) -> list[EventRow]:
    query = event_rows().where(col(Event.id).in_(event_ids))
    rows = await session.exec(query.order_by(col(Event.starts_at), col(Event.id)))
    return [EventRow(*row) for row in rows.all()]


async def find_event(session: AsyncSession, event: Event) -> Event | None:
    """Return the event with the same title, venue and local start; case and accents do not matter."""
    query = select(Event).where(
        Event.venue_id == event.venue_id,
        Event.starts_local == event.starts_local,
        func.search_key(col(Event.title)) == func.search_key(event.title),
        col(Event.merged_into_id).is_(None),
    )
    return (await session.exec(query)).one_or_none()


async def insert_event(session: AsyncSession, event: Event) -> bool:
    """Insert the row unless an event like it exists, or its slug is taken."""
    # Waits for a concurrent insert of the same key, so that a later SELECT finds its row.
    statement = insert(Event).values(event.model_dump()).on_conflict_do_nothing()
    connection = await session.connection()
    return bool((await connection.execute(statement.returning(EVENTS.c.id))).all())


async def list_by_words(session: AsyncSession, typed: str, limit: int) -> list[EventRow]:
    """Return events with these words: upcoming ones, the soonest first, then the latest past ones."""
    starts_at = col(Event.starts_at)
    has_words = EVENTS.c.search.op("@@")(prefix_tsquery(func.search_key(typed)))
    query = event_rows().where(has_words, is_active())
    # One query for both would sort every event with a common word.
    upcoming = query.where(starts_at > func.now()).order_by(starts_at, col(Event.id))
    found = (await session.exec(upcoming.limit(limit))).all()
    if len(found) < limit:
        past = query.where(starts_at <= func.now()).order_by(starts_at.desc(), col(Event.id))
        found = [*found, *(await session.exec(past.limit(limit - len(found)))).all()]
    return [EventRow(*row) for row in found]


async def list_similar(session: AsyncSession, typed: str, limit: int) -> list[EventRow]:
    """Return upcoming events with a similar title, the most similar first."""
    await allow_typing_errors(session)
    return [EventRow(*row) for row in (await session.exec(similar_query(typed, limit))).all()]


def similar_query(typed: str, limit: int) -> Select[Event, Venue]:
    key = func.search_key(typed)
    title = func.search_key(col(Event.title))
    query = event_rows().where(title.op("%>")(key), is_upcoming())
    return query.order_by(
        func.word_similarity(key, title).desc(), col(Event.starts_at), col(Event.id)
    ).limit(limit)


async def allow_typing_errors(session: AsyncSession) -> None:
    """Lower the threshold of `%>` in this transaction."""
    statement = text("SELECT set_config('pg_trgm.word_similarity_threshold', :value, true)")
    values: dict[str, Any] = {"value": str(TYPING_ERROR_SIMILARITY)}
    await (await session.connection()).execute(statement, values)
