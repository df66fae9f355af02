"""Events and venues as other packages see them."""

from ticketing_app.events.models import Venue
from ticketing_app.events.repository.events import EventRow
from ticketing_app.events.rules import EventStatus
from ticketing_app.events.schemas import EventRead, VenueRead


def to_event(row: EventRow) -> EventRead:
    fields = row.event.model_dump(include=set(EventRead.model_fields) - {"venue", "status"})
    return EventRead(venue=to_venue(row.venue), status=EventStatus(row.event.status), **fields)


def to_venue(venue: Venue) -> VenueRead:
    return VenueRead(**venue.model_dump(include=set(VenueRead.model_fields)))
