"""Content and metadata of a document, which the pages load and the documents render."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from ticketing_app import routes
from ticketing_app.core.changes import Keys
from ticketing_app.core.settings import get_settings

DEFAULT_CATEGORY = "other"
# Types of schema.org by category.
EVENT_TYPES = {
    "concert": "MusicEvent",
    "sports": "SportsEvent",
    "theatre": "TheaterEvent",
    "comedy": "ComedyEvent",
    "festival": "Festival",
}


@dataclass(frozen=True)
class PageMetadata:
    """Metadata of a page: its title without the brand, and schema.org data in `event`.

    `canonical` is the path of the page that search engines show instead of this one.
    """

    title: str
    description: str
    path: str
    category: str = DEFAULT_CATEGORY
    canonical: str = ""
    event: dict[str, Any] | None = None


@dataclass(frozen=True)
class PageContent:
    """Content of a page; without `metadata` or `html`, the page keeps that of the build.

    `moved_to` is the path of a page that is now at another address, `wanted` that to which its links to
    sign-up and sign-in lead in the end. `read` are the keys of what it shows (core/changes.py): it is cached
    until one of them changes, and until the time `until`; None if it must not be cached.
    """

    status: HTTPStatus = HTTPStatus.OK
    metadata: PageMetadata | None = None
    html: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    moved_to: str = ""
    wanted: str = routes.TICKET_LIST
    read: Keys | None = None
    until: datetime | None = None


# Takes the query of the request, and the parameters of the route by name.
Load = Callable[..., Awaitable[PageContent]]
# Answers a plain form of the page; takes the request, and the parameters of the route by name.
Submit = Callable[..., Awaitable[Response | PageContent]]


def absolute(path: str) -> str:
    return get_settings().public_url.rstrip("/") + path
