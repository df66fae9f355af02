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


def read_cities(only: Collection[int] = ()) -> Iterator[CityRecord]:
    """Yield the cities of the data set, or `only` those ids."""
    with lzma.open(SOURCE, "rt", encoding="utf-8") as lines:
        for line in lines:
            city_id, _, fields = line.rstrip("\n").partition("\t")
            if not only or int(city_id) in only:
                yield _record(int(city_id), fields)


def _record(city_id: int, line: str) -> CityRecord:
    name, country, region, timezone, latitude, longitude, population, others = line.split("\t")
    return CityRecord(
        city_id,
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
    if only:
        few = list(read_cities(only))
        return await repository.merge_cities(session, lambda: few)
    return await repository.merge_cities(session, read_cities)


async def are_loaded(session: AsyncSession) -> bool:
    """Whether all cities of the data set are there, or more."""
    return await repository.count_cities(session) >= sum(1 for _ in read_cities())


async def count_cities(session: AsyncSession) -> int:
    return await repository.count_cities(session)
