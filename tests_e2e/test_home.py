"""Home page and search page: events, suggestions, filters and live numbers."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from tests.site import Site
from tests_e2e.steps import Visitor
from tests_e2e.venues import CITY, make_venue

Make = Callable[..., Visitor]


@pytest.fixture(scope="module")
def venue_id(site: Site) -> str:
    return make_venue(site)


def card(page: Page, title: str) -> Locator:
    return page.get_by_role("main").get_by_role("listitem").filter(has_text=title)


class HeldSocket:
    """The websocket of a page; while `is_held`, the page receives no message."""

    def __init__(self, page: Page) -> None:
        self.is_held = False
        self._held: list[str | bytes] = []
        page.route_web_socket(re.compile("/_event"), self._connect)

    def release(self) -> None:
        self.is_held = False
        for message in self._held:
            self._page_side.send(message)

    def _connect(self, page_side: WebSocketRoute) -> None:
        self._page_side = page_side
        page_side.connect_to_server().on_message(self._pass_on)

    def _pass_on(self, message: str | bytes) -> None:
        if self.is_held:
            self._held.append(message)
        else:
            self._page_side.send(message)


def test_event_is_found_by_suggestions_words_and_filters(visitor: Make, venue_id: str) -> None:
    seller, finder = visitor(), visitor(signed_in=False)
    title = f"Marlowe {uuid4().hex[:6]}"
    event = seller.make_event(title, venue_id, category="concert")
    seller.sell_seats(event["id"], "1", "2", price=68, sideBySide=True)
    socket = HeldSocket(finder.page)
    page = finder.open("/")
    rows = page.get_by_role("main").get_by_role("heading", level=3)
    expect(rows.first).to_be_visible()
    field = page.get_by_role("searchbox", name="Search tickets")
    field.press_sequentially(title.lower(), delay=20)
    expect(page.get_by_role("heading", name="Events", level=2)).to_be_visible()
    field.press("ArrowDown")
    expect(page.get_by_role("link", name=re.compile(f"^{title}.*London"))).to_be_focused()
    page.keyboard.press("Escape")
    expect(field).to_be_focused()
    socket.is_held = True
    field.press("Enter")

    # The rows and filters of the home page are those of another address.
    expect(page).to_have_url(re.compile("/search"))
    expect(rows).to_have_count(0)
    expect(page.get_by_role("list", name="Quick filters")).to_have_attribute("inert", "")
    socket.release()
    expect(card(page, title)).to_contain_text("from $68 · 2 left")
    page.get_by_role("link", name="2 together").click()
    expect(page.get_by_role("link", name="Remove filter: 2 together")).to_be_visible()
    expect(card(page, title)).to_be_visible()
    page.get_by_role("link", name="Under $50").click()
    expect(page.get_by_text("No tickets found")).to_be_visible()
    page.get_by_role("link", name="Without “Up to $50”").click()
    card(page, title).get_by_role("link").click()
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
    page.go_back()
    expect(card(page, title)).to_contain_text("2 left")
    expect(field).to_have_value(title.lower())


def test_numbers_of_a_card_change_while_one_looks(visitor: Make, venue_id: str) -> None:
    seller, buyer = visitor(), visitor()
    title = f"Marlowe {uuid4().hex[:6]}"
    event = seller.make_event(title, venue_id)
    cheap, _ = (
        seller.sell_seats(event["id"], seat, price=price)[0]
        for seat, price in (("1", 20), ("2", 68))
    )
    page = visitor(signed_in=False).open(f"/search?q={title}")
    expect(card(page, title)).to_contain_text("from $20 · 2 left")
    order_id = buyer.hold(cheap)
    expect(card(page, title)).to_contain_text("from $68 · 1 left")
    buyer.context.request.delete(f"/api/orders/{order_id}")
    expect(card(page, title)).to_contain_text("from $20 · 2 left")


def test_city_of_the_last_choice_begins_the_next_visit(visitor: Make, venue_id: str) -> None:
    seller, finder = visitor(), visitor(signed_in=False)
    event = seller.make_event(f"Marlowe {uuid4().hex[:6]}", venue_id)
    seller.sell_seats(event["id"], "1")
    page = finder.open("/")
    page.get_by_label("City", exact=True).select_option(label=CITY)
    expect(page).to_have_url(re.compile(f"city={CITY}$"))
    later = finder.open("/", finder.context.new_page())
    expect(later).to_have_url(re.compile(f"city={CITY}$"))
    later.get_by_role("link", name=f"Remove filter: {CITY}").click()
    expect(later).to_have_url(re.compile("/$"))
    expect(finder.open("/", finder.context.new_page())).to_have_url(re.compile("/$"))
