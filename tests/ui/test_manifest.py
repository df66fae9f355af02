"""The web app manifest and its icons."""

import struct
from collections.abc import Callable

import reflex as rx
from httpx import AsyncClient

from ticketing_app.core import brand
from ticketing_app.devstack.stack import ROOT
from ticketing_app.documents import well_known
from ticketing_app.ui import static_html

ASSETS = ROOT / "assets"


def size_of(path: str) -> str:
    """Read how large the picture is, as it says itself."""
    start = (ASSETS / path[1:]).read_bytes()[:24]
    assert start.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", start[16:])
    return f"{width}x{height}"


class TestManifest:
    async def test_has_name_and_colours(
        self, site: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        change_settings(brand_name='Ticket "Barn" & Söhne')
        answer = await site.get("/manifest.webmanifest")
        assert answer.headers["content-type"] == "application/manifest+json"
        assert answer.headers["cache-control"] == "public, max-age=86400"
        manifest = answer.json()
        assert manifest["name"] == manifest["short_name"] == 'Ticket "Barn" & Söhne'
        assert manifest["background_color"] == brand.LIGHT["paper"]
        assert manifest["theme_color"] == brand.LIGHT["surface"]

    async def test_icons_exist(self, site: AsyncClient) -> None:
        icons = (await site.get("/manifest.webmanifest")).json()["icons"]
        assert {"192x192", "512x512"} <= {icon["sizes"] for icon in icons}
        assert {"any", "maskable"} == {icon["purpose"] for icon in icons}
        assert [icon["sizes"] for icon in icons] == [size_of(icon["src"]) for icon in icons]


class TestLinks:
    def test_targets_exist(self) -> None:
        head = static_html.render(rx.fragment(*well_known.head_links()))
        assert f'href="{well_known.FAVICON}"' in head
        assert f'href="{well_known.MANIFEST}"' in head
        assert (ASSETS / well_known.FAVICON[1:]).is_file()
        assert size_of(well_known.APPLE_ICON) == "180x180"
        assert f'href="{well_known.APPLE_ICON}"' in head

    def test_have_theme_colours(self) -> None:
        head = static_html.render(rx.fragment(*well_known.head_links()))
        for scheme, colors in (("light", brand.LIGHT), ("dark", brand.DARK)):
            assert colors["surface"] in head
            assert f"(prefers-color-scheme: {scheme})" in head
