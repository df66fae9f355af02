"""SQL of cities and their names."""

from sqlalchemy import TextClause, text
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.events.models import City

SHORTEST_CORRECTED = 4
# Letters at the beginning that must be right: similarity is computed for the names that begin with them.
CORRECTED_PREFIX = 2
SMALLEST_SIMILARITY = 0.25


async def get_city(session: AsyncSession, city_id: int) -> City | None:
    return await session.get(City, city_id)


# The operators of `text_pattern_ops` find a prefix by index in generic plans too, unlike LIKE, and need no
# escapes.
def _begins_with(prefix: str) -> str:
    return f"{prefix} <> '' AND key ~>=~ {prefix} AND key ~<~ ({prefix} || chr(1114111))"


# Other names of three letters are mostly codes of airports: they count, but not as whole names.
_BY_PREFIX = text(f"""
    SELECT c.* FROM cities c JOIN (
      SELECT city_id, bool_or(key = search_key(:typed) AND length(key) > 3) AS is_whole FROM city_names
      WHERE {_begins_with("search_key(:typed)")} GROUP BY city_id
    ) named ON named.city_id = c.id
    ORDER BY is_whole DESC,
      NOT is_whole AND length(search_key(:typed)) >= 3
        AND starts_with(search_key(c.name), search_key(:typed)) DESC,
      population DESC, c.id
    LIMIT :limit
""")  # noqa: S608  # built from constants.
_BY_SIMILARITY = text(f"""
    SELECT c.* FROM cities c JOIN (
      SELECT city_id, max(similarity(key, search_key(:typed))) AS closeness FROM city_names
      WHERE {_begins_with("left(search_key(:typed), :prefix)")} GROUP BY city_id
    ) named ON named.city_id = c.id
    WHERE closeness >= :smallest
    ORDER BY round(CAST(closeness AS numeric), 1) DESC, population DESC, c.id LIMIT :limit
""")  # noqa: S608  # as above.


async def suggest_cities(session: AsyncSession, typed: str, limit: int) -> list[City]:
    """Return cities with a name that begins like this, else similar ones.

    Those with just this name come first, then those whose main name begins like this, then bigger ones.
    """
    values: dict[str, object] = {"typed": typed, "limit": limit}
    found = await _list(session, _BY_PREFIX, values)
    if found or len(typed) < SHORTEST_CORRECTED:
        return found
    values |= {"prefix": CORRECTED_PREFIX, "smallest": SMALLEST_SIMILARITY}
    return await _list(session, _BY_SIMILARITY, values)


async def _list(
    session: AsyncSession, statement: TextClause, values: dict[str, object]
) -> list[City]:
    rows = await (await session.connection()).execute(statement, values)
    return [City(**row) for row in rows.mappings()]


_NAME = text("""
    SELECT c.name FROM city_names n JOIN cities c ON c.id = n.city_id
    WHERE n.key = search_key(:typed) ORDER BY c.population DESC, c.id LIMIT 1
""")


async def find_name(session: AsyncSession, typed: str) -> str | None:
    """Return the name of the biggest city that is also called like this."""
    return (await (await session.connection()).execute(_NAME, {"typed": typed})).scalar()


# A loose index scan: its time depends on the number of cities, not of events.
_WITH_EVENTS = text("""
    WITH RECURSIVE found AS (
      (SELECT city_key FROM events WHERE merged_into_id IS NULL AND city_key > '' ORDER BY city_key LIMIT 1)
      UNION ALL
      SELECT (SELECT city_key FROM events WHERE merged_into_id IS NULL AND city_key > found.city_key
              ORDER BY city_key LIMIT 1)
      FROM found WHERE found.city_key IS NOT NULL)
    SELECT soonest.city FROM found CROSS JOIN LATERAL (
      SELECT city FROM events WHERE merged_into_id IS NULL AND status <> 'cancelled'
        AND city_key = found.city_key AND starts_at > now()
      ORDER BY starts_at, id LIMIT 1) soonest
    ORDER BY city_key LIMIT :limit
""")


async def list_with_events(session: AsyncSession, limit: int) -> list[str]:
    """Return the cities of upcoming events in alphabetical order, in the soonest event's spelling."""
    rows = await (await session.connection()).execute(_WITH_EVENTS, {"limit": limit})
    return list(rows.scalars())


async def has_any(session: AsyncSession) -> bool:
    return (await session.exec(select(City.id).limit(1))).first() is not None
