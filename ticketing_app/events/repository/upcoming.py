"""SQL of lists of upcoming events."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.events.models import EVENTS, Event, Venue
from ticketing_app.events.repository.events import EventRow, event_rows, is_upcoming


async def list_in_city(session: AsyncSession, city: str, limit: int) -> list[EventRow]:
    query = event_rows().where(EVENTS.c.city_key == func.search_key(city), is_upcoming())
    rows = await session.exec(query.order_by(col(Event.starts_at), col(Event.id)).limit(limit))
    return [EventRow(*row) for row in rows.all()]


async def list_other_dates(
    session: AsyncSession, event_id: UUID, title: str, city: str, limit: int
) -> list[EventRow]:
    """Return other events with this title, those in the same city first."""
    is_elsewhere = EVENTS.c.city_key != func.search_key(city)
    query = event_rows().where(
        func.search_key(col(Event.title)) == func.search_key(title),
        col(Event.id) != event_id,
        is_upcoming(),
    )
    order = (is_elsewhere, col(Event.starts_at), col(Event.id))
    rows = await session.exec(query.order_by(*order).limit(limit))
    return [EventRow(*row) for row in rows.all()]


async def list_slugs(
    session: AsyncSession, limit: int, after: tuple[datetime, UUID] | None
) -> list[tuple[datetime, UUID, str]]:
    """Return start, id and slug of upcoming events, the soonest first."""
    key = (col(Event.starts_at), col(Event.id))
    query = select(Event.starts_at, Event.id, Event.slug).where(is_upcoming())
    if after:
        query = query.where(tuple_(*key) > after)
    rows = await session.exec(query.order_by(*key).limit(limit))
    return [(starts_at, event_id, slug) for starts_at, event_id, slug in rows.all()]


async def list_venue_slugs(session: AsyncSession, limit: int, after: str | None) -> list[str]:
    """Return the venues of upcoming events by slug."""
    has_events = (
        select(Event.id).where(col(Event.venue_id) == Venue.id, is_upcoming()).limit(1).exists()
    )
    query = select(Venue.slug).where(col(Venue.merged_into_id).is_(None), has_events)
    if after:
        query = query.where(col(Venue.slug) > after)
    return list((await session.exec(query.order_by(col(Venue.slug)).limit(limit))).all())
