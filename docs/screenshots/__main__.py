"""Takes a picture of every page in every state, width and colour scheme: `python -m docs.screenshots`.

`--only PATTERN` takes those with matching names; `--readme` retakes those of the README.
"""

import argparse
import base64
import re
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, expect, sync_playwright

from docs.screenshots.scenes import SCENES
from docs.screenshots.stage import PATIENCE_MS, SCHEMES, Stage, schemes
from tests import chromium
from tests.site import Site

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".data" / "screenshots"
README_FOLDER = ROOT / "docs" / "images"
SIZES = ((360, 740), (768, 1024), (1280, 800))
MAX_HEIGHT = 2400
# Scene, width and height of each picture in the README.
README = (
    ("list", 1280, 800),
    ("event-for-two", 390, 780),
    ("order-of-two", 390, 780),
    ("order-paid", 390, 780),
)
README_SCALE = 2
README_QUALITY = 62


def main(arguments: list[str]) -> int:
    """Start a site, take the pictures and print their folder; return 1 if one is missing."""
    parser = argparse.ArgumentParser(prog="python -m docs.screenshots", description=__doc__)
    parser.add_argument("--only", metavar="PATTERN", default="", help="names that match")
    parser.add_argument("--readme", action="store_true", help="the pictures of the README")
    chosen = parser.parse_args(arguments)
    folder = README_FOLDER if chosen.readme else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=PATIENCE_MS)
    with running_stage(README_SCALE if chosen.readme else 1) as stage:
        if chosen.readme:
            counts = [take_for_readme(stage, *picture) for picture in README]
        else:
            names = [name for name in SCENES if re.search(chosen.only, name)]
            counts = [try_to_take(stage, name) for name in names]
    print(f"{sum(counts)} pictures in {folder}")  # noqa: T201  # Output for the terminal.
    return 0 if all(counts) else 1


@contextmanager
def running_stage(scale: int) -> Generator[Stage]:
    """The whole product on a temporary folder, and a browser with `scale` dots per pixel."""
    with tempfile.TemporaryDirectory(prefix="gittix-screenshots-") as data:
        site = Site(Path(data) / "data")
        site.start()
        try:
            with sync_playwright() as playwright:
                path = chromium.find()
                browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
                yield Stage(site, browser, scale)
                browser.close()
        finally:
            site.stop()


def try_to_take(stage: Stage, name: str) -> int:
    """Take one scene; report a failure and continue with the others."""
    try:
        return take_all(stage, name)
    except (AssertionError, PlaywrightError) as error:
        print(f"no picture of {name}: {error}"[:600])  # noqa: T201  # As above.
        return 0


def take_all(stage: Stage, name: str) -> int:
    """Take one scene in each size and scheme; return the number of pictures."""
    with stage.scene():
        page = SCENES[name](stage)
        for width, height in SIZES:
            for scheme in schemes(page):
                fit(page, width, height)
                page.screenshot(path=FOLDER / f"{name}-{width}-{scheme}.png", animations="disabled")
    return len(SIZES) * len(SCHEMES)


def fit(page: Page, width: int, height: int) -> None:
    """Make the window as tall as the page, so that bars fixed to its end appear once."""
    page.set_viewport_size({"width": width, "height": height})
    if not page.get_by_role("dialog").count():
        tall = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": width, "height": min(max(tall, height), MAX_HEIGHT)})


def take_for_readme(stage: Stage, name: str, width: int, height: int) -> int:
    """Take the first screen of a scene in each scheme; return the number of pictures."""
    with stage.scene():
        page = SCENES[name](stage)
        page.set_viewport_size({"width": width, "height": height})
        for scheme in schemes(page):
            # Playwright cannot write WebP, which is a third of a PNG.
            options = {"format": "webp", "quality": README_QUALITY}
            taken = page.context.new_cdp_session(page).send("Page.captureScreenshot", options)
            (README_FOLDER / f"{name}-{scheme}.webp").write_bytes(base64.b64decode(taken["data"]))
    return len(SCHEMES)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
