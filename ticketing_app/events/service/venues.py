"""Use cases of venues."""

from http import HTTPStatus
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import limits
from ticketing_app.core.db import new_id
from ticketing_app.core.errors import AppError
from ticketing_app.core.validation import read_uuid
from ticketing_app.events import rules
from ticketing_app.events.models import Venue
from ticketing_app.events.repository import venues as repository
from ticketing_app.events.schemas import EventRead, VenueCreate, VenueRead
from ticketing_app.events.service import cities, reading, slugs

SUGGESTIONS = 8
MAX_UPCOMING = 100


class VenueNotFoundError(AppError):
    status = HTTPStatus.NOT_FOUND
    message = "We could not find this venue."


class VenueMovedError(AppError):
    """The venue was merged into the one with `slug`."""

    status = HTTPStatus.MOVED_PERMANENTLY
    message = "This venue has another address now."

    def __init__(self, slug: str) -> None:
        super().__init__()
        self.slug = slug


async def get_venue(session: AsyncSession, *, venue_id: UUID) -> VenueRead:
    """Return the venue, or the one that it was merged into; raises VenueNotFoundError."""
    row = await repository.get_venue(session, venue_id)
    if row is None:
        raise VenueNotFoundError
    return reading.to_venue(row)


async def get_venue_by_slug(session: AsyncSession, *, slug: str) -> VenueRead:
    """Raises VenueNotFoundError if there is none, VenueMovedError if it was merged."""
    row = await repository.get_by_slug(session, slug)
    if row is None:
        raise VenueNotFoundError
    if row.merged_into_id:
        target = await get_venue(session, venue_id=row.merged_into_id)
        raise VenueMovedError(target.slug)
    return reading.to_venue(row)


async def find_id(session: AsyncSession, *, text: str) -> UUID:
    """Return the id of the venue with this id or slug, merged or not; raises VenueNotFoundError."""
    venue_id = read_uuid(text)
    row = (
        await repository.get_by_slug(session, text)
        if venue_id is None
        else await repository.get_itself(session, venue_id)
    )
    if row is None:
        raise VenueNotFoundError
    return row.id


async def suggest_venues(
    session: AsyncSession, *, text: str, limit: int = SUGGESTIONS
) -> list[VenueRead]:
    """Return venues with a similar name, the most similar first."""
    await limits.check("searches")
    if not text.strip():
        return []
    return [
        reading.to_venue(row)
        for row in await repository.suggest_venues(session, text.strip(), limit)
    ]


async def list_upcoming(
    session: AsyncSession, *, venue_id: UUID, limit: int = MAX_UPCOMING
) -> list[EventRead]:
    """Return the next events of the venue, the soonest first."""
    rows = await repository.list_upcoming(session, venue_id, limit)
    return [reading.to_event(row) for row in rows]


async def find_or_create_venue(
    session: AsyncSession, *, creator_id: UUID, venue: VenueCreate
) -> Venue:
    """Return the venue of this name in this city; raises CityNotFoundError."""
    city = await cities.get_city(session, city_id=venue.city_id)
    row = Venue(
        id=new_id(),
        slug="",
        name=venue.name,
        city=city.name,
        city_id=city.id,
        created_by_id=creator_id,
        **city.model_dump(include={"country", "timezone", "latitude", "longitude"}),
    )
    found = await repository.find_venue(session, row)
    base = "-".join(part for part in map(rules.slugify, (venue.name, city.name)) if part)
    for slug in slugs.candidates(base or "venue"):
        if found:
            return found
        row.slug = slug
        if await repository.insert_venue(session, row):
            return row
        # Either the slug is taken, or a concurrent transaction created the same venue.
        found = await repository.find_venue(session, row)
    raise slugs.NoFreeSlugError
