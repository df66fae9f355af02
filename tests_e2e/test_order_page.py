"""The order page: remaining time, outcome of the payment, and refunds."""

import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.site import Site
from tests_e2e.scenes import EVENT
from tests_e2e.steps import (
    DECLINED_CARD,
    GOOD_CARD,
    SECURE_CARD,
    Visitor,
    answer_challenge,
    card_frame,
    challenge_frame,
)

# Long enough to reach the card form on a busy machine, short enough to wait for its end.
HASTY = {"ORDER_HOLD_SECONDS": "8", "PAYMENT_GRACE_SECONDS": "2"}
RECORD_SPOKEN = """() => {
  window.spoken = [];
  new MutationObserver(() => {
    const statuses = [...document.querySelectorAll("[role=timer] + [role=status]")];
    const text = statuses.map((status) => status.textContent).join("");
    if (text && text !== window.spoken.at(-1)) window.spoken.push(text);
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""
CONFIRMING = "We are confirming your payment."
IS_OVER = "The time for this order is over."


@pytest.fixture(scope="module")
def hasty_url(site: Site) -> Generator[str]:
    """A web process of the same site with holds of seconds."""
    with site.other_web(**HASTY) as other:
        yield other.url


@contextmanager
def stripe_fails(buyer: Visitor, site: Site, match: str, **fault: Any) -> Generator[None]:  # noqa: ANN401  # any of its fields
    """Fail matching requests to Stripe until the end of the block."""
    control = f"{site.stack.env['STRIPE_API_BASE']}/_emulator"
    assert buyer.context.request.post(f"{control}/fault", data={"match": match, **fault}).ok
    try:
        yield
    finally:
        assert buyer.context.request.post(f"{control}/clear").ok


def leave_seconds(page: Page, seconds: int) -> None:
    """Advance the page's clock until so much of the hold is left."""
    minutes, left = map(int, page.get_by_role("timer").first.inner_text().split(":"))
    page.clock.fast_forward((minutes * 60 + left - seconds) * 1000)


def expect_over(page: Page) -> None:
    expect(page.get_by_text(IS_OVER)).to_be_visible()
    expect(page.locator("#outcome").get_by_text("Your card was not charged.")).to_be_visible()
    expect(page.get_by_role("button", name="Pay", exact=True)).to_have_count(0)


def test_the_dialog_says_what_is_paid_and_what_happens_next(
    visitor: Callable[..., Visitor],
) -> None:
    seller, buyer = visitor(), visitor()
    title = f"Night of Kites, {'with friends ' * 6}"
    buyer.purchase(seller.sell(title))
    dialog = buyer.open_payment()
    expect(dialog).to_contain_text(f"{title.strip()}$40.00")
    box, price = dialog.bounding_box(), dialog.get_by_text("$40.00", exact=True).bounding_box()
    assert box
    assert price
    assert price["x"] + price["width"] <= box["x"] + box["width"]
    expect(dialog).to_contain_text(re.compile(r"You have 14:\d\d left to order|15:00"))
    expect(dialog).to_contain_text("charged once, and only if the ticket becomes yours")


def test_the_card_form_is_dark_when_the_page_is(visitor: Callable[..., Visitor]) -> None:
    seller, buyer = visitor(), visitor()
    buyer.purchase(seller.sell())
    buyer.open_payment()
    form = card_frame(buyer.page).locator("html")
    expect(form).to_have_attribute("data-theme", "stripe")
    buyer.page.emulate_media(color_scheme="dark")
    expect(form).to_have_attribute("data-theme", "night")


