"""SQL of venues."""

from uuid import UUID

from sqlalchemy import func, or_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from ticketing_app.events.models import Event, Venue
from ticketing_app.events.repository.events import (
    EventRow,
    allow_typing_errors,
    event_rows,
    is_upcoming,
)

VENUES = SQLModel.metadata.tables["venues"]


async def get_venue(session: AsyncSession, venue_id: UUID) -> Venue | None:
    """Return the venue, or the one that it was merged into."""
    target = select(Venue.merged_into_id).where(Venue.id == venue_id).scalar_subquery()
    query = select(Venue).where(col(Venue.id) == func.coalesce(target, venue_id))
    return (await session.exec(query)).one_or_none()


async def get_itself(session: AsyncSession, venue_id: UUID) -> Venue | None:
    return await session.get(Venue, venue_id)


async def get_by_slug(session: AsyncSession, slug: str) -> Venue | None:
    """Return the venue itself, even if it was merged."""
    return (await session.exec(select(Venue).where(Venue.slug == slug))).one_or_none()


async def find_venue(session: AsyncSession, venue: Venue) -> Venue | None:
    """Return the venue of this name in this city; case and accents do not matter."""
    query = select(Venue).where(
        func.search_key(col(Venue.name)) == func.search_key(venue.name),
        func.search_key(col(Venue.city)) == func.search_key(venue.city),
        Venue.country == venue.country,
        col(Venue.merged_into_id).is_(None),
    )
    return (await session.exec(query)).one_or_none()


async def insert_venue(session: AsyncSession, venue: Venue) -> bool:
    """Insert the row unless a venue like it exists, or its slug is taken."""
    # Waits for a concurrent insert of the same key, so that a later SELECT finds its row.
    statement = insert(Venue).values(venue.model_dump()).on_conflict_do_nothing()
    connection = await session.connection()
    return bool((await connection.execute(statement.returning(VENUES.c.id))).all())


async def suggest_venues(session: AsyncSession, typed: str, limit: int) -> list[Venue]:
    await allow_typing_errors(session)
    return list((await session.exec(suggestions_query(typed, limit))).all())


def suggestions_query(typed: str, limit: int) -> SelectOfScalar[Venue]:
    key = func.search_key(typed)
    name = func.search_key(col(Venue.name))
    is_similar = or_(name.op("%>")(key), name == key)
    query = select(Venue).where(is_similar, col(Venue.merged_into_id).is_(None))
    return query.order_by(
        func.word_similarity(key, name).desc(),
        func.similarity(key, name).desc(),
        col(Venue.name),
        col(Venue.id),
    ).limit(limit)


async def list_upcoming(session: AsyncSession, venue_id: UUID, limit: int) -> list[EventRow]:
    query = event_rows().where(Event.venue_id == venue_id, is_upcoming())
    query = query.order_by(col(Event.starts_at), col(Event.id)).limit(limit)
    return [EventRow(*row) for row in (await session.exec(query)).all()]
