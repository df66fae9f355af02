"""Violations that axe finds in a page."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from docs.screenshots.stage import schemes

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
WIDTHS = {"light": (360, 1280), "dark": (1280, 360)}
HEIGHT = 800


def violations(page: Page, *, is_quick: bool = False) -> list[str]:
    """Return a line for each element of the document that breaks a rule, in both schemes.

    At every width, or with `is_quick` in light on a phone and in dark on a desktop.
    """
    # Else colours are read in the middle of a transition.
    page.emulate_media(reduced_motion="reduce")
    page.evaluate(AXE_SCRIPT)
    found: list[str] = []
    for scheme in schemes(page):
        for width in WIDTHS[scheme][: 1 if is_quick else None]:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            for rule in page.evaluate("options => axe.run(options)", OPTIONS)["violations"]:
                found += [
                    f"{width} px, {scheme}, {rule['id']}, {node['html']}: {rule['help']}. "
                    f"{node['failureSummary']}"
                    for node in rule["nodes"]
                ]
    return found
