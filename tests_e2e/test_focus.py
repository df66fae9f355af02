"""The focus is visible and uncovered, controls fit a thumb, and pages fit a small screen."""

from collections.abc import Sequence

import pytest
from playwright.sync_api import Page

from tests_e2e.keyboard import Keyboard
from tests_e2e.scenes import SCENES, Fixtures, Scene

TINY = 320
USED_WIDTH = "document.documentElement.scrollWidth"
# Text spacing that readers may set (WCAG 1.4.12).
SPACED = """* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }
  p { margin-bottom: 2em !important }"""
# Texts of which a part cannot be seen. Two are cut on purpose: a long title in the payment dialog, which is
# the heading of the page below it, and a long word in the chip of a filter, which stands in its field.
CUT = """() => [...document.body.querySelectorAll("*")]
  .filter((place) => place.checkVisibility({ visibilityProperty: true }) && place.innerText?.trim())
  .filter((place) => !place.closest(".sr-only, .line-clamp-2, .truncate"))
  .filter((place) => {
    const { overflowX, overflowY } = getComputedStyle(place);
    const hides = (overflow) => overflow === "hidden" || overflow === "clip";
    return (
      (hides(overflowX) && place.scrollWidth > place.clientWidth + 1) ||
      (hides(overflowY) && place.scrollHeight > place.clientHeight + 1)
    );
  })
  .map((place) => place.outerHTML.slice(0, 200))"""
# Scenes with fixed elements or dense controls; the others run with bin/test --all.
CROWDED = ("list", "ticket", "asked to withdraw", "sell with errors", "order", "payment", "account")
MOST_STOPS = 120
START = "document.querySelector('a[href=\"#main\"]').focus({ preventScroll: true })"
IS_LAST = """() => {
  const place = document.querySelector("dialog[open]") ?? document;
  const stops = [...place.querySelectorAll("a[href], button:not(:disabled), input, select, textarea, summary")];
  return stops.filter((stop) => stop.checkVisibility()).at(-1) === document.activeElement;
}"""
# Controls smaller than 44 px high or 24 px wide. A link in a sentence is as high as its line.
SMALL = """() => {
  const controls = document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary");
  const isHidden = (control) => !control.checkVisibility({ visibilityProperty: true }) || control.closest(".sr-only");
  const hasText = (place) => [...place.childNodes].some(({ nodeType }) => nodeType === Node.TEXT_NODE);
  const isInSentence = (control) => getComputedStyle(control).display === "inline" && hasText(control.parentElement);
  const boxOf = (control) => {
    const coversRow = getComputedStyle(control, "::after").position === "absolute";
    return ((coversRow && control.closest("li")) || control.closest("label") || control).getBoundingClientRect();
  };
  return [...controls]
    .filter((control) => !isHidden(control) && !isInSentence(control))
    .filter((control) => boxOf(control).height < 43.5 || boxOf(control).width < 24)
    .map((control) => control.outerHTML.slice(0, 200));
}"""
# Prices that wrap.
TORN = """() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const torn = [];
  while (texts.nextNode()) {
    for (const { 0: price, index } of texts.currentNode.data.matchAll(/\\$[\\d,.]*\\d/g)) {
      const range = new Range();
      range.setStart(texts.currentNode, index);
      range.setEnd(texts.currentNode, index + price.length);
      if (new Set([...range.getClientRects()].map(({ top }) => top)).size > 1) torn.push(price);
    }
  }
  return torn;
}"""
# The dialog traps the focus, so a walk would not end; test_keyboard.py covers it.
PAGES = [scene for scene in SCENES if not scene.name.startswith("payment")]


def each_of(scenes: Sequence[Scene]) -> pytest.MarkDecorator:
    """Run a test with every scene, those that are not crowded with bin/test --all."""
    return pytest.mark.parametrize(
        "scene",
        [
            pytest.param(
                scene, id=scene.name, marks=[] if scene.name in CROWDED else [pytest.mark.slow]
            )
            for scene in scenes
        ],
    )


def walk(page: Page) -> int:
    """Press Tab from the beginning to the end of the page; return how many stops there were."""
    keys = Keyboard(page)
    page.evaluate(START)
    for count in range(MOST_STOPS):
        keys.press("Tab")
        keys.where()
        if page.evaluate(IS_LAST):
            return count
    return MOST_STOPS


@each_of(PAGES)
def test_focus_is_visible_and_uncovered_at_every_stop(fixtures: Fixtures, scene: Scene) -> None:
    with fixtures.show(scene, scene.viewers[0]) as page:
        page.set_viewport_size({"width": 360, "height": 640})
        # Behind a question the page is inert: the stops are the two answers.
        fewest = 1 if "asked to" in scene.name else 3
        assert walk(page) >= fewest


@each_of(SCENES)
def test_fits_thumbs_small_screens_and_wide_text(fixtures: Fixtures, scene: Scene) -> None:
    with fixtures.show(scene, scene.viewers[0]) as page:
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 640})
            assert page.evaluate(SMALL) == page.evaluate(TORN) == []
        # As wide as a laptop's screen at 400 %.
        page.set_viewport_size({"width": TINY, "height": 640})
        assert page.evaluate(USED_WIDTH) == TINY
        assert page.evaluate(TORN) == []
        page.add_style_tag(content=SPACED)
        assert page.evaluate(USED_WIDTH) == TINY
        assert page.evaluate(CUT) == []
