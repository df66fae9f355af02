"""Resale of bought tickets, own listings, and the sell form."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests import ticket_files
from tests.site import Site
from tests_e2e.steps import GOOD_CARD, PASSWORD, Visitor
from tests_e2e.venues import make_city, make_venue


def buy(buyer: Visitor, ticket_id: str) -> str:
    """Buy the ticket with a card; returns the order's id."""
    order_id = buyer.purchase(ticket_id)
    buyer.open_payment()
    buyer.pay(GOOD_CARD)
    expect(buyer.page.get_by_text("The seller sends you the ticket")).to_be_visible()
    return order_id


def ticket_id_of(page: Page) -> str:
    return page.url.rstrip("/").rpartition("/")[2]


def expect_way(page: Page, *steps: str) -> None:
    way = page.get_by_role("region", name="From owner to owner")
    expect(way.get_by_role("listitem")).to_have_text(
        [re.compile(rf"^{step}\w+ \d+, \d{{4}}$") for step in steps]
    )


def test_three_owners_of_one_ticket(visitor: Callable[..., Visitor]) -> None:
    first, second, third, stranger = visitor(), visitor(), visitor(), visitor()
    title = f"Night of Kites {uuid4().hex[:6]}"
    sold_id = first.sell(title, price=40, city="Rotterdam", seat="7")

    order_id = buy(second, sold_id)
    page = second.page
    page.get_by_role("link", name="Sell this ticket").click()
    expect(page.get_by_role("heading", name="Create a Ticket")).to_be_visible()
    expect(page.get_by_label("Title", exact=True)).to_have_value(title)
    expect(page.get_by_label("City", exact=True)).to_have_value("Rotterdam")
    page.get_by_label("Price", exact=True).fill("35")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("Price - $35")).to_be_visible()
    expect_way(page, "Listed by its first seller", "Bought by you", "Listed again by you")
    again_id = ticket_id_of(page)

    # One listing at a time.
    second.open(f"/orders/{order_id}")
    expect(page.get_by_text("The seller sends you the ticket")).to_be_visible()
    expect(page.get_by_role("link", name="Sell this ticket")).to_have_count(0)

    buy(third, again_id)
    shop = third.open("/orders")
    row = shop.get_by_role("listitem").filter(has_text=title)
    row.get_by_role("link", name="Sell this ticket").click()
    shop.get_by_label("Price", exact=True).fill("38")
    shop.get_by_role("button", name="Submit").click()
    expect(shop.get_by_text("Price - $38")).to_be_visible()
    expect_way(
        shop, "Listed by its first seller", "Bought", "Listed again", "Bought by you",
        "Listed again by you",
    )  # fmt: skip

    page = first.open(f"/tickets/{ticket_id_of(shop)}")
    expect_way(page, "Listed by you", "Bought", "Listed again", "Bought", "Listed again")
    page = stranger.open(f"/tickets/{ticket_id_of(shop)}")
    expect(page.get_by_role("button", name="Purchase")).to_be_visible()
    # Without names: each step by its kind.
    expect(page.get_by_role("region", name="From owner to owner")).to_be_visible()
    expect(page.get_by_text("by you")).to_have_count(0)


def test_my_listings_change_while_one_looks_at_them(visitor: Callable[..., Visitor]) -> None:
    seller, buyer = visitor(), visitor()
    kites, lanterns = (f"{name} {uuid4().hex[:6]}" for name in ("Kites", "Lanterns"))
    ticket_id = seller.sell(kites, price=40)
    page = seller.open("/account")
    page.get_by_role("main").get_by_role("link", name="My Listings").click()
    expect(page.get_by_role("heading", name="My Listings")).to_be_visible()
    row = page.get_by_role("main").get_by_role("listitem").filter(has_text=kites)
    expect(row).to_contain_text("For sale")

    order_id = buyer.hold(ticket_id)
    expect(row).to_contain_text("Being bought")
    expect(row).to_contain_text(re.compile(r"Somebody has 1\d:\d\d left to pay"))
    expect(row.get_by_role("button", name="Withdraw")).to_have_count(0)
    buyer.context.request.delete(f"/api/orders/{order_id}")
    expect(row).to_contain_text("For sale")

    buy(visitor(), ticket_id)
    expect(row).to_contain_text(re.compile(r"Sold \w+ \d+, \d{4} for \$40"))

    seller.sell(lanterns)
    other = page.get_by_role("main").get_by_role("listitem").filter(has_text=lanterns)
    other.get_by_role("button", name="Withdraw").click()
    other.get_by_role("button", name="Keep it").click()
    other.get_by_role("link", name="Edit").click()
    expect(page.get_by_role("heading", name="Edit a Ticket")).to_be_visible()
    page.go_back()
    other.get_by_role("button", name="Withdraw").click()
    other.get_by_role("button", name="Withdraw ticket").click()
    expect(other).to_contain_text("Withdrawn")


