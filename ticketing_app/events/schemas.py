from datetime import datetime
from uuid import UUID

from ticketing_app.core.validation import ApiModel
from ticketing_app.events.rules import EventStatus


class VenueRead(ApiModel):
    """A place of events; coordinates may be those of its city."""

    id: UUID
    slug: str
    name: str
    city: str
    country: str
    timezone: str
    latitude: float | None
    longitude: float | None


class EventRead(ApiModel):
    """An event; `starts_local` is its time in the time zone of the venue."""

    id: UUID
    slug: str
    title: str
    category: str | None
    venue: VenueRead
    starts_local: datetime
    starts_at: datetime
    status: EventStatus
    version: int
