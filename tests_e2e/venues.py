"""Venues for events."""

from tests.outside.database_probe import DatabaseProbe
from tests.site import Site
from tests_e2e.database import run

NAME = "Lantern Hall"
CITY = "London"


def make_venue(site: Site) -> str:
    """Insert a venue; returns its id."""
    return run(DatabaseProbe(site.stack.env).make_venue(NAME, CITY))


def make_city(site: Site, name: str, other_name: str) -> None:
    """Insert a city with another name."""
    run(DatabaseProbe(site.stack.env).make_city(name, other_name))
