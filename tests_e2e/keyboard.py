"""Keyboard navigation with checks of the focus."""

import re
from contextlib import suppress
from typing import Any

from playwright.sync_api import Locator, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

MOST_STOPS = 80
MOMENT_MS = 2000
IS_SOMEWHERE = "document.activeElement !== document.body"
# Points of the focused element, within its rounded corners.
WHERE = """() => {
  const stop = document.activeElement;
  if (!stop || stop === document.body) return null;
  const style = getComputedStyle(stop);
  const box = stop.getBoundingClientRect();
  const hitAt = ([x, y]) => document.elementFromPoint(box.left + box.width * x, box.top + box.height * y);
  const isOther = (hit) => !(stop.contains(hit) || hit.contains(stop) || hit.closest("label")?.contains(stop));
  const points = [[0.5, 0.5], [0.12, 0.25], [0.88, 0.25], [0.12, 0.75], [0.88, 0.75]];
  // What is scrolled out of the window is not covered, unless there is nothing else of it.
  const hits = points.map(hitAt).filter(Boolean);
  return {
    html: stop.outerHTML.slice(0, 200),
    tag: stop.tagName,
    inDialog: Boolean(stop.closest("[role=dialog]")),
    isMarked: stop.tagName === "IFRAME" || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2),
    isCovered: !hits.length || hits.some(isOther),
  };
}"""


class Keyboard:
    """The keys of one page; fails where the focus is lost, cannot be seen, or is covered."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        """Press one key after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type where the focus is."""
        self.page.keyboard.type(text)

    def where(self) -> dict[str, Any]:
        """Return the focused element; fails if there is none or it cannot be seen."""
        with suppress(PlaywrightTimeoutError):
            # The focus moves between frames with a delay.
            self.page.wait_for_function(IS_SOMEWHERE, timeout=MOMENT_MS)
        stop = self.page.evaluate(WHERE)
        assert stop, "The focus is nowhere."
        assert stop["isMarked"], f"The focus is not visible here: {stop['html']}"
        assert not stop["isCovered"], f"Something covers what has the focus: {stop['html']}"
        return stop

    def go_to(self, place: Locator, key: str = "Tab") -> None:
        """Press Tab until `place` has the focus."""
        place.wait_for()
        for _ in range(MOST_STOPS):
            self.press(key)
            self.where()
            if has_focus(place):
                return
        raise AssertionError(f"The {key} key does not lead to {place}.")

    def activate(self, place: Locator) -> None:
        """Go to a link or button and press Enter."""
        self.go_to(place)
        self.press("Enter")

    def fill(self, place: Locator, text: str) -> None:
        """Go to a field and type."""
        self.go_to(place)
        self.type(text)


def has_focus(place: Locator) -> bool:
    """Whether this element has the focus."""
    return place.evaluate("place => place === document.activeElement && document.hasFocus()")


def button(page: Page, name: str) -> Locator:
    """The button of the page's content."""
    return page.get_by_role("main").get_by_role("button", name=re.compile(f"^{name}")).first
