"""Clicks and seconds that a new visitor needs to buy and to list."""

import re
import time
from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.site import Site
from tests_e2e.steps import GOOD_CARD, PASSWORD, Visitor, fill_in_card
from tests_e2e.venues import make_venue

MOST_CLICKS_TO_BUY = 6
MOST_CLICKS_TO_BUY_TWO = 9
MOST_CLICKS_TO_LIST = 4


class Effort:
    """Counts clicks and the seconds since the first page; typing counts as neither."""

    def __init__(self) -> None:
        self.clicks = 0
        self._began = time.monotonic()

    def click(self, target: Locator) -> None:
        """Click and count it."""
        target.click()
        self.clicks += 1

    def __str__(self) -> str:
        """Return both for the terminal."""
        return f"{self.clicks} clicks, {time.monotonic() - self._began:.1f} s"


def sign_up(effort: Effort, someone: Visitor) -> None:
    page = someone.page
    expect(page.get_by_role("heading", name="Sign Up")).to_be_visible()
    page.wait_for_function("sessionStorage.getItem('token')")
    page.get_by_label("Email").fill(someone.email)
    page.get_by_label("Password").fill(PASSWORD)
    effort.click(in_content(page, "Sign Up"))


def in_content(page: Page, name: str) -> Locator:
    """The button of this name that is not in the bar at the top."""
    return page.get_by_role("main").get_by_role("button", name=name, exact=True)


def test_from_landing_to_paid(
    visitor: Callable[..., Visitor], capsys: pytest.CaptureFixture[str]
) -> None:
    title = f"Night of Kites {uuid4().hex[:6]}"
    visitor().sell(title)
    buyer = visitor(signed_in=False)
    effort, page = Effort(), buyer.open("/")
    effort.click(page.get_by_role("link", name=title))
    effort.click(in_content(page, "Purchase"))
    effort.click(page.get_by_role("main").get_by_role("link", name="Sign Up"))
    sign_up(effort, buyer)
    effort.click(in_content(page, "Pay"))
    pay = page.get_by_role("dialog").get_by_role("button", name="Pay $40.00")
    expect(pay).to_be_enabled()
    fill_in_card(page, GOOD_CARD)
    effort.click(pay)
    expect(page.get_by_text("The seller sends you the ticket")).to_be_visible()
    with capsys.disabled():
        print(f"\nsomebody new, from landing to paid: {effort}")
    assert effort.clicks <= MOST_CLICKS_TO_BUY


def test_couple_from_landing_to_two_adjacent_seats(
    site: Site, visitor: Callable[..., Visitor], capsys: pytest.CaptureFixture[str]
) -> None:
    title = f"Night of Kites {uuid4().hex[:6]}"
    seller = visitor()
    event = seller.make_event(title, make_venue(site), category="concert")
    seller.sell_seats(event["id"], "7", price=50)
    seller.sell_seats(event["id"], "12", "13", price=68, sideBySide=True)
    buyer = visitor(signed_in=False)
    effort, page = Effort(), buyer.open("/")
    search = page.get_by_role("searchbox", name="Search tickets")
    search.fill(title)
    search.press("Enter")
    effort.click(page.get_by_role("main").get_by_role("link", name=title, exact=True))
    numbers = page.get_by_role("navigation", name="How many?")
    effort.click(numbers.get_by_role("link", name="2", exact=True))
    # For any number, the row has this total among its choices.
    effort.click(page.get_by_role("button", name="Purchase 2 tickets"))
    effort.click(page.get_by_role("main").get_by_role("link", name="Sign Up"))
    sign_up(effort, buyer)
    effort.click(in_content(page, "Pay"))
    pay = page.get_by_role("dialog", name="Pay for your tickets").get_by_role(
        "button", name="Pay $136.00"
    )
    expect(pay).to_be_enabled()
    fill_in_card(page, GOOD_CARD)
    effort.click(pay)
    expect(page.get_by_text("The seller sends you the tickets")).to_be_visible()
    with capsys.disabled():
        print(f"\na couple, from landing to paid: {effort}")
    assert effort.clicks <= MOST_CLICKS_TO_BUY_TWO
    receipt = page.get_by_role("definition")
    expect(receipt.filter(has_text=re.compile("Seat 1[23]"))).to_have_count(2)


def test_from_landing_to_listed(
    visitor: Callable[..., Visitor], capsys: pytest.CaptureFixture[str]
) -> None:
    title = f"Night of Kites {uuid4().hex[:6]}"
    seller = visitor(signed_in=False)
    effort, page = Effort(), seller.open("/")
    effort.click(page.get_by_role("navigation").get_by_role("link", name="Sign Up"))
    sign_up(effort, seller)
    # The bar of the form has this link as well.
    expect(page.get_by_role("heading", name="Tickets For Sale")).to_be_visible()
    effort.click(page.get_by_role("navigation").get_by_role("link", name="Sell Tickets"))
    page.get_by_label("Title", exact=True).fill(title)
    page.get_by_label("Price", exact=True).fill("40")
    effort.click(in_content(page, "Submit"))
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
    expect(page.get_by_text("Status - Available")).to_be_visible()
    with capsys.disabled():
        print(f"\nsomebody new, from landing to listed: {effort}")
    assert effort.clicks <= MOST_CLICKS_TO_LIST
