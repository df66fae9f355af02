"""Venues for events."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from tests.outside.database_probe import DatabaseProbe
from tests.site import Site

NAME = "Lantern Hall"
CITY = "London"
Made = TypeVar("Made")


def make_venue(site: Site) -> str:
    """Insert a venue; returns its id."""
    return _run(DatabaseProbe(site.stack.env).make_venue(NAME, CITY))


def make_city(site: Site, name: str, other_name: str) -> None:
    """Insert a city with another name."""
    _run(DatabaseProbe(site.stack.env).make_city(name, other_name))


def _run(inserted: Coroutine[Any, Any, Made]) -> Made:
    # Playwright runs an event loop in this thread, so the probe needs another one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, inserted).result()
