"""The sitemap: events, their venues and cities, and tickets without an event."""

import html
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from starlette.responses import PlainTextResponse, Response, StreamingResponse

from ticketing_app import routes
from ticketing_app.core import limits
from ticketing_app.core.errors import TooManyRequestsError, UnavailableError
from ticketing_app.documents import cache_control
from ticketing_app.events.service import upcoming
from ticketing_app.tickets.service import sitemap
from ticketing_app.ui import transactions
from ticketing_app.ui.page_content import absolute

# Limit of the sitemap protocol for one file.
MOST_ADDRESSES = 50_000
PAGE_SIZE = 1_000


class Entry(NamedTuple):
    """An address; `key` is where the next page begins, `last_modified` may be unknown."""

    path: str
    key: Any
    last_modified: datetime | None = None


Read = Callable[..., Awaitable[list[Entry]]]


async def serve(listed: Sequence[str]) -> Response:
    """Return the sitemap; `listed` are the pages without parameters."""
    pages = _read_pages(MOST_ADDRESSES - len(listed))
    try:
        await limits.check("sitemaps")
        async with transactions.with_read_timeout():
            first = await anext(pages, [])
    except UnavailableError as error:
        return PlainTextResponse(error.message, error.status, cache_control.UNAVAILABLE)
    except TooManyRequestsError as error:
        return PlainTextResponse(error.message, error.status, cache_control.rate_limited(error))
    return StreamingResponse(
        _stream([*(Entry(path, None) for path in listed), *first], pages),
        media_type="application/xml",
        headers={"cache-control": cache_control.ONE_HOUR},
    )


async def _stream(first: list[Entry], pages: AsyncGenerator[list[Entry]]) -> AsyncGenerator[str]:
    """Yield the sitemap page by page, so that a long one does not delay other requests."""
    # If the database fails meanwhile, the file ends early and is not valid XML, so crawlers discard it.
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    )
    yield "".join(map(_format, first))
    async for page in pages:
        yield "".join(map(_format, page))
    yield "</urlset>\n"


async def _read_pages(most: int) -> AsyncGenerator[list[Entry]]:
    for read in (_events, _venues, _cities, _tickets):
        after = None
        while most > 0:
            limit = min(PAGE_SIZE, most)
            page = await transactions.in_transaction(read, limit=limit, after=after)
            if page:
                yield page
            if len(page) < limit:
                break
            most -= limit
            after = page[-1].key
        else:
            return
        most -= len(page)


async def _events(session: transactions.Session, *, limit: int, after: Any) -> list[Entry]:  # noqa: ANN401  # as below.
    rows = await upcoming.list_slugs(session, limit=limit, after=after)
    return [Entry(routes.event_detail(slug), (at, event_id)) for at, event_id, slug in rows]


async def _venues(session: transactions.Session, *, limit: int, after: Any) -> list[Entry]:  # noqa: ANN401
    slugs = await upcoming.list_venue_slugs(session, limit=limit, after=after)
    return [Entry(routes.venue(slug), slug) for slug in slugs]


async def _cities(session: transactions.Session, *, limit: int, after: Any) -> list[Entry]:  # noqa: ANN401
    # There is one page of them at most.
    found = [] if after else await upcoming.list_cities(session)
    return [Entry(routes.city(city.slug), city.slug) for city in found[:limit]]


async def _tickets(session: transactions.Session, *, limit: int, after: Any) -> list[Entry]:  # noqa: ANN401
    rows = await sitemap.list_entries(session, limit=limit, before=after)
    return [
        Entry(routes.ticket_detail(row.ticket_id), row.ticket_id, row.last_modified) for row in rows
    ]


def _format(entry: Entry) -> str:
    location = html.escape(absolute(entry.path))
    since = entry.last_modified
    modified = f"<lastmod>{since.isoformat(timespec='seconds')}</lastmod>" if since else ""
    return f"<url><loc>{location}</loc>{modified}</url>\n"