def test_form_validates_and_previews_while_typing(visitor: Callable[..., Visitor]) -> None:
    seller, other = visitor(timezone_id="America/Denver"), visitor()
    title = f"Kites {uuid4().hex[:6]}"
    for price in (35, 42, 60):
        other.sell(title, price=price)
    page = seller.open("/tickets/new")
    field, price = page.get_by_label("Title", exact=True), page.get_by_label("Price", exact=True)
    preview = page.get_by_role("region", name="What buyers see")
    field.fill(title)
    expect(preview).to_contain_text(title)
    expect(page.get_by_text("Similar tickets: $35 to $60, typically $42")).to_be_visible()
    price.press_sequentially("0.2")
    expect(page.get_by_text("Price must be between 0.50 and 999,999.99.")).to_be_visible()
    # The field keeps the focus.
    expect(price).to_be_focused()
    price.fill("45")
    expect(page.get_by_text("Price must be between")).to_have_count(0)
    expect(page.get_by_text("The buyer pays $45, and we take no fee.")).to_be_visible()
    expect(preview).to_contain_text("$45")

    page.get_by_text("About the event").click()
    page.get_by_label("Starts at").fill("2020-05-01T20:00")
    expect(page.get_by_text("Starts at must lie ahead.")).to_be_visible()
    # The seller's own time zone, until they choose that of the event.
    expect(page.get_by_label("Time zone of the event")).to_have_value("America/Denver")
    page.get_by_label("Starts at").fill("2097-05-01T20:00")
    expect(preview).to_contain_text("Wed, May 1, 2097, 8:00 PM")
    seat = page.get_by_label("Seat", exact=True)
    seat.fill("11, 12, 12")
    expect(page.get_by_text("Seat 12 is named twice.")).to_be_visible()
    seat.fill("11, 12, 13")
    expect(page.get_by_text("is named twice")).to_have_count(0)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("3 tickets are for sale now")).to_be_visible()
    rows = page.get_by_role("main").get_by_role("listitem").filter(has_text=title)
    expect(rows).to_contain_text(["Seat 13", "Seat 12", "Seat 11"])


