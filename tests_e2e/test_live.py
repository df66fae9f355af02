"""Open pages follow changes of others, and catch up after a lost connection."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.site import Site
from tests_e2e.steps import Visitor

CUT_OFF = "We can't reach the server right now"
RECOVERY_MS = 30_000
PHONE = {"width": 360, "height": 740}
# Each highlight of a row: its status, its duration, and whether it has the colour of the badge.
WATCH_WASHES = """() => {
  window.washes = [];
  document.addEventListener("animationstart", ({ target, animationName }) => {
    if (animationName !== "wash") return;
    const row = target.closest("[data-ticket]");
    const { backgroundColor, animationDuration } = getComputedStyle(target);
    const isOfStatus = backgroundColor === getComputedStyle(row.querySelector(".badge")).color;
    window.washes.push([row.dataset.status, animationDuration, isOfStatus]);
  });
}"""


def row(page: Page, title: str) -> Locator:
    return page.get_by_role("listitem").filter(has_text=title)


def test_a_row_shows_until_when_another_visitor_holds_it(visitor: Callable[..., Visitor]) -> None:
    seller, watcher, buyer = visitor(), visitor(signed_in=False), visitor()
    title = f"The Paper Lanterns {uuid4().hex[:6]}"
    ticket_id = seller.sell(title)
    page = watcher.open("/")
    expect(row(page, title)).to_contain_text("Available")
    order_id = buyer.purchase(ticket_id)
    expect(row(page, title)).to_contain_text("Locked")
    expect(row(page, title).get_by_role("timer")).to_have_text(re.compile(r"1[45]:\d\d"))
    expect(page.get_by_role("status").filter(has_text=f"{title}: Locked")).to_be_attached()
    buyer.context.request.delete(f"/api/orders/{order_id}")
    expect(row(page, title)).to_contain_text("Available")
    expect(row(page, title).get_by_role("timer")).to_have_count(0)


def test_a_row_washes_once_at_each_change(visitor: Callable[..., Visitor]) -> None:
    seller, buyer = visitor(), visitor()
    title = f"The Paper Lanterns {uuid4().hex[:6]}"
    ticket_id = seller.sell(title)
    page = visitor(signed_in=False).open("/")
    still = visitor(signed_in=False, reduced_motion="reduce").open("/")
    for each in (page, still):
        expect(row(each, title)).to_contain_text("Available")
        each.evaluate(WATCH_WASHES)
    for _ in range(2):
        order_id = buyer.hold(ticket_id)
        for each in (page, still):
            expect(row(each, title)).to_contain_text("Locked")
        buyer.context.request.delete(f"/api/orders/{order_id}")
        for each in (page, still):
            expect(row(each, title)).to_contain_text("Available")
    washes = [["locked", "0.18s", True], ["available", "0.18s", True]] * 2
    page.wait_for_function("count => window.washes.length >= count", arg=len(washes))
    assert page.evaluate("window.washes") == washes
    assert still.evaluate("window.washes") == []


def test_a_list_loaded_later_counts_down_as_well(visitor: Callable[..., Visitor]) -> None:
    seller, buyer = visitor(), visitor()
    title = f"The Paper Lanterns {uuid4().hex[:6]}"
    buyer.hold(seller.sell(title))
    page = visitor(signed_in=False).open("/")
    expect(row(page, title).get_by_role("timer")).to_have_text(re.compile(r"1[45]:\d\d"))


def test_a_list_that_was_cut_off_says_so_and_catches_up(
    site: Site, visitor: Callable[..., Visitor]
) -> None:
    seller, watcher, buyer = visitor(), visitor(signed_in=False), visitor()
    title = f"The Paper Lanterns {uuid4().hex[:6]}"
    ticket_id = seller.sell(title)
    page = watcher.open("/")
    expect(row(page, title)).to_contain_text("Available")
    site.kill_web()
    expect(page.get_by_text(CUT_OFF)).to_be_visible()
    expect(row(page, title)).to_contain_text("Available")
    site.start_web()
    buyer.hold(ticket_id)
    expect(row(page, title)).to_contain_text("Locked", timeout=RECOVERY_MS)
    expect(page.get_by_text(CUT_OFF)).to_have_count(0)


# In brief: the test above sees that the page says it.
@pytest.mark.slow
def test_being_cut_off_is_said_and_covers_no_button(
    site: Site, visitor: Callable[..., Visitor]
) -> None:
    buyer = visitor(viewport=PHONE)
    buyer.purchase(visitor().sell())
    page, dialog = buyer.page, buyer.open_payment()
    page.evaluate("window.places = [...document.querySelectorAll('[role=status]')]")
    site.kill_web()
    expect(page.get_by_text(CUT_OFF)).to_be_visible()
    # Screen readers announce changes only in live regions that existed before.
    assert page.evaluate("text => places.some((one) => one.textContent.includes(text))", CUT_OFF)
    dialog.get_by_role("button", name="Pay $40.00").click(trial=True)
    dialog.get_by_role("button", name="Close").click()
    for name in ("Pay", "Release ticket"):
        page.get_by_role("button", name=name, exact=True).click(trial=True)
    site.start_web()
    expect(page.get_by_text(CUT_OFF)).to_have_count(0, timeout=RECOVERY_MS)
