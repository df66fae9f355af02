"""The pages of tickets: to find, to buy, to sell."""

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, WebSocketRoute, expect

from docs.screenshots.stage import (
    EVENT,
    HUGE_PRICE,
    LONG_TITLE,
    LONG_WORD,
    STARTS_AT,
    TITLE,
    Stage,
    loading,
    paid,
    pay_for,
    without,
    without_web,
)


def list_filters(stage: Stage) -> Page:
    stage.fill_market()
    page = stage.look("/?category=concert&minPrice=20&maxPrice=90&available=true", "Only available")
    page.set_viewport_size({"width": 360, "height": 740})
    page.get_by_role("button", name="Filters").click()
    return page


def list_changed(stage: Stage) -> Page:
    """A row that was just locked, two new tickets, and extreme titles and prices."""
    ticket_id = stage.sell()
    for title, price in ((LONG_TITLE, HUGE_PRICE), (LONG_WORD, 40.5)):
        stage.sell(title, price)
    page = stage.look("/", LONG_WORD)
    stage.visitor().hold(ticket_id)
    for _ in range(2):
        stage.sell("Kites After Dark", category="festival")
    expect(page.get_by_role("button", name="2 new tickets")).to_be_visible()
    return page


def event(stage: Stage) -> Page:
    """The event of the demo data with the most offers, and with several dates."""
    stage.fill_market()
    page = stage.look("/", "Velvet Meridian")
    page.get_by_role("link", name="Velvet Meridian").first.click()
    expect(page.get_by_text("Other dates")).to_be_visible()
    return page


def event_for_two(stage: Stage) -> Page:
    page = event(stage)
    choose_two(page)
    return page


def choose_two(page: Page) -> None:
    """Choose two tickets on the page of an event."""
    page.get_by_role("link", name="2", exact=True).click()
    expect(page.get_by_text("2 together").first).to_be_visible()


def ticket_available(stage: Stage) -> Page:
    return stage.look(f"/tickets/{stage.sell()}", "Status - Available", "Similar tickets")


def ticket_extreme(stage: Stage) -> Page:
    ticket_id = stage.sell(LONG_TITLE, HUGE_PRICE, section=LONG_WORD)
    return stage.look(f"/tickets/{ticket_id}", "Status - Available")


def ticket_bare(stage: Stage) -> Page:
    return stage.look(f"/tickets/{stage.fill_market().sell(TITLE)}", "Status - Available")


def ticket_own(stage: Stage) -> Page:
    seller = stage.visitor()
    return seller.open(f"/tickets/{seller.sell(TITLE, 72, **EVENT)}")


def ticket_withdrawing(stage: Stage) -> Page:
    page = ticket_own(stage)
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_role("button", name="Withdraw ticket")).to_be_visible()
    return page


def ticket_withdrawn(stage: Stage) -> Page:
    page = ticket_withdrawing(stage)
    page.get_by_role("button", name="Withdraw ticket").click()
    expect(page.get_by_text("Status - Withdrawn")).to_be_visible()
    return page


def ticket_locked(stage: Stage) -> Page:
    ticket_id = stage.sell()
    stage.visitor().hold(ticket_id)
    return stage.look(f"/tickets/{ticket_id}", "Status - Locked", "It may come back in")


def ticket_lost(stage: Stage) -> Page:
    """Another buyer was quicker."""
    ticket_id = stage.sell()
    slow = stage.visitor()
    quick = stage.visitor()
    page = slow.open(f"/tickets/{ticket_id}")
    button = page.get_by_role("button", name="Purchase")
    expect(button).to_be_enabled()
    with without(stage.site, "worker"):
        quick.hold(ticket_id)
        button.click()
        expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_text("Status - Locked")).to_be_visible()
    return page


def ticket_held(stage: Stage) -> Page:
    ticket_id = stage.sell()
    buyer = stage.visitor()
    buyer.hold(ticket_id)
    return buyer.open(f"/tickets/{ticket_id}")


