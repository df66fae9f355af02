"""Takes a picture of every mail, in two widths and colour schemes: `python -m docs.screenshots.mails`."""

import re
import sys

from playwright.sync_api import sync_playwright

from docs.screenshots.__main__ import FOLDER
from docs.screenshots.stage import SCHEMES
from tests import chromium
from ticketing_app.notices import letter as letters
from ticketing_app.notices.views.catalog import WORDINGS, draw_letter

WIDTHS = (360, 720)


def main(pattern: str = "") -> None:
    """Take the pictures of the kinds with a matching name, and print their folder."""
    folder = FOLDER / "mails"
    folder.mkdir(parents=True, exist_ok=True)
    kinds = [kind for kind in WORDINGS if re.search(pattern, kind)]
    with sync_playwright() as playwright:
        path = chromium.find()
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for scheme in SCHEMES:
            for width in WIDTHS:
                page = browser.new_page(
                    viewport={"width": width, "height": 400}, color_scheme=scheme
                )
                for kind in kinds:
                    page.set_content(letters.html(draw_letter(kind, WORDINGS[kind].example)))
                    name = f"{kind}-{scheme}-{width}.png"
                    page.screenshot(path=folder / name, full_page=True)
                page.close()
        browser.close()
    print(f"pictures in {folder}")  # noqa: T201  # Output for the terminal.


if __name__ == "__main__":
    main(*sys.argv[1:])
