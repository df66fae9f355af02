"""What search engines are told: where they may go, and where every ticket is."""

import html
from collections.abc import AsyncGenerator

from starlette.responses import PlainTextResponse, Response, StreamingResponse

from ticketing_app import routes
from ticketing_app.core import limits
from ticketing_app.core.errors import TooManyRequestsError, UnavailableError
from ticketing_app.tickets.schemas import SitemapEntry
from ticketing_app.tickets.service import sitemap
from ticketing_app.ui import lifetimes, transactions
from ticketing_app.ui.heads import absolute

ROBOTS, SITEMAP = "/robots.txt", "/sitemap.xml"
ACCOUNT_FORMS = "/account-forms.js"
MOST_ADDRESSES = 50_000
"""More than that no search engine reads from one file."""
PAGE_SIZE = 1_000
# The first rule that fits, or the longest: robots differ, so that what is allowed comes first.
_RULES = (
    f"Allow: {ACCOUNT_FORMS}",
    "Disallow: /api/",
    "Disallow: /auth/",
    f"Disallow: {routes.ORDER_LIST}",
    f"Disallow: {routes.ACCOUNT}",
    f"Disallow: {routes.TICKET_NEW}",
    f"Disallow: {routes.TICKET_MINE}",
    f"Disallow: {routes.ticket_edit('*')}",
)


async def answer_robots() -> Response:
    """Keep robots out of what is somebody's own, of forms, and of the API."""
    lines = ("User-agent: *", *_RULES, "", f"Sitemap: {absolute(SITEMAP)}", "")
    return PlainTextResponse("\n".join(lines), headers={"cache-control": lifetimes.FOR_A_DAY})


async def answer_sitemap() -> Response:
    """Name the list and every ticket on it, the newest first."""
    try:
        await limits.check("sitemaps")
        async with transactions.with_read_timeout():
            first = await _read(None, MOST_ADDRESSES - 1)
    except UnavailableError as error:
        return PlainTextResponse(error.message, error.status, lifetimes.AWAY)
    except TooManyRequestsError as error:
        return PlainTextResponse(error.message, error.status, lifetimes.too_often(error))
    return StreamingResponse(
        _write(first),
        media_type="application/xml",
        headers={"cache-control": lifetimes.FOR_AN_HOUR},
    )


async def _write(page: list[SitemapEntry]) -> AsyncGenerator[str]:
    """Write page after page, so that nobody else waits for a long file.

    When the database goes away meanwhile the file breaks off, which nobody takes for a whole one.
    """
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"<url><loc>{html.escape(absolute(routes.TICKET_LIST))}</loc></url>\n"
    )
    left = MOST_ADDRESSES - 1
    while page:
        yield "".join(map(_entry, page))
        left -= len(page)
        page = await _read(page[-1], left)
    yield "</urlset>\n"


async def _read(last: SitemapEntry | None, left: int) -> list[SitemapEntry]:
    return await transactions.in_transaction(
        sitemap.list_entries,
        limit=min(PAGE_SIZE, left),
        before=last.ticket_id if last else None,
    )


def _entry(address: SitemapEntry) -> str:
    where = html.escape(absolute(routes.ticket_detail(address.ticket_id)))
    since = address.last_modified
    changed = f"<lastmod>{since.isoformat(timespec='seconds')}</lastmod>" if since else ""
    return f"<url><loc>{where}</loc>{changed}</url>\n"
