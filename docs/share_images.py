"""Draws assets/share/, the pictures beside links to the site: `python -m docs.share_images`."""  # noqa: INP001  # Run, not imported.

from pathlib import Path

from playwright.sync_api import sync_playwright

from tests import chromium
from ticketing_app.core import brand
from ticketing_app.core.settings import get_settings
from ticketing_app.documents.metadata import IMAGE_HEIGHT, IMAGE_WIDTH
from ticketing_app.ui.tickets.views import CATEGORY_LABELS

FOLDER = Path(__file__).parents[1] / "assets" / "share"
# Flat colours: a PNG of them is small.
PICTURE = """
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 630" font-family="system-ui, sans-serif">
  <rect width="1200" height="630" fill="{dark}"/>
  <path fill="{light}" d="M0 630 1200 250v380z"/>
  <path fill="#FFFFFF" d="M120 155a24 24 0 0 1 24-24h912a24 24 0 0 1 24 24v108a52 52 0 0 0 0 104v108
    a24 24 0 0 1-24 24H144a24 24 0 0 1-24-24V367a52 52 0 0 0 0-104z"/>
  <path stroke="{dark}" stroke-width="6" stroke-dasharray="16 16" d="M840 147v336"/>
  <text x="215" y="330" font-size="150" font-weight="800" letter-spacing="-4" fill="{ink}">{brand}</text>
  <text x="220" y="405" font-size="44" fill="{dark}" font-weight="600">{label}</text>
  <text x="940" y="345" font-size="92" text-anchor="middle" fill="{dark}">★</text>
</svg>
"""


def main() -> None:
    """Draw a picture per category."""
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": IMAGE_WIDTH, "height": IMAGE_HEIGHT})
        for category, (dark, light) in brand.CATEGORIES.items():
            picture = PICTURE.format(
                brand=get_settings().brand_name,
                label=LABELS[category],
                dark=dark,
                light=light,
                ink=brand.LIGHT["ink"],
            )
            page.set_content(f"<style>body{{margin:0}}</style>{picture}")
            page.screenshot(path=FOLDER / f"{category}.png")
        browser.close()


LABELS = {name: f"{label} tickets" for name, label in CATEGORY_LABELS.items()} | {
    "other": "Tickets for sale"
}

if __name__ == "__main__":
    main()
