"""The orders of a buyer on several devices."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.site import Site
from tests_e2e.steps import DECLINED_CARD, GOOD_CARD, PASSWORD, Visitor

PHONE = {"width": 390, "height": 800}
CLOSE_SECONDS = 3


def same_person(visitor: Callable[..., Visitor], someone: Visitor) -> Visitor:
    """The same account on a phone."""
    phone = visitor(signed_in=False, viewport=PHONE, timezone_id="Asia/Kolkata")
    credentials = {"email": someone.email, "password": PASSWORD}
    assert phone.context.request.post("/api/users/signin", data=credentials).ok
    return phone


def seconds_left(page: Page) -> int:
    timer = page.get_by_role("timer").first
    expect(timer).to_have_text(re.compile(r"\d+:\d\d"))
    minutes, seconds = map(int, timer.inner_text().split(":"))
    return minutes * 60 + seconds


def history(page: Page) -> list[str]:
    """Return the steps of the order on the page, without their times."""
    return [
        entry.locator("p").first.text_content() or ""
        for entry in page.locator("details")
        .filter(has=page.get_by_role("heading", name="Details"))
        # Folded details have no roles.
        .locator("li")
        .all()
    ]


def test_an_order_goes_on_on_another_device(visitor: Callable[..., Visitor]) -> None:
    seller, laptop = visitor(), visitor()
    phone = same_person(visitor, laptop)
    laptop.purchase(seller.sell("Kite Parade"))
    phone.open("/orders")
    row = phone.page.get_by_role("listitem").filter(has_text="Kite Parade")
    expect(row).to_contain_text(re.compile(r"\d+:\d\d left to order"))
    assert abs(seconds_left(phone.page) - seconds_left(laptop.page)) <= CLOSE_SECONDS
    row.get_by_role("link", name="Kite Parade").click()
    expect(phone.page.get_by_role("heading", name="Purchasing Kite Parade")).to_be_visible()
    assert abs(seconds_left(phone.page) - seconds_left(laptop.page)) <= CLOSE_SECONDS
    # Each device shows times in its own zone.
    expect(phone.page.get_by_text(re.compile(r"^Until \d+:\d\d\s[AP]M IST$"))).to_be_visible()
    # Both have the dialog open; it is one payment.
    laptop.open_payment()
    phone.open_payment()
    phone.pay(GOOD_CARD)
    for page in (phone.page, laptop.page):
        expect(page.get_by_role("heading", name="Paid: Kite Parade")).to_be_visible()


def test_what_happened_is_told_as_it_happens_on_every_device(
    visitor: Callable[..., Visitor],
) -> None:
    seller, laptop = visitor(), visitor()
    phone = same_person(visitor, laptop)
    order_id = laptop.purchase(seller.sell())
    phone.open(f"/orders/{order_id}")
    expect(phone.page.get_by_text("Ticket locked for you")).to_be_visible()
    dialog = laptop.open_payment()
    laptop.pay(DECLINED_CARD)
    expect(dialog.get_by_role("alert")).to_contain_text("declined")
    # Without any action on the phone.
    expect(phone.page.get_by_text("Your card was declined")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    phone.open_payment()
    phone.pay(GOOD_CARD)
    for page in (phone.page, laptop.page):
        # Among the details, which are folded now.
        expect(page.get_by_text("Paid $40.00")).to_be_attached()
        assert history(page) == [
            "Ticket locked for you",
            "Payment started",
            "Your card was declined",
            "Payment started",
            "Card approved",
            "Paid $40.00",
        ]


# In brief: test_at_zero_the_dialog_closes_and_nothing_was_charged sees the row, too.
@pytest.mark.slow
def test_the_list_notices_that_the_time_is_over(
    site: Site, visitor: Callable[..., Visitor]
) -> None:
    seller = visitor()
    with site.other_web(ORDER_HOLD_SECONDS="4") as other:
        buyer = visitor(url=other.url)
        order_id = buyer.hold(seller.sell("Kite Parade"))
        page = buyer.open("/orders")
        row = page.get_by_role("listitem").filter(has_text="Kite Parade")
        expect(row).to_contain_text("Time over")
        expect(row.get_by_role("timer")).to_have_count(0)
        buyer.open(f"/orders/{order_id}")
        expect(page.get_by_role("heading", name="Details")).to_be_visible()
        assert history(page) == ["Ticket locked for you", "Time over, ticket released"]
        page.close()


def test_a_press_shows_at_once_and_a_second_one_is_ignored(
    visitor: Callable[..., Visitor],
) -> None:
    seller, buyer = visitor(), visitor()
    page = buyer.page
    sent: list[str] = []
    page.on(
        "websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(f"{frame}"))
    )
    buyer.open(f"/tickets/{seller.sell('Kite Parade')}")
    # Both in one task: no frame lies between the press and what shows it.
    is_shown = page.get_by_role("button", name="Purchase").evaluate(
        """(button) => {
          button.click();
          button.click();
          return new Promise((resolve) =>
            requestAnimationFrame(() => resolve(button.hasAttribute("data-pending"))));
        }"""
    )
    assert is_shown
    expect(page.get_by_role("heading", name="Purchasing Kite Parade")).to_be_visible()
    assert len([frame for frame in sent if "detail_state.purchase" in frame]) == 1
