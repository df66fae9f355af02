from sqlalchemy import TextClause, text
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.tickets.models import STARTS_AT

# Most cities read from the index; each costs two index reads.
MAX_CITIES_READ = 5_000
# Of a city, to see whether several sellers offer tickets there.
SELLERS_COMPARED = 50


async def list_cities(session: AsyncSession, limit: int) -> list[str]:
    """Return the cities of upcoming events in alphabetical order, in the soonest event's spelling."""
    # Beyond `limit`, cities with several sellers take precedence: a seller with invented cities must
    # not displace real ones.
    values = {"limit": limit, "max_read": max(limit, MAX_CITIES_READ)}
    rows = await (await session.connection()).execute(cities_query(), values)
    return list(rows.scalars())


def cities_query() -> TextClause:
    # A loose index scan reads one city after the other: its time depends on the number of cities, not
    # of tickets. Sellers are compared only if there are more cities than places for them.
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
          LIMIT :max_read),
        chosen AS (
          SELECT city_key, city FROM shown
          ORDER BY CASE WHEN (SELECT count(*) FROM shown) > :limit THEN
              EXISTS (SELECT FROM (SELECT seller_id {first} = shown.city_key AND {ahead}
                                   ORDER BY {STARTS_AT}, id LIMIT {SELLERS_COMPARED}) AS soonest
                      WHERE soonest.seller_id <> shown.seller_id)
            END DESC, city_key
          LIMIT :limit)
        SELECT city FROM chosen ORDER BY city_key
    """)  # noqa: S608  # built from constants.