def test_announces_only_the_last_minutes(
    visitor: Callable[..., Visitor],
) -> None:
    seller, buyer = visitor(), visitor()
    page = buyer.page
    page.clock.install()
    buyer.purchase(seller.sell())
    page.evaluate(RECORD_SPOKEN)
    warning = page.get_by_text("The time is nearly over.")
    expect(warning).to_be_hidden()
    leave_seconds(page, 121)
    page.wait_for_function("window.spoken.length === 1")
    expect(warning).to_be_visible()
    dialog = buyer.open_payment()
    leave_seconds(page, 61)
    # Once, though the page below the dialog counts as well.
    expect(dialog.get_by_role("status")).to_have_text("1 minute left to order")
    leave_seconds(page, 31)
    expect(dialog.get_by_role("status")).to_have_text("30 seconds left to order")
    leave_seconds(page, 10)
    expect(dialog.get_by_role("status")).to_have_text("")
    assert page.evaluate("window.spoken") == [
        "2 minutes left to order",
        "1 minute left to order",
        "30 seconds left to order",
    ]


def test_at_zero_the_dialog_closes_and_nothing_was_charged(
    hasty_url: str, visitor: Callable[..., Visitor]
) -> None:
    seller, buyer = visitor(), visitor(url=hasty_url)
    buyer.purchase(seller.sell("Kite Parade"))
    dialog = buyer.open_payment()
    expect(dialog).to_have_count(0)
    expect_over(buyer.page)
    # Pay is gone; the focus moves to the outcome, for screen readers.
    expect(buyer.page.locator("#outcome")).to_be_focused()
    buyer.page.get_by_role("navigation").get_by_role("link", name="My Orders").click()
    row = buyer.page.get_by_role("listitem").filter(has_text="Kite Parade")
    expect(row).to_contain_text("Your card was not charged.")


# In brief: test_after_the_grace_during_3ds of tests/integration/payments/test_races.py.
@pytest.mark.slow
def test_when_three_d_secure_takes_too_long_nothing_was_charged(
    hasty_url: str, visitor: Callable[..., Visitor]
) -> None:
    seller, buyer = visitor(), visitor(url=hasty_url)
    buyer.purchase(seller.sell())
    dialog = buyer.open_payment()
    buyer.pay(SECURE_CARD)
    expect(challenge_frame(buyer.page).get_by_role("button", name="Complete")).to_be_visible()
    expect(buyer.page.get_by_text(IS_OVER)).to_be_attached()
    # A card is being checked: the dialog stays until the bank has answered.
    expect(dialog).to_be_visible()
    answer_challenge(buyer.page, complete=True)
    expect(dialog.get_by_role("alert")).to_contain_text("Your card was not charged.")
    dialog.get_by_role("button", name="Close").click()
    expect_over(buyer.page)


@pytest.mark.slow
def test_when_a_card_is_authorised_too_late_nothing_was_charged(
    site: Site, hasty_url: str, visitor: Callable[..., Visitor]
) -> None:
    seller, buyer = visitor(), visitor(url=hasty_url)
    buyer.purchase(seller.sell())
    dialog = buyer.open_payment()
    with stripe_fails(buyer, site, "payment_intents/[^/]+/confirm", do="delay", seconds=12):
        buyer.pay(GOOD_CARD)
        expect(buyer.page.get_by_text(IS_OVER)).to_be_attached()
        expect(dialog.get_by_role("alert")).to_contain_text("Your card was not charged.")
        dialog.get_by_role("button", name="Close").click()
        expect_over(buyer.page)


def test_confirming_outlives_the_page_and_ends_by_itself(
    site: Site, visitor: Callable[..., Visitor]
) -> None:
    seller, buyer = visitor(), visitor()
    order_id = buyer.purchase(seller.sell())
    buyer.open_payment()
    with stripe_fails(buyer, site, "/capture", do="down", times=1000):
        buyer.pay(GOOD_CARD)
        expect(buyer.page.locator("#outcome")).to_contain_text(CONFIRMING)
        buyer.page.reload()
        expect(buyer.page.locator("#outcome")).to_contain_text(CONFIRMING)
        second = buyer.open(f"/orders/{order_id}", buyer.context.new_page())
        expect(second.locator("#outcome")).to_contain_text(CONFIRMING)
        expect(second.get_by_role("button", name="Pay", exact=True)).to_have_count(0)
        second.close()
        buyer.open("/")
    # As after a night with the laptop closed, without any action.
    buyer.open(f"/orders/{order_id}")
    expect(buyer.page.get_by_text("The seller sends you the ticket")).to_be_visible()


