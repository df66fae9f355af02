"""The page of an event: offers in place, live, and as a document."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.site import Site
from tests_e2e.steps import Visitor
from tests_e2e.venues import make_venue

Make = Callable[..., Visitor]
# Changes of tickets that the page does not show: they may form new sets.
BURST = """() => {
  for (let version = 1; version <= 50; version++) {
    const detail = { ticket: `other ${version % 5}`, version, status: version % 2 ? "locked" : "available" };
    window.dispatchEvent(new CustomEvent("ticketing", { detail }));
  }
}"""
NEW_TICKET = """(number) => {
  const detail = { ticket: `new ${number}`, version: 1, status: "available", isNew: true };
  window.dispatchEvent(new CustomEvent("ticketing", { detail }));
}"""


@pytest.fixture(scope="module")
def venue_id(site: Site) -> str:
    return make_venue(site)


def new_event(seller: Visitor, venue_id: str) -> dict[str, Any]:
    title = f"Velvet Meridian {uuid4().hex[:6]}"
    return seller.make_event(title, venue_id, category="concert")


def summary(page: Page, text: str) -> None:
    expect(page.get_by_role("main").get_by_text(re.compile(f"^{text}"))).to_be_visible()


def test_another_page_sees_a_seat_being_bought_and_sold(visitor: Make, venue_id: str) -> None:
    seller, buyer = visitor(), visitor()
    # Rows also go away without motion.
    watcher = visitor(signed_in=False, reduced_motion="reduce")
    event = new_event(seller, venue_id)
    seller.sell_seats(event["id"], "12", "13", price=68, split="together", sideBySide=True)
    seller.sell_seats(event["id"], "31", price=42.5)
    page = watcher.open(f"/events/{event['slug']}")
    summary(page, "3 for sale")
    expect(page.get_by_text("from $42.50")).to_be_visible()
    cheapest = page.get_by_role("listitem").filter(has_text="Seat 31")
    expect(cheapest).to_contain_text("$42.50")

    theirs = buyer.open(f"/events/{event['slug']}")
    theirs.get_by_role("button", name="Purchase, Stalls · Row F · Seat 31").click()
    expect(theirs.get_by_role("heading", name=re.compile("^Purchasing"))).to_be_visible()
    expect(cheapest).to_contain_text("Being bought")
    expect(cheapest.get_by_role("timer")).to_have_text(re.compile(r"1[45]:\d\d"))
    summary(page, "2 for sale")
    expect(page.get_by_text("from $68")).to_be_visible()

    buyer.pay_for(theirs.url.rpartition("/")[2])
    expect(cheapest).to_contain_text("Sold")
    # A row that went away stays readable for a moment, then collapses.
    expect(cheapest).to_be_hidden()
    expect(page.get_by_role("link", name="12\N{EN DASH}13")).to_be_visible()


def test_another_page_regroups_after_two_of_four_are_bought(visitor: Make, venue_id: str) -> None:
    seller, buyer = visitor(), visitor()
    event = new_event(seller, venue_id)
    seats = ("12", "13", "14", "15")
    listing = seller.sell_listing(
        eventId=event["id"], price=68, sideBySide=True, seats=[{"seat": seat} for seat in seats]
    )
    pairs = visitor(signed_in=False).open(f"/events/{event['slug']}?quantity=2")
    whole = visitor(signed_in=False).open(f"/events/{event['slug']}?quantity=4")
    row = pairs.get_by_role("main").get_by_role("listitem").filter(has_text="$136")
    expect(row.get_by_role("link", name="12\N{EN DASH}13")).to_be_visible()
    expect(row).to_contain_text("2 together")
    expect(whole.get_by_text("$272")).to_be_visible()

    order_id = buyer.hold_several(listing["id"], 2)
    expect(row.get_by_role("link", name="14\N{EN DASH}15")).to_be_visible()
    expect(whole.get_by_text("Being bought")).to_be_visible()
    expect(whole.get_by_text("No 4 together right now.")).to_be_visible()
    expect(whole.get_by_role("link", name="2 together from $68 each")).to_be_visible()

    buyer.pay_for(order_id)
    expect(whole.get_by_text("$272")).to_be_hidden()
    expect(row.get_by_role("link", name="14\N{EN DASH}15")).to_be_visible()
    pairs.get_by_role("navigation", name="How many?").get_by_role("link", name="1").click()
    expect(pairs).to_have_url(re.compile("quantity=1"))
    expect(pairs.get_by_role("link", name="Seat 14")).to_be_visible()


def test_visitor_buys_two_in_a_row_after_signing_up(visitor: Make, venue_id: str) -> None:
    seller = visitor()
    event = new_event(seller, venue_id)
    seller.sell_seats(event["id"], "12", "13", "14", price=68, sideBySide=True)
    page = visitor(signed_in=False).open(f"/events/{event['slug']}")
    row = page.get_by_role("listitem").filter(has_text="3 side by side")
    row.get_by_label("How many tickets").select_option("2 tickets · $136")
    row.get_by_role("button", name="Purchase").click()
    page.get_by_role("link", name="Sign Up").first.click()
    page.get_by_label("Email").fill(f"{uuid4().hex[:12]}@gittix.test")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("main").get_by_role("button", name="Sign Up").click()
    expect(page.get_by_role("heading", name=re.compile("^Purchasing"))).to_be_visible()
    expect(page.get_by_text("Seats 12, 13").first).to_be_visible()


def test_reads_a_burst_of_changes_once(visitor: Make, venue_id: str) -> None:
    seller, buyer = visitor(), visitor()
    event = new_event(seller, venue_id)
    ticket_id, _ = seller.sell_seats(event["id"], "12", "13", sideBySide=True)
    stranger = visitor(signed_in=False)
    reads = list[str | bytes]()

    def note(frame: str | bytes) -> None:
        if ".refresh" in str(frame):
            reads.append(frame)

    stranger.page.on("websocket", lambda socket: socket.on("framesent", note))
    page = stranger.open(f"/events/{event['slug']}?quantity=2")
    expect(page.get_by_text("2 together")).to_be_visible()
    page.evaluate(BURST)
    buyer.hold(ticket_id)
    expect(page.get_by_text("No 2 together right now.")).to_be_visible()
    # The burst, and the hold if it came after the burst was read.
    assert 1 <= len(reads) <= 2
    # One new ticket cannot be two together.
    for number in (1, 2):
        page.evaluate(NEW_TICKET, number)
        button = page.get_by_role("button", name="2 new tickets")
        expect(button).to_have_count(number - 1)


def test_paused_listing_goes_away_and_comes_back(visitor: Make, venue_id: str) -> None:
    seller = visitor()
    event = new_event(seller, venue_id)
    listing = seller.sell_listing(
        eventId=event["id"], price=68, sideBySide=True, seats=[{"seat": "12"}, {"seat": "13"}]
    )
    page = visitor(signed_in=False).open(f"/events/{event['slug']}?quantity=2")
    link = page.get_by_role("link", name="12\N{EN DASH}13")
    expect(link).to_be_visible()
    seller.change_listing(listing["id"], "pause")
    expect(page.get_by_text("Paused")).to_be_visible()
    expect(link).to_be_hidden()
    seller.change_listing(listing["id"], "resume")
    expect(link).to_be_visible()


def test_focus_stays_in_the_list_when_a_row_collapses(visitor: Make, venue_id: str) -> None:
    seller, buyer = visitor(), visitor()
    event = new_event(seller, venue_id)
    (first_id,) = seller.sell_seats(event["id"], "12", price=68)
    seller.sell_seats(event["id"], "31", price=70)
    page = visitor(signed_in=False).open(f"/events/{event['slug']}")
    focused = page.get_by_role("link", name="Seat 12")
    focused.focus()
    buyer.pay_for(buyer.hold(first_id))
    expect(focused).to_be_hidden()
    expect(page.get_by_role("link", name="Seat 31")).to_be_focused()


def test_shows_own_hold_and_leads_to_the_order(visitor: Make, venue_id: str) -> None:
    seller, buyer = visitor(), visitor()
    event = new_event(seller, venue_id)
    (ticket_id,) = seller.sell_seats(event["id"], "12")
    page = buyer.open(f"/events/{event['slug']}")
    order_id = buyer.hold(ticket_id)
    row = page.get_by_role("listitem").filter(has_text="Seat 12")
    expect(row).to_contain_text("Yours")
    expect(row.get_by_role("timer")).to_have_text(re.compile(r"1[45]:\d\d"))
    row.get_by_role("link").click()
    expect(page).to_have_url(re.compile(f"/orders/{order_id}"))


def test_offers_a_new_listing(visitor: Make, venue_id: str) -> None:
    seller, watcher = visitor(), visitor(signed_in=False)
    event = new_event(seller, venue_id)
    page = watcher.open(f"/events/{event['slug']}")
    expect(page.get_by_text("Nothing is for sale for this event")).to_be_visible()
    seller.sell_seats(event["id"], "12")
    page.get_by_role("button", name="1 new ticket").click()
    expect(page.get_by_role("link", name="Stalls · Row F · Seat 12")).to_be_visible()


def test_cancelled_event_changes_in_place(visitor: Make, venue_id: str, site: Site) -> None:
    seller, watcher = visitor(), visitor(signed_in=False)
    event = new_event(seller, venue_id)
    seller.sell_seats(event["id"], "12")
    page = watcher.open(f"/events/{event['slug']}")
    summary(page, "1 for sale")
    site.stack.run("-m", "ticketing_app", "event", "cancel", event["slug"])
    expect(page.get_by_text("This event was cancelled")).to_be_visible()
    expect(page.get_by_role("link", name="Stalls · Row F · Seat 12")).to_have_count(0)


def test_filters_and_sorts_by_the_address(visitor: Make, venue_id: str) -> None:
    seller = visitor()
    event = new_event(seller, venue_id)
    seller.sell_seats(event["id"], "12", price=68)
    balcony = {"seats": [{"section": "Balcony", "seat": "31"}], "eventId": event["id"], "price": 90}
    assert seller.context.request.post("/api/listings", data=balcony).ok
    page = visitor(signed_in=False).open(f"/events/{event['slug']}")
    rows = page.get_by_role("main").get_by_role("article").locator("article")
    expect(rows).to_have_text([re.compile("Stalls"), re.compile("Balcony")])
    page.get_by_role("navigation", name="Sort").get_by_role("link", name="Section").click()
    expect(rows).to_have_text([re.compile("Balcony"), re.compile("Stalls")])
    page.get_by_role("navigation", name="Section").get_by_role("link", name="Balcony").click()
    expect(rows).to_have_text([re.compile("Balcony")])
    expect(page).to_have_url(re.compile("section=Balcony&sort=section"))
    page.go_back()
    expect(rows).to_have_count(2)


def test_number_is_kept_for_the_next_event(visitor: Make, venue_id: str) -> None:
    seller = visitor()
    title = f"Velvet Meridian {uuid4().hex[:6]}"
    first, second = (
        seller.make_event(title, venue_id, startsLocal=f"2097-05-0{day}T19:30:00") for day in (1, 2)
    )
    seller.sell_seats(first["id"], "12", "13", sideBySide=True)
    seller.sell_seats(second["id"], "14", "15", sideBySide=True)
    page = visitor(signed_in=False).open(f"/events/{first['slug']}")
    numbers = page.get_by_role("navigation", name="How many?")
    numbers.get_by_role("link", name="2", exact=True).click()
    expect(page.get_by_text("2 together")).to_be_visible()
    page.get_by_role("link", name=title).click()
    expect(page.get_by_role("link", name="14\N{EN DASH}15")).to_be_visible()
    expect(page).to_have_url(re.compile(f"{second['slug']}\\?quantity=2"))
    expect(numbers.get_by_role("link", name="2", exact=True)).to_have_attribute(
        "aria-current", "true"
    )