def ticket_sold(stage: Stage) -> Page:
    ticket_id, _ = paid(stage)
    return stage.look(f"/tickets/{ticket_id}", "Status - Sold")


def ticket_bought(stage: Stage) -> Page:
    ticket_id, page = paid(stage)
    page.goto(f"/tickets/{ticket_id}")
    expect(page.get_by_role("heading", name="From owner to owner")).to_be_visible()
    return page


def ticket_begun(stage: Stage) -> Page:
    begins = datetime.now(UTC) + timedelta(seconds=2)
    page = stage.look(f"/tickets/{stage.sell(startsAt=begins.isoformat())}")
    # No domain event announces the start: wait for the time.
    page.wait_for_function("time => Date.now() > time", arg=begins.timestamp() * 1000)
    page.reload()
    expect(page.get_by_text("The event has begun").first).to_be_visible()
    return page


def ticket_loading(stage: Stage) -> Page:
    """Navigate from the list while the server does not respond; a document would contain the ticket."""
    ticket_id = stage.sell()
    someone = stage.onlooker()
    is_silent = False

    def connect(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        socket.on_message(lambda message: None if is_silent else server.send(message))

    someone.page.route_web_socket(re.compile("/_event"), connect)
    page = someone.open("/")
    is_silent = True
    page.locator(f"[data-ticket='{ticket_id}']").get_by_role("link").click()
    expect(page.locator("[aria-busy=true]")).to_be_visible()
    return page


def list_offline(stage: Stage) -> Page:
    stage.fill_market()
    page = stage.look("/")
    stage.until_taken(without_web(stage.site))
    expect(page.get_by_text("We can't reach the server right now")).to_be_visible()
    return page


def sell_empty(stage: Stage) -> Page:
    page = stage.visitor().open("/tickets/new")
    expect(page.get_by_role("button", name="Submit")).to_be_visible()
    return page


def sell_filled(stage: Stage) -> Page:
    stage.fill_market()
    page = sell_empty(stage)
    page.get_by_label("Title", exact=True).fill(TITLE)
    page.get_by_label("Price", exact=True).fill("42.50")
    page.get_by_text("About the event").click()
    page.get_by_label("Category").select_option("concert")
    page.get_by_label("Venue").fill("Hudson Works")
    page.get_by_label("City").fill("New York")
    page.get_by_label("Starts at").fill(f"{STARTS_AT:%Y-%m-%dT%H:%M}")
    page.get_by_label("Seat").fill("11, 12, 13")
    page.get_by_label("Face value").fill("48")
    expect(page.get_by_text("The buyer pays $42.50")).to_be_visible()
    return page


def sell_wrong(stage: Stage) -> Page:
    page = sell_empty(stage)
    page.get_by_label("Title", exact=True).fill(" ")
    page.get_by_label("Price", exact=True).fill("a lot")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    return page


def edit_loading(stage: Stage) -> Page:
    return loading(f"/tickets/{stage.sell()}/edit")(stage)


def edit(stage: Stage) -> Page:
    seller = stage.visitor()
    page = seller.open(f"/tickets/{seller.sell(TITLE, 72, **EVENT)}/edit")
    expect(page.get_by_role("button", name="Submit")).to_be_visible()
    return page


def listings_empty(stage: Stage) -> Page:
    page = stage.visitor().open("/tickets/mine")
    expect(page.get_by_text("No listings yet")).to_be_visible()
    return page


def listings_full(stage: Stage) -> Page:
    seller = stage.visitor()
    ids = [seller.sell(title, 72, **EVENT) for title in (TITLE, LONG_TITLE, "Kites", "Hologarden")]
    seller.sell(LONG_WORD, HUGE_PRICE)
    seller.context.request.delete(f"/api/tickets/{ids[2]}")
    stage.visitor().hold(ids[0])
    pay_for(stage, ids[3])
    page = seller.open("/tickets/mine")
    expect(page.get_by_text("Sold", exact=True)).to_be_visible()
    return page


def listings_several(stage: Stage) -> Page:
    page = sell_filled(stage)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("3 tickets are for sale now")).to_be_visible()
    return page
