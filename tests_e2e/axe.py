"""Violations that axe finds in a page."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
WIDTHS = (1280, 360)
HEIGHT = 800


def violations(page: Page) -> list[str]:
    """Return a line for each element that breaks a rule, at every width."""
    page.evaluate(AXE_SCRIPT)
    found: list[str] = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        for rule in page.evaluate("options => axe.run(options)", OPTIONS)["violations"]:
            found += [
                f"{width} px, {rule['id']}, {node['html']}: {rule['help']}. {node['failureSummary']}"
                for node in rule["nodes"]
            ]
    return found
