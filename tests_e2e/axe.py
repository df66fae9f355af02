"""Violations that axe finds in a page."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from docs.screenshots.stage import schemes

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
# The scheme changes nothing else.
COLOUR_OPTIONS = OPTIONS | {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
}
WIDTHS = (1280, 360)
HEIGHT = 800


def violations(page: Page) -> list[str]:
    """Return a line for each element of the document that breaks a rule, in both schemes and at every width."""
    # Else colours are read in the middle of a transition.
    page.emulate_media(reduced_motion="reduce")
    page.evaluate(AXE_SCRIPT)
    found: list[str] = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        for scheme in schemes(page):
            options = OPTIONS if scheme == "light" else COLOUR_OPTIONS
            for rule in page.evaluate("options => axe.run(options)", options)["violations"]:
                found += [
                    f"{width} px, {scheme}, {rule['id']}, {node['html']}: {rule['help']}. "
                    f"{node['failureSummary']}"
                    for node in rule["nodes"]
                ]
    return found
