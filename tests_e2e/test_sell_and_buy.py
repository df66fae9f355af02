"""The main job: somebody lists a ticket, somebody else buys it, and both see that it is sold."""

import re
from collections.abc import Callable
from uuid import uuid4

from playwright.sync_api import expect

from tests.site import Site
from tests_e2e.steps import (
    DECLINED_CARD,
    GOOD_CARD,
    PASSWORD,
    SECURE_CARD,
    Visitor,
    answer_challenge,
    card_frame,
)

COUNT_FIRST_LOADS = """
  window.firstLoads = 0;
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...args) {
      super(...args);
      this.addEventListener("message", ({ data }) => {
        if (/"is_hydrated_rx_state_": ?true/.test(data)) window.firstLoads += 1;
      });
    }
  };"""


def test_from_sign_up_to_sold(visitor: Callable[..., Visitor]) -> None:
    seller, buyer = visitor(signed_in=False), visitor(signed_in=False)
    title = f"Night of Kites {uuid4().hex[:6]}"

    page = seller.open("/")
    page.get_by_role("navigation").get_by_role("link", name="Sign Up").click()
    sign_up(seller)
    page.get_by_role("navigation").get_by_role("link", name="Sell Tickets").click()
    expect(page.get_by_role("heading", name="Create a Ticket")).to_be_visible()
    page.get_by_label("Title", exact=True).fill(title)
    page.get_by_label("Price", exact=True).fill("40")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(page.get_by_text("Price - $40")).to_be_visible()
    expect(page.get_by_text("Status - Available")).to_be_visible()

    shop = buyer.open("/")
    expect(shop.get_by_role("heading", name="Tickets For Sale")).to_be_visible()
    shop.get_by_role("link", name=title).click()
    shop.get_by_role("button", name="Purchase").click()
    # A stranger is asked who they are first, and comes back to the ticket.
    expect(shop.get_by_role("heading", name="Sign In")).to_be_visible()
    shop.get_by_role("main").get_by_role("link", name=re.compile("Sign up", re.IGNORECASE)).click()
    sign_up(buyer)
    expect(shop.get_by_role("heading", name=title)).to_be_visible()
    shop.get_by_role("button", name="Purchase").click()
    expect(shop.get_by_role("heading", name=f"Purchasing {title}")).to_be_visible()
    expect(shop.get_by_text(re.compile(r"You have .* left to order")).first).to_be_visible()
    expect(page.get_by_text("Status - Locked")).to_be_visible()

    buyer.open_payment()
    buyer.pay(GOOD_CARD)
    expect(shop.get_by_role("heading", name=f"You are going: {title}")).to_be_visible()
    expect(shop.get_by_text("Paid $40.00")).to_be_visible()
    expect(page.get_by_text("Status - Sold")).to_be_visible()

    shop.get_by_role("navigation").get_by_role("link", name="My Orders").click()
    expect(shop.get_by_role("listitem").filter(has_text=title)).to_contain_text("Paid")


def test_a_declined_card_leaves_the_hold_and_another_card_pays(
    visitor: Callable[..., Visitor],
) -> None:
    seller, buyer = visitor(), visitor()
    order_id = buyer.purchase(seller.sell())
    dialog = buyer.open_payment()
    buyer.pay(DECLINED_CARD)
    expect(dialog.get_by_role("alert")).to_contain_text("declined")
    expect(dialog.get_by_role("alert")).to_contain_text("2 more")
    assert buyer.order(order_id)["status"] == "created"
    buyer.pay(GOOD_CARD)
    expect(buyer.page.get_by_role("heading", name=re.compile("You are going"))).to_be_visible()


def test_the_third_decline_frees_the_ticket(visitor: Callable[..., Visitor]) -> None:
    seller, buyer = visitor(), visitor()
    ticket_id = seller.sell()
    watcher = visitor(signed_in=False)
    watcher.open(f"/tickets/{ticket_id}")
    order_id = buyer.purchase(ticket_id)
    expect(watcher.page.get_by_text("Status - Locked")).to_be_visible()
    dialog = buyer.open_payment()
    for left in ("2 more", "1 more|once more|one more"):
        buyer.pay(DECLINED_CARD)
        expect(dialog.get_by_role("alert")).to_contain_text(re.compile(left))
    buyer.pay(DECLINED_CARD)
    expect(watcher.page.get_by_text("Status - Available")).to_be_visible()
    assert buyer.order(order_id)["status"] == "cancelled"
    expect(buyer.page.get_by_text(re.compile("not charged")).first).to_be_visible()


