"""Venues for events."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from tests.outside.database_probe import DatabaseProbe
from tests.site import Site

NAME = "Lantern Hall"
CITY = "London"


def make_venue(site: Site) -> str:
    """Insert a venue; returns its id."""
    inserted = DatabaseProbe(site.stack.env).make_venue(NAME, CITY)
    # Playwright runs an event loop in this thread, so the probe needs another one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, inserted).result()
