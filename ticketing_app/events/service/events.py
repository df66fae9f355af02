"""Use cases of an event."""

from http import HTTPStatus
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.errors import AppError
from ticketing_app.events.repository import events as repository
from ticketing_app.events.repository.events import EventRow
from ticketing_app.events.rules import EventStatus
from ticketing_app.events.schemas import EventRead, VenueRead


class EventNotFoundError(AppError):
    status = HTTPStatus.NOT_FOUND
    message = "We could not find this event."


async def get_event(session: AsyncSession, *, event_id: UUID) -> EventRead:
    """Raises EventNotFoundError if there is none with this id."""
    row = await repository.get_event(session, event_id)
    if row is None:
        raise EventNotFoundError
    return to_read(row)


def to_read(row: EventRow) -> EventRead:
    venue = row.venue.model_dump(include=set(VenueRead.model_fields))
    fields = row.event.model_dump(include=set(EventRead.model_fields) - {"venue", "status"})
    return EventRead(venue=VenueRead(**venue), status=EventStatus(row.event.status), **fields)
