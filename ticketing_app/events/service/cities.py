"""Use cases of cities."""

from http import HTTPStatus

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import limits
from ticketing_app.core.errors import AppError
from ticketing_app.events.models import City
from ticketing_app.events.repository import cities as repository
from ticketing_app.events.rules import slugify
from ticketing_app.events.schemas import CityOfEvents, CityRead

SUGGESTIONS = 8
MAX_CITIES = 500


class CityNotFoundError(AppError):
    status = HTTPStatus.NOT_FOUND
    message = "We do not know this city. Choose one of the suggestions."
    field = "cityId"


async def suggest_cities(
    session: AsyncSession, *, text: str, limit: int = SUGGESTIONS
) -> list[CityRead]:
    """Return cities by the beginning of any of their names, or similar ones."""
    await limits.check("searches")
    if not text.strip():
        return []
    return [to_read(row) for row in await repository.suggest_cities(session, text.strip(), limit)]


async def get_city(session: AsyncSession, *, city_id: int) -> CityRead:
    """Raises CityNotFoundError if there is none with this id."""
    row = await repository.get_city(session, city_id)
    if row is None:
        raise CityNotFoundError
    return to_read(row)


async def resolve_name(session: AsyncSession, *, text: str) -> str:
    """Return the name under which events list this city: München for "Munich"."""
    return await repository.find_name(session, text) or text


async def list_with_events(session: AsyncSession) -> list[CityOfEvents]:
    """Return the cities of upcoming events in alphabetical order."""
    names = await repository.list_with_events(session, MAX_CITIES)
    return [CityOfEvents(name=name, slug=slugify(name)) for name in names if slugify(name)]


def to_read(row: City) -> CityRead:
    return CityRead(**row.model_dump(include=set(CityRead.model_fields)))
