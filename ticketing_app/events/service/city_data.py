"""The data set of cities: GeoNames, CC BY 4.0, written by `scripts/cities.py`."""

import lzma
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.events.repository import city_data as repository

SOURCE = Path(__file__).parents[1] / "cities.tsv.xz"


class CityRecord(NamedTuple):
    id: int
    name: str
    country: str
    region: str | None
    timezone: str
    latitude: float
    longitude: float
    population: int
    other_names: tuple[str, ...]


def read_cities() -> Iterator[CityRecord]:
    with lzma.open(SOURCE, "rt", encoding="utf-8") as lines:
        for line in lines:
            city_id, name, country, region, timezone, *numbers, others = line.rstrip("\n").split(
                "\t"
            )
            latitude, longitude, population = numbers
            yield CityRecord(
                int(city_id),
                name,
                country,
                region or None,
                timezone,
                float(latitude),
                float(longitude),
                int(population),
                tuple(others.split("|")) if others else (),
            )


async def load_cities(session: AsyncSession, *, only: Collection[int] = ()) -> int:
    """Insert or update the cities of the data set, or `only` those ids; return their number."""

    def read() -> Iterator[CityRecord]:
        return (city for city in read_cities() if not only or city.id in only)

    await repository.merge_cities(session, read)
    return sum(1 for _ in read())


async def are_loaded(session: AsyncSession) -> bool:
    """Whether all cities of the data set are there, or more."""
    return await repository.count_cities(session) >= sum(1 for _ in read_cities())


async def count_cities(session: AsyncSession) -> int:
    return await repository.count_cities(session)
