"""What search engines are told: where they may go, and where every ticket is."""

import html
from collections.abc import AsyncGenerator

import reflex as rx
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from ticketing_app import routes
from ticketing_app.core import limits
from ticketing_app.core.errors import TooManyRequestsError, UnavailableError
from ticketing_app.core.settings import get_settings
from ticketing_app.documents import cache_control
from ticketing_app.documents.metadata import absolute
from ticketing_app.tickets.schemas import SitemapEntry
from ticketing_app.tickets.service import sitemap
from ticketing_app.ui import transactions
from ticketing_app.ui.theme import tokens

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


async def serve_robots() -> Response:
    """Keep robots out of what is somebody's own, of forms, and of the API."""
    lines = ("User-agent: *", *_RULES, "", f"Sitemap: {absolute(SITEMAP)}", "")
    return PlainTextResponse("\n".join(lines), headers={"cache-control": cache_control.ONE_DAY})


async def serve_sitemap() -> Response:
    """Name the list and every ticket on it, the newest first."""
    try:
        await limits.check("sitemaps")
        async with transactions.with_read_timeout():
            first = await _read(None, MOST_ADDRESSES - 1)
    except UnavailableError as error:
        return PlainTextResponse(error.message, error.status, cache_control.UNAVAILABLE)
    except TooManyRequestsError as error:
        return PlainTextResponse(error.message, error.status, cache_control.rate_limited(error))
    return StreamingResponse(
        _write(first),
        media_type="application/xml",
        headers={"cache-control": cache_control.ONE_HOUR},
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


MANIFEST = "/manifest.webmanifest"
FAVICON = "/favicon.svg"
# iOS rounds the corners itself and shows no manifest's icons.
APPLE_ICON, APPLE_SIZE = "/icons/apple-touch-icon.png", 180
ICON_SIZES = (192, 512)
MASKABLE_ICON, MASKABLE_SIZE = "/icons/maskable-512.png", 512


def icon_path(size: int) -> str:
    """Return the address of the icon with so many pixels a side."""
    return f"/icons/icon-{size}.png"


def head_links() -> list[rx.Component]:
    """Return the tags for the head of every document."""
    return [
        rx.el.link(rel="icon", href=FAVICON, type="image/svg+xml"),
        rx.el.link(rel="apple-touch-icon", href=APPLE_ICON),
        rx.el.link(rel="manifest", href=MANIFEST),
        # The colour of our own bar, so that the browser's goes on with it.
        *(
            rx.el.meta(
                name="theme-color",
                content=colors["surface"],
                custom_attrs={"media": f"(prefers-color-scheme: {scheme})"},
            )
            for scheme, colors in (("light", tokens.LIGHT), ("dark", tokens.DARK))
        ),
    ]


async def serve_manifest() -> Response:
    """Describe the site to a phone that puts it on its home screen."""
    name = get_settings().brand_name
    icons = [_describe(icon_path(size), size, "any") for size in ICON_SIZES]
    manifest = {
        "id": routes.TICKET_LIST,
        "name": name,
        "short_name": name,
        "start_url": routes.TICKET_LIST,
        "scope": "/",
        # With the browser's way back: pages have none of their own.
        "display": "minimal-ui",
        "theme_color": tokens.LIGHT["surface"],
        "background_color": tokens.LIGHT["paper"],
        "icons": [*icons, _describe(MASKABLE_ICON, MASKABLE_SIZE, "maskable")],
    }
    return JSONResponse(
        manifest,
        headers={"cache-control": cache_control.ONE_DAY},
        media_type="application/manifest+json",
    )


def _describe(path: str, size: int, purpose: str) -> dict[str, str]:
    return {"src": path, "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