def test_lists_adjacent_seats_for_a_new_event(site: Site, visitor: Callable[..., Visitor]) -> None:
    make_city(site, "Munich", "München")
    seller, stranger = visitor(), visitor(signed_in=False)
    title = f"Umbrella Regatta {uuid4().hex[:6]}"
    page = seller.open("/")
    page.get_by_role("link", name="Sell Tickets").first.click()
    page.get_by_label("Event", exact=True).fill(title)
    expect(page.get_by_text("No event with these words yet")).to_be_visible()
    page.get_by_role("link", name="Add an event").click()
    expect(page.get_by_label("Name of the event")).to_have_value(title)
    page.get_by_label("Category").select_option("theatre")
    page.get_by_label("Day").fill("2097-05-01")
    page.get_by_label("Starts at").fill("20:00")
    page.get_by_label("Venue", exact=True).fill("Tram Depot")
    # Another name of the same city.
    page.get_by_label("City of the venue").fill("München")
    page.get_by_role("radio", name=re.compile("^Munich")).check()
    page.get_by_role("button", name="Next").click()

    expect(page.get_by_role("heading", name="Your tickets")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("Tram Depot, Munich")
    page.get_by_label("Row").fill("F")
    page.get_by_label("Seats", exact=True).fill("5-6")
    expect(page.get_by_text("2 tickets: seats 5 and 6")).to_be_visible()
    expect(page.get_by_label("How many tickets?")).to_have_value("2")
    expect(page.get_by_role("radio", name="Both together only")).to_be_checked()
    expect(page.get_by_role("radio", name="Yes, next to each other")).to_be_checked()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Choose how you have them.")).to_be_visible()
    page.get_by_role("radio", name="I send them myself").check()
    page.get_by_role("button", name="Next").click()

    expect(page.get_by_role("heading", name="Your price")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    price = page.get_by_label("Price per ticket")
    expect(page.get_by_text("Price is required.")).to_be_visible()
    expect(price).to_be_focused()
    price.fill("68")
    expect(page.get_by_text("$136 for both")).to_be_visible()
    page.get_by_role("button", name="Next").click()

    main = page.get_by_role("main")
    expect(main).to_contain_text("Row F · Seats 5, 6")
    expect(main).to_contain_text("Sold both together · Side by side · $136 in total")
    page.get_by_role("button", name="List for sale").click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    shop = stranger.open(urlsplit(page.url).path)
    expect(shop.get_by_role("main")).to_contain_text(re.compile("Row F.*5"))


def test_pair_is_sold_together_and_sold_again_together(
    site: Site, visitor: Callable[..., Visitor]
) -> None:
    seller, buyer = visitor(), visitor()
    title = f"Night of Kites {uuid4().hex[:6]}"
    event = seller.make_event(title, make_venue(site), category="concert")
    page = seller.open(f"/sell/tickets?event={event['id']}")
    page.get_by_label("Row").fill("F")
    page.get_by_label("Seats", exact=True).fill("5-6")
    page.get_by_role("radio", name="Both together only").check()
    page.get_by_role("radio", name="I send them myself").check()
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Price per ticket").fill("68")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="List for sale").click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()

    shop = buyer.open(f"/events/{event['slug']}")
    expect(shop.get_by_role("main")).to_contain_text("$68")
    offers = buyer.context.request.get(f"/api/events/{event['slug']}/listings").json()["items"]
    assert [offer["quantities"] for offer in offers] == [[2]]
    buyer.pay_for(buyer.hold_several(offers[0]["listingId"], 2))

    mine = seller.open("/tickets/mine")
    expect(mine.get_by_text("$136 sold")).to_be_visible()
    orders = buyer.open("/orders")
    orders.get_by_role("link", name="Sell these tickets").click()
    expect(orders.get_by_role("checkbox")).to_have_count(2)
    orders.get_by_label("Price per ticket").fill("70")
    expect(orders.get_by_text("$140 for both")).to_be_visible()
    orders.get_by_role("button", name="List for sale").click()
    expect(orders.get_by_role("heading", name=title)).to_be_visible()
    expect(orders.get_by_role("main")).to_contain_text("$70")


def test_own_listing_is_paused_and_repriced_live(
    site: Site, visitor: Callable[..., Visitor]
) -> None:
    seller, stranger = visitor(), visitor(signed_in=False)
    event = seller.make_event(f"Kites {uuid4().hex[:6]}", make_venue(site), category="concert")
    seller.sell_seats(event["id"], "5", "6", price=68)
    shop = stranger.open(f"/events/{event['slug']}").get_by_role("main")
    expect(shop).to_contain_text("$68")
    page = seller.open("/tickets/mine")
    pause = page.get_by_role("button", name=re.compile("^Pause"))
    pause.click()
    resume = page.get_by_role("button", name=re.compile("^Resume"))
    # The same button, which keeps the focus.
    expect(resume).to_be_focused()
    expect(page.get_by_text("2 of 2 paused")).to_be_visible()
    expect(shop).not_to_contain_text("$68")
    resume.click()
    expect(page.get_by_text("2 of 2 for sale")).to_be_visible()
    expect(shop).to_contain_text("$68")
    page.get_by_label("Price per ticket").fill("60")
    page.get_by_role("button", name=re.compile("^Change the price")).click()
    expect(shop).to_contain_text("$60")


# In brief: test_three_owners_of_one_ticket, and tests/ui/test_relist.py for the event.
@pytest.mark.slow
def test_bought_ticket_is_sold_again_for_its_event(
    site: Site, visitor: Callable[..., Visitor]
) -> None:
    seller, buyer = visitor(), visitor()
    title = f"Night of Kites {uuid4().hex[:6]}"
    event = seller.make_event(title, make_venue(site), category="concert")
    (ticket_id,) = seller.sell_seats(event["id"], "12", price=68)
    buyer.pay_for(buyer.hold(ticket_id))
    page = buyer.open(f"/tickets/new?previous={ticket_id}")
    # The event's fields are fixed.
    expect(page.get_by_label("Title", exact=True)).to_have_count(0)
    page.get_by_label("Price", exact=True).fill("70")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("Price - $70")).to_be_visible()
    shop = seller.open(f"/events/{event['slug']}")
    expect(shop.get_by_role("main")).to_contain_text("$70")


def test_draft_survives_a_reload_and_another_device(visitor: Callable[..., Visitor]) -> None:
    seller = visitor()
    page = seller.open("/sell")
    page.get_by_label("Name of the event").fill("Kites of the coast")
    page.get_by_label("Venue", exact=True).fill("Pier 7")
    expect(page.get_by_label("City of the venue")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Name of the event")).to_have_value("Kites of the coast")
    expect(page.get_by_label("Venue", exact=True)).to_have_value("Pier 7")

    # Leaving right after the last key.
    page.get_by_label("Venue", exact=True).fill("Pier 77")
    page.get_by_role("link", name="Back").click()
    page.get_by_role("link", name="Add an event").click()
    expect(page.get_by_label("Venue", exact=True)).to_have_value("Pier 77")

    other = visitor(signed_in=False)
    answer = other.context.request.post(
        "/api/users/signin", data={"email": seller.email, "password": PASSWORD}
    )
    assert answer.ok
    tab = other.open("/sell")
    expect(tab.get_by_label("Name of the event")).to_have_value("Kites of the coast")
    tab.get_by_role("button", name="Start over").click()
    tab.get_by_role("button", name="Forget it").click()
    expect(tab.get_by_role("heading", name="Create a Ticket")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Name of the event")).to_have_value("")


def test_pdf_of_two_tickets_becomes_one_listing(
    site: Site, visitor: Callable[..., Visitor]
) -> None:
    seller, thief = visitor(), visitor()
    event = seller.make_event(f"Kites {uuid4().hex[:6]}", make_venue(site), category="concert")
    pdf = ticket_files.two_tickets(uuid4().hex)
    page = seller.open("/tickets/new")
    page.get_by_text("Or start with your ticket file").click()
    attach(page, pdf)
    # What the file says is a suggestion.
    search = page.get_by_label("Event", exact=True)
    expect(search).to_have_value(ticket_files.SHOW[0])
    expect(page.get_by_text("Filled in from your file")).to_contain_text("venue, city, day, time")
    page.get_by_role("button", name="Undo").click()
    expect(search).to_have_value("")
    search.fill(event["title"])
    page.get_by_role("link", name=event["title"]).click()
    expect(page.get_by_label("How many tickets?")).to_have_value("2")
    expect(page.get_by_label("Seats", exact=True)).to_have_value("")
    page.get_by_label("Seats", exact=True).fill("45-46")
    expect(page.get_by_role("list", name="Attached").get_by_role("listitem")).to_contain_text(
        ["For seat 45", "For seat 46"]
    )
    go_to_look(page, "68")
    expect(page.get_by_role("main")).to_contain_text("File, checked")
    page.get_by_role("button", name="List for sale").click()
    expect(page.get_by_role("heading", name=event["title"])).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("File, checked")

    stolen = thief.open(f"/sell/tickets?event={event['id']}")
    stolen.get_by_role("radio", name="As a file").check()
    attach(stolen, pdf)
    expect(stolen.get_by_label("Seats", exact=True)).to_have_value("12, 13")
    stolen.get_by_label("Seats", exact=True).fill("1-2")
    go_to_look(stolen, "60")
    stolen.get_by_role("button", name="List for sale").click()
    expect(stolen.get_by_text("This ticket is for sale here already")).to_be_visible()


def attach(page: Page, pdf: bytes) -> None:
    file = FilePayload(name="tickets.pdf", mimeType="application/pdf", buffer=pdf)
    page.get_by_label("Drop your tickets here").set_input_files(file)
    expect(page.get_by_text("2 tickets found.")).to_be_visible()


def go_to_look(page: Page, price: str) -> None:
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Price per ticket").fill(price)
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="What you agree to")).to_be_visible()
