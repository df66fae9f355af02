"""The lock of a ticket: it expires, can be released, and protects the price."""

import re
from collections.abc import Callable

from playwright.sync_api import WebSocketRoute, expect

from tests.site import Site
from tests_e2e.steps import Visitor

RECORD_STATUS = """() => {
  window.shown = [];
  new MutationObserver(() => {
    const status = document.querySelector("main article [role=status]")?.textContent;
    if (status?.startsWith("Status - ") && status !== (window.shown.at(-1)?.[0] ?? "Status - Available")) {
      window.shown.push([status, document.querySelector("main [role=timer]") !== null]);
    }
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""

RECORD_NOTIFICATIONS = """
window.notified = [];
window.Notification = class {
  static requestPermission() {}
  constructor(text) { window.notified.push(text); }
};
"""


def test_a_hold_ends_by_itself_while_a_third_person_watches(
    site: Site, visitor: Callable[..., Visitor]
) -> None:
    seller, watcher = visitor(), visitor(signed_in=False)
    ticket_id = seller.sell()
    page = watcher.open(f"/tickets/{ticket_id}")
    expect(page.get_by_text("Status - Available")).to_be_visible()
    # Three seconds may pass between two polls: the page itself records its states.
    page.evaluate(RECORD_STATUS)
    with site.other_web(ORDER_HOLD_SECONDS="3") as other:
        buyer = visitor(url=other.url)
        buyer.purchase(ticket_id)
        page.wait_for_function("window.shown.length >= 2", timeout=20_000)
        assert page.evaluate("window.shown") == [
            ["Status - Locked", True],
            ["Status - Available", False],
        ]
        expect(watcher.page.get_by_role("button", name="Purchase")).to_be_visible()
        expect(buyer.page.get_by_text(re.compile("time .* is over", re.IGNORECASE))).to_be_visible()
        expect(buyer.page.get_by_text(re.compile("not charged"))).to_be_visible()
        buyer.page.close()


def test_a_seller_cannot_change_a_locked_ticket(visitor: Callable[..., Visitor]) -> None:
    seller, buyer = visitor(), visitor()
    ticket_id = seller.sell(price=40)
    page = seller.open(f"/tickets/{ticket_id}/edit")
    price = page.get_by_label("Price", exact=True)
    expect(price).to_have_value(re.compile("40"))
    order_id = buyer.hold(ticket_id)
    price.fill("400")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert")).to_contain_text("buying this ticket right now")
    assert buyer.order(order_id)["price"] == 40
    # The typed values are kept, and accepted once the hold has ended.
    buyer.context.request.delete(f"/api/orders/{order_id}")
    expect(price).to_have_value("400")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("Price - $400")).to_be_visible()


def test_letting_go_unlocks_at_once(visitor: Callable[..., Visitor]) -> None:
    seller, buyer, watcher = visitor(), visitor(), visitor(signed_in=False)
    ticket_id = seller.sell()
    watcher.open(f"/tickets/{ticket_id}")
    buyer.purchase(ticket_id)
    expect(watcher.page.get_by_text("Status - Locked")).to_be_visible()
    buyer.page.get_by_role("button", name="Release ticket").click()
    buyer.page.get_by_role("button", name="Keep it").click()
    buyer.page.get_by_role("button", name="Release ticket").click()
    buyer.page.get_by_role("button", name="Release it").click()
    expect(buyer.page.get_by_text("This order was cancelled")).to_be_visible()
    expect(watcher.page.get_by_text("Status - Available")).to_be_visible()


def test_notifies_waiting_visitor_once_it_is_free(visitor: Callable[..., Visitor]) -> None:
    seller, buyer, waiting = visitor(), visitor(), visitor()
    waiting.context.add_init_script(RECORD_NOTIFICATIONS)
    ticket_id = seller.sell("Kite Parade")
    order_id = buyer.hold(ticket_id)
    page = waiting.open(f"/tickets/{ticket_id}")
    page.get_by_role("button", name="Tell me if it comes back").click()
    expect(page.get_by_text("We will tell you as soon as it is free.")).to_be_visible()
    buyer.context.request.delete(f"/api/orders/{order_id}")
    expect(page.get_by_role("button", name="Purchase")).to_be_visible()
    page.wait_for_function("window.notified.length > 0")
    assert page.evaluate("window.notified") == ["Kite Parade is available again"]
    # One request gives one notification.
    visitor().hold(ticket_id)
    expect(page.get_by_role("button", name="Tell me if it comes back")).to_be_visible()


def test_loser_of_a_race_sees_the_reason(visitor: Callable[..., Visitor]) -> None:
    seller, winner, loser = visitor(), visitor(), visitor()
    ticket_id = seller.sell()
    is_late = False

    def connect(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            if not (is_late and "ticketing" in str(message) and "CustomEvent" in str(message)):
                socket.send(message)

        server.on_message(pass_on)

    # The event is delayed, as when both press at once: the page still offers Purchase.
    loser.page.route_web_socket(re.compile("/_event"), connect)
    loser.open(f"/tickets/{ticket_id}")
    button = loser.page.get_by_role("button", name="Purchase")
    expect(button).to_be_visible()
    is_late = True
    winner.hold(ticket_id)
    button.click()
    expect(loser.page.get_by_role("alert")).to_contain_text("Someone was quicker")
    is_late = False
    loser.page.reload()
    expect(loser.page.get_by_text("Status - Locked")).to_be_visible()
    expect(button).to_have_count(0)


def test_the_list_changes_while_one_looks_at_it(visitor: Callable[..., Visitor]) -> None:
    seller, buyer, watcher = visitor(), visitor(), visitor(signed_in=False)
    ticket_id = seller.sell("Kite Parade")
    watcher.open("/")
    row = watcher.page.locator(f"article[data-ticket='{ticket_id}']")
    expect(row).to_contain_text("Available")
    order_id = buyer.hold(ticket_id)
    expect(row).to_contain_text("Locked")
    buyer.context.request.delete(f"/api/orders/{order_id}")
    expect(row).to_contain_text("Available")
    seller.sell("Something New")
    expect(watcher.page.get_by_role("button", name="1 new ticket")).to_be_visible()