def test_a_typing_error_never_counts(visitor: Callable[..., Visitor]) -> None:
    seller, buyer = visitor(), visitor()
    order_id = buyer.purchase(seller.sell())
    buyer.open_payment()
    for _ in range(4):
        buyer.pay("4242424242424241")
        expect(card_frame(buyer.page).get_by_text(re.compile("invalid|incorrect"))).to_be_visible()
    assert buyer.order(order_id)["status"] == "created"
    buyer.pay(GOOD_CARD)
    expect(buyer.page.get_by_role("heading", name=re.compile("You are going"))).to_be_visible()


def test_three_d_secure_completed(visitor: Callable[..., Visitor]) -> None:
    seller, buyer = visitor(), visitor()
    buyer.purchase(seller.sell())
    buyer.open_payment()
    buyer.pay(SECURE_CARD)
    answer_challenge(buyer.page, complete=True)
    expect(buyer.page.get_by_role("heading", name=re.compile("You are going"))).to_be_visible()


def test_three_d_secure_failed_then_another_card(visitor: Callable[..., Visitor]) -> None:
    seller, buyer = visitor(), visitor()
    order_id = buyer.purchase(seller.sell())
    dialog = buyer.open_payment()
    buyer.pay(SECURE_CARD)
    answer_challenge(buyer.page, complete=False)
    expect(dialog.get_by_role("alert")).to_contain_text("2 more")
    assert buyer.order(order_id)["status"] == "created"
    buyer.pay(GOOD_CARD)
    expect(buyer.page.get_by_role("heading", name=re.compile("You are going"))).to_be_visible()


def test_two_tabs_pay_once(visitor: Callable[..., Visitor]) -> None:
    seller, buyer = visitor(), visitor()
    order_id = buyer.purchase(seller.sell())
    second = buyer.open(f"/orders/{order_id}", buyer.context.new_page())
    buyer.open_payment()
    buyer.open_payment(second)
    buyer.pay(GOOD_CARD)
    for tab in (buyer.page, second):
        expect(tab.get_by_role("heading", name=re.compile("You are going"))).to_be_visible()


def test_a_decline_after_closing_the_dialog_is_told(visitor: Callable[..., Visitor]) -> None:
    seller, buyer = visitor(), visitor()
    buyer.purchase(seller.sell())
    dialog = buyer.open_payment()
    settle = re.compile(r"/api/payments/[^/]+/settle$")
    undecided = {"status": "capturing", "attemptsLeft": 3, "message": None}
    buyer.page.route(settle, lambda route: route.fulfill(json=undecided))
    buyer.pay(DECLINED_CARD)
    expect(dialog.get_by_text("We are confirming your payment")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)
    buyer.page.unroute(settle)
    expect(dialog.get_by_role("alert")).to_contain_text("declined")
    dialog.get_by_role("button", name="Try again").click()
    buyer.pay(GOOD_CARD)
    expect(buyer.page.get_by_role("heading", name=re.compile("You are going"))).to_be_visible()


def test_a_card_form_that_does_not_load_can_be_tried_again(visitor: Callable[..., Visitor]) -> None:
    seller, buyer = visitor(), visitor()
    buyer.purchase(seller.sell())
    page = buyer.page
    page.get_by_role("button", name="Pay", exact=True).click()
    dialog = page.get_by_role("dialog", name="Pay for your ticket")
    expect(dialog.get_by_role("button", name=re.compile(r"^Pay \$"))).to_be_enabled()
    # What Stripe's own frame tells when it cannot be drawn.
    card_frame(page).locator("body").evaluate(
        '() => parent.postMessage({ event: "loaderror", detail: { error: {} } }, "*")'
    )
    expect(dialog.get_by_role("alert")).to_contain_text("can't reach the payment service")
    dialog.get_by_role("button", name="Try again").click()
    buyer.pay(GOOD_CARD)
    expect(page.get_by_role("heading", name=re.compile("You are going"))).to_be_visible()


def test_what_was_typed_outlives_the_web_process(
    site: Site, visitor: Callable[..., Visitor]
) -> None:
    seller = visitor()
    seller.page.add_init_script(COUNT_FIRST_LOADS)
    page = seller.open("/tickets/new")
    title, price = page.get_by_label("Title", exact=True), page.get_by_label("Price", exact=True)
    title.fill("Typed before the crash")
    price.fill("12,50")
    page.wait_for_function("window.firstLoads === 1")
    site.kill_web()
    site.start_web()
    # The page is connected again, to a server that knows nothing of it and sends all anew.
    page.wait_for_function("window.firstLoads === 2", timeout=30_000)
    expect(title).to_have_value("Typed before the crash")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("Price - $12.50")).to_be_visible()


def sign_up(someone: Visitor) -> None:
    page = someone.page
    expect(page.get_by_role("heading", name="Sign Up")).to_be_visible()
    page.get_by_label("Email").fill(someone.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign Up").click()
    expect(page.get_by_role("button", name="Sign Out")).to_be_visible()
