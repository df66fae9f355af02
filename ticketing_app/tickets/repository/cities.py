"""SQL of the cities that the list can be filtered by."""

from sqlalchemy import TextClause, text
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.tickets.models import STARTS_AT

MOST_READ = 5_000
"""Cities looked at, however many there are: each costs two reads of an index."""


async def list_cities(session: AsyncSession, limit: int) -> list[str]:
    """Return the names of cities with tickets for events ahead, in the order of their letters.

    Where there are more than `limit`, those in which several people sell come first, so that one
    seller with invented cities pushes out no real one. However a city is spelt, it is one city: the
    first spelling is shown.
    """
    values = {"limit": limit, "most_read": max(limit, MOST_READ)}
    rows = await (await session.connection()).execute(cities_query(), values)
    return list(rows.scalars())


def cities_query() -> TextClause:
    """Return the query of the cities; its parameters are `limit` and `most_read`.

    One city is read after the other from the index, so that the time depends on the number of
    cities and not of tickets.
    """
    first = "FROM tickets WHERE status = 'for_sale' AND city_key"
    ahead = f"{STARTS_AT} > now()"
    return text(f"""
        WITH RECURSIVE cities AS (
          (SELECT city_key {first} > '' ORDER BY city_key LIMIT 1)
          UNION ALL
          SELECT (SELECT city_key {first} > cities.city_key ORDER BY city_key LIMIT 1)
          FROM cities WHERE cities.city_key IS NOT NULL),
        shown AS (
          SELECT cities.city_key, found.city, found.seller_id FROM cities CROSS JOIN LATERAL
            (SELECT city, seller_id {first} = cities.city_key AND {ahead}
             ORDER BY {STARTS_AT}, id LIMIT 1) found
          LIMIT :most_read),
        chosen AS (
          SELECT city_key, city FROM shown
          ORDER BY EXISTS (SELECT {first} = shown.city_key AND {ahead}
                           AND seller_id <> shown.seller_id) DESC, city_key
          LIMIT :limit)
        SELECT city FROM chosen ORDER BY city_key
    """)  # noqa: S608  # Made of our own constants.