@pytest.mark.slow
def test_confirming_can_end_in_a_failure(site: Site, visitor: Callable[..., Visitor]) -> None:
    seller, buyer = visitor(), visitor()
    order_id = buyer.purchase(seller.sell())
    buyer.open_payment()
    stripe, key = (site.stack.env[name] for name in ("STRIPE_API_BASE", "STRIPE_SECRET_KEY"))
    with stripe_fails(buyer, site, "/capture", do="down", times=1000):
        buyer.pay(GOOD_CARD)
        expect(buyer.page.locator("#outcome")).to_contain_text(CONFIRMING)
        buyer.page.reload()
        books = buyer.context.request.get(f"{stripe}/_emulator/books").json()
        (intent,) = (row for row in books["intents"] if row["metadata"]["order_id"] == order_id)
        # By hand, in Stripe's Dashboard.
        answer = buyer.context.request.post(
            f"{stripe}/v1/payment_intents/{intent['id']}/cancel",
            headers={"Authorization": f"Bearer {key}"},
        )
        assert answer.ok
        expect(buyer.page.locator("#outcome")).to_contain_text("cancelled")
        expect(buyer.page.locator("#outcome")).to_contain_text("Your card was not charged.")


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
    expect(buyer.page.get_by_role("heading", name=re.compile("^Paid: "))).to_be_visible()


def test_a_card_form_that_does_not_load_can_be_tried_again(visitor: Callable[..., Visitor]) -> None:
    seller, buyer = visitor(), visitor()
    buyer.purchase(seller.sell())
    page = buyer.page
    page.get_by_role("button", name="Pay", exact=True).click()
    dialog = page.get_by_role("dialog", name="Pay for your ticket")
    expect(dialog.get_by_role("button", name=re.compile(r"^Pay \$"))).to_be_enabled()
    # The message of Stripe's frame when it cannot be drawn.
    card_frame(page).locator("body").evaluate(
        '() => parent.postMessage({ event: "loaderror", detail: { error: {} } }, "*")'
    )
    expect(dialog.get_by_role("alert")).to_contain_text("can't reach the payment service")
    dialog.get_by_role("button", name="Try again").click()
    buyer.pay(GOOD_CARD)
    expect(page.get_by_role("heading", name=re.compile("^Paid: "))).to_be_visible()


def test_a_refund_is_told_as_it_happens(site: Site, visitor: Callable[..., Visitor]) -> None:
    seller, buyer = visitor(), visitor()
    ticket_id = seller.sell("The Paper Lanterns", 40, **EVENT)
    order_id = buyer.purchase(ticket_id)
    buyer.open_payment()
    buyer.pay(GOOD_CARD)
    expect(buyer.page.get_by_text("The seller sends you the ticket")).to_be_visible()
    calendar = buyer.page.get_by_role("link", name="Add to calendar")
    expect(calendar).to_be_visible()
    listings = seller.open("/tickets/mine")
    expect(listings.get_by_text("Sold", exact=True)).to_be_visible()
    # The operators' own command; both pages stand open and change by themselves.
    command = ("-m", "ticketing_app", "refund", order_id, "--reason", "The concert was moved.")
    site.stack.run(*command)
    sentence = re.compile(r"We sent your \$40\.00.* back to your card")
    expect(buyer.page.get_by_text(sentence).first).to_be_visible()
    expect(calendar).to_have_count(0)
    # In print only the receipt shows it.
    buyer.page.emulate_media(media="print")
    receipt = buyer.page.get_by_role("definition")
    expect(receipt.filter(has_text=re.compile(r"\$40\.00 USD on \w+"))).to_be_visible()
    buyer.page.emulate_media(media="screen")
    expect(listings.get_by_role("link", name="Sell this ticket")).to_be_visible()
    shop = buyer.open("/orders")
    expect(shop.get_by_role("listitem").filter(has_text="Refunded").first).to_be_visible()
    page = seller.open(f"/tickets/{ticket_id}")
    expect(page.get_by_text("Status - Sold")).to_be_visible()
