"""SQL of corrections of events and venues by operators."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.events.models import Event, Venue


async def lock_events(session: AsyncSession, event_ids: Sequence[UUID]) -> dict[UUID, Event]:
    """Lock the rows in the order of their ids and return them as they are then."""
    query = (
        select(Event)
        .where(col(Event.id).in_(event_ids))
        .order_by(col(Event.id))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {event.id: event for event in (await session.exec(query)).all()}


async def lock_venues(session: AsyncSession, venue_ids: Sequence[UUID]) -> dict[UUID, Venue]:
    """Lock the rows in the order of their ids and return them as they are then."""
    query = (
        select(Venue)
        .where(col(Venue.id).in_(venue_ids))
        .order_by(col(Venue.id))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {venue.id: venue for venue in (await session.exec(query)).all()}


async def redirect_events(session: AsyncSession, from_id: UUID, to_id: UUID) -> None:
    """Let events that were merged into the first one lead to the second one directly."""
    statement = update(Event).where(col(Event.merged_into_id) == from_id)
    await session.exec(statement.values(merged_into_id=to_id))


async def redirect_venues(session: AsyncSession, from_id: UUID, to_id: UUID) -> None:
    statement = update(Venue).where(col(Venue.merged_into_id) == from_id)
    await session.exec(statement.values(merged_into_id=to_id))


async def list_outdated(
    session: AsyncSession, *, venue_id: UUID, place: Venue, limit: int
) -> list[UUID]:
    """Return events of the venue with copies that differ from `place`, which may be another venue."""
    differs = or_(
        col(Event.venue_id) != place.id,
        col(Event.venue) != place.name,
        col(Event.city) != place.city,
        col(Event.timezone) != place.timezone,
    )
    query = select(Event.id).where(
        Event.venue_id == venue_id, col(Event.merged_into_id).is_(None), differs
    )
    return list((await session.exec(query.order_by(col(Event.id)).limit(limit))).all())
