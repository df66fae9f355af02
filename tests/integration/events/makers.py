"""Events made through the services."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests import factories
from tests.factories import CITIES
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.events.schemas import EventCreate, EventRead, FoundEvent, VenueCreate
from ticketing_app.events.service import events

EVENING = (utc_now() + timedelta(days=365)).replace(
    hour=20, minute=0, second=0, microsecond=0, tzinfo=None
)


def described(
    title: str = "The Paper Lanterns",
    *,
    venue: str = "Harbour Hall",
    city: str = "Porto",
    starts_local: datetime = EVENING,
    **fields: Any,  # noqa: ANN401  # any field
) -> EventCreate:
    place = VenueCreate(name=venue, city_id=CITIES[city][0])
    return EventCreate(title=title, starts_local=starts_local, venue=place, **fields)


async def find_or_create(event: EventCreate, creator_id: UUID) -> FoundEvent:
    async with db.transaction() as session:
        return await events.find_or_create_event(session, creator_id=creator_id, event=event)


async def make_event(title: str = "The Paper Lanterns", **fields: Any) -> EventRead:  # noqa: ANN401  # any field
    """Create an event at the Harbour Hall in Porto in a year; needs the fixture `cities`."""
    creator = await factories.make_user()
    return (await find_or_create(described(title, **fields), creator.id)).event
