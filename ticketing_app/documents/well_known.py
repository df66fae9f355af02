"""Files at well-known paths: robots.txt, the sitemap (sitemap.py), the web app manifest and its icons.

docs/icons.py draws the icons.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import reflex as rx
from starlette.responses import JSONResponse, PlainTextResponse, Response

from ticketing_app import routes
from ticketing_app.core import brand
from ticketing_app.core.settings import get_settings
from ticketing_app.documents import cache_control, door, sitemap
from ticketing_app.documents.site import Audience, Page
from ticketing_app.ui.page_content import absolute

Handler = Callable[[], Awaitable[Response]]

ROBOTS = "/robots.txt"
SITEMAP = "/sitemap.xml"
MANIFEST = "/manifest.webmanifest"
DOOR_MANIFEST = "/door.webmanifest"
ACCOUNT_FORMS = "/account-forms.js"

FAVICON = "/favicon.svg"
# iOS rounds the corners itself and ignores the icons of the manifest.
APPLE_ICON = "/icons/apple-touch-icon.png"
APPLE_SIZE = 180
ICON_SIZES = (192, 512)
MASKABLE_ICON = "/icons/maskable-512.png"
MASKABLE_SIZE = 512


def handlers(pages: Sequence[Page]) -> dict[str, Handler]:
    """Return the handlers by path; robots.txt and the sitemap follow from the pages."""
    public = [page for page in pages if page.audience is Audience.EVERYONE]
    listed = [
        page.route for page in public if "[" not in page.route and page.route != routes.NOT_FOUND
    ]
    hidden = [page.route for page in pages if page.audience is not Audience.EVERYONE]
    return {
        ROBOTS: partial(serve_robots, hidden),
        SITEMAP: partial(sitemap.serve, listed),
        MANIFEST: partial(serve_manifest, routes.TICKET_LIST),
        DOOR_MANIFEST: partial(serve_manifest, routes.DOOR),
        routes.DOOR: door.respond,
    }


async def serve_robots(hidden: Sequence[str]) -> Response:
    # Crawlers take the first rule that matches, or the longest: the exception comes first.
    rules = [f"Allow: {ACCOUNT_FORMS}", "Disallow: /api/"]
    rules += [f"Disallow: {_as_pattern(route)}" for route in hidden]
    lines = ("User-agent: *", *rules, "", f"Sitemap: {absolute(SITEMAP)}", "")
    return PlainTextResponse("\n".join(lines), headers={"cache-control": cache_control.ONE_DAY})


def _as_pattern(route: str) -> str:
    return "/".join("*" if part.startswith("[") else part for part in route.split("/"))


def icon_path(size: int) -> str:
    return f"/icons/icon-{size}.png"


def head_links() -> list[rx.Component]:
    return [
        rx.el.link(rel="icon", href=FAVICON, type="image/svg+xml"),
        rx.el.link(rel="apple-touch-icon", href=APPLE_ICON),
        rx.el.link(rel="manifest", href=MANIFEST),
        # The browser's bar gets the colour of the site's own bar.
        *(
            rx.el.meta(
                name="theme-color",
                content=colors["surface"],
                custom_attrs={"media": f"(prefers-color-scheme: {scheme})"},
            )
            for scheme, colors in (("light", brand.LIGHT), ("dark", brand.DARK))
        ),
    ]


async def serve_manifest(start: str) -> Response:
    """Describe the site as an app that opens at `start`: its page for the door starts without a network."""
    name = get_settings().brand_name
    icons = [_describe(icon_path(size), size, "any") for size in ICON_SIZES]
    manifest = {
        "id": start,
        "name": name,
        "short_name": name,
        "start_url": start,
        "scope": "/",
        # Keeps the browser's back button, which the pages do not have.
        "display": "minimal-ui",
        "theme_color": brand.LIGHT["surface"],
        "background_color": brand.LIGHT["paper"],
        "icons": [*icons, _describe(MASKABLE_ICON, MASKABLE_SIZE, "maskable")],
    }
    return JSONResponse(
        manifest,
        headers={"cache-control": cache_control.ONE_DAY},
        media_type="application/manifest+json",
    )


def _describe(path: str, size: int, purpose: str) -> dict[str, str]:
    return {"src": path, "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
