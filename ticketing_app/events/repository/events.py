"""SQL of events and their venues."""

from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.events.models import Event, Venue


class EventRow(NamedTuple):
    event: Event
    venue: Venue


async def get_event(session: AsyncSession, event_id: UUID) -> EventRow | None:
    query = select(Event, Venue).join(Venue, col(Venue.id) == col(Event.venue_id))
    row = (await session.exec(query.where(Event.id == event_id))).one_or_none()
    return EventRow(*row) if row else None
