"""SQL that loads the data set of cities."""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import func, text
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.events.models import City

_COLUMNS = ("id", "name", "country", "region", "timezone", "latitude", "longitude", "population")
_PREPARE = (
    # Half a minute may be too short on a busy machine.
    "SET LOCAL statement_timeout = 0",
    "CREATE TEMP TABLE new_cities (LIKE cities) ON COMMIT DROP",
    "CREATE TEMP TABLE new_names (city_id integer, name text) ON COMMIT DROP",
)
# Rows that stay the same are not written: a second load makes no dead rows. Cities that left the data set
# stay, because venues refer to them.
_MERGE = (
    """
    INSERT INTO cities AS c SELECT * FROM new_cities
    ON CONFLICT (id) DO UPDATE SET (name, country, region, timezone, latitude, longitude, population) =
      (excluded.name, excluded.country, excluded.region, excluded.timezone,
       excluded.latitude, excluded.longitude, excluded.population)
    WHERE c IS DISTINCT FROM excluded
    """,
    """
    INSERT INTO city_names (city_id, key)
    SELECT DISTINCT city_id, search_key(name) FROM new_names WHERE search_key(name) <> ''
    ON CONFLICT DO NOTHING
    """,
    "ANALYZE cities, city_names",
)


async def merge_cities(session: AsyncSession, read: Callable[[], Iterable[tuple[Any, ...]]]) -> int:
    """Load records of the columns and a tuple of other names; return their number.

    They are read twice, to not keep all of them in memory.
    """
    connection = await session.connection()
    for statement in _PREPARE:
        await connection.execute(text(statement))
    driver: Any = (await connection.get_raw_connection()).driver_connection
    cities = (row[: len(_COLUMNS)] for row in read())
    copied = await driver.copy_records_to_table("new_cities", records=cities, columns=_COLUMNS)
    names = ((row[0], name) for row in read() for name in (row[1], *row[-1]))
    await driver.copy_records_to_table("new_names", records=names, columns=("city_id", "name"))
    for statement in _MERGE:
        await connection.execute(text(statement))
    # The answer is like "COPY 69472".
    return int(copied.split()[1])


async def count_cities(session: AsyncSession) -> int:
    return (await session.exec(select(func.count()).select_from(City))).one()
