"""What a phone needs to show the site as its own: icons, colours of the bar, the manifest.

docs/icons.py draws the icons.
"""

import reflex as rx
from starlette.responses import JSONResponse, Response

from ticketing_app import routes
from ticketing_app.core.settings import get_settings
from ticketing_app.ui import lifetimes
from ticketing_app.ui.theme import tokens

MANIFEST = "/manifest.webmanifest"
FAVICON = "/favicon.svg"
# iOS rounds the corners itself and shows no manifest's icons.
APPLE_ICON, APPLE_SIZE = "/icons/apple-touch-icon.png", 180
ICON_SIZES = (192, 512)
MASKABLE_ICON, MASKABLE_SIZE = "/icons/maskable-512.png", 512


def icon(size: int) -> str:
    """Return the address of the icon with so many pixels a side."""
    return f"/icons/icon-{size}.png"


def links() -> list[rx.Component]:
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


async def answer_manifest() -> Response:
    """Describe the site to a phone that puts it on its home screen."""
    name = get_settings().brand_name
    icons = [_describe(icon(size), size, "any") for size in ICON_SIZES]
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
        headers={"cache-control": lifetimes.FOR_A_DAY},
        media_type="application/manifest+json",
    )


def _describe(path: str, size: int, purpose: str) -> dict[str, str]:
    return {"src": path, "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
