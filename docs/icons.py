"""Draws assets/icons/ from assets/favicon.svg: `python -m docs.icons`."""  # noqa: INP001  # Run, not imported.

from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests import chromium
from ticketing_app.core import brand
from ticketing_app.documents import well_known

ASSETS = Path(__file__).parents[1] / "assets"
WHITE = "#FFFFFF"
ACCENT = brand.LIGHT["accent"]
TILE_SHARE = 80
# Phones crop a maskable icon to any shape around a central circle of 80 % of its width.
MASKABLE_SHARE = 66


def main() -> None:
    """Draw every icon of the head and the manifest."""
    stub = (ASSETS / well_known.FAVICON[1:]).read_text()
    # Inverted, on an opaque tile.
    swapped = WHITE.join(part.replace(WHITE, ACCENT) for part in stub.split(ACCENT))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=["--no-sandbox"])
        page = browser.new_page()
        for size in well_known.ICON_SIZES:
            _draw(page, well_known.icon_path(size), size, stub, share=100)
        for path, size, share in (
            (well_known.APPLE_ICON, well_known.APPLE_SIZE, TILE_SHARE),
            (well_known.MASKABLE_ICON, well_known.MASKABLE_SIZE, MASKABLE_SHARE),
        ):
            _draw(page, path, size, swapped, share=share, ground=ACCENT)
        browser.close()


def _draw(
    page: Page, path: str, size: int, stub: str, *, share: int, ground: str = "transparent"
) -> None:
    """Draw the stub over `share` percent of the width."""
    file = ASSETS / path[1:]
    file.parent.mkdir(exist_ok=True)
    page.set_viewport_size({"width": size, "height": size})
    page.set_content(
        f"<style>body{{margin:0;height:100vh;display:grid;place-items:center;background:{ground}}}"
        f"svg{{width:{share}vw}}</style>{stub}"
    )
    page.screenshot(path=file, omit_background=True)


if __name__ == "__main__":
    main()
