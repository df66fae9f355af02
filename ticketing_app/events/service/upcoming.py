"""Lists of upcoming events."""

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.errors import AppError
from ticketing_app.events.repository import upcoming as repository
from ticketing_app.events.schemas import CityOfEvents, EventRead
from ticketing_app.events.service import cities, reading

MAX_UPCOMING = 100
MAX_OTHER_DATES = 4


class NoEventsInCityError(AppError):
    status = HTTPStatus.NOT_FOUND
    message = "We know of no events here at the moment."


async def get_city(session: AsyncSession, *, slug: str) -> CityOfEvents:
    """Return a city of upcoming events; raises NoEventsInCityError."""
    for city in await cities.list_with_events(session):
        if city.slug == slug:
            return city
    raise NoEventsInCityError


async def list_in_city(
    session: AsyncSession, *, city: str, limit: int = MAX_UPCOMING
) -> list[EventRead]:
    """Return the next events of the city, the soonest first."""
    return [reading.to_event(row) for row in await repository.list_in_city(session, city, limit)]


async def list_other_dates(session: AsyncSession, *, event: EventRead) -> list[EventRead]:
    """Return other dates of the same title, those in the same city first."""
    rows = await repository.list_other_dates(
        session, event.id, event.title, event.venue.city, MAX_OTHER_DATES
    )
    return [reading.to_event(row) for row in rows]


async def list_slugs(
    session: AsyncSession, *, limit: int, after: tuple[datetime, UUID] | None = None
) -> list[tuple[datetime, UUID, str]]:
    """Return start, id and slug of upcoming events; `after` is the last start and id so far."""
    return await repository.list_slugs(session, limit, after)


async def list_venue_slugs(
    session: AsyncSession, *, limit: int, after: str | None = None
) -> list[str]:
    """Return the venues of upcoming events by slug; `after` is the last one so far."""
    return await repository.list_venue_slugs(session, limit, after)


async def list_cities(session: AsyncSession) -> list[CityOfEvents]:
    """Return the cities of upcoming events."""
    return await cities.list_with_events(session)
