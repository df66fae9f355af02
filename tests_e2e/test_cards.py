"""Stripe's test cards with different outcomes for the buyer, typed into the real form.

The main ones run always, the others with `bin/test --all`.
"""

import re
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, Route, expect

from tests.site import Site
from tests_e2e.steps import (
    DECLINED_CARD,
    GOOD_CARD,
    SECURE_CARD,
    Visitor,
    answer_challenge,
    card_frame,
    challenge_frame,
)

ANY_TIME = pytest.mark.slow


def expect_bought(page: Page) -> None:
    expect(page.get_by_role("heading", name=re.compile("^Paid: "))).to_be_visible()


@ANY_TIME
def test_american_express_has_a_code_of_four_digits(visitor: Callable[..., Visitor]) -> None:
    seller, buyer = visitor(), visitor()
    order_id = buyer.purchase(seller.sell())
    buyer.open_payment()
    buyer.pay("378282246310005", code="123")
    expect(card_frame(buyer.page).get_by_text("security code is incomplete")).to_be_visible()
    assert buyer.order(order_id)["status"] == "created"
    buyer.pay("378282246310005", code="1234")
    expect_bought(buyer.page)


def test_a_declined_card_leaves_the_hold_and_another_card_pays(
    visitor: Callable[..., Visitor],
) -> None:
    seller, buyer = visitor(), visitor()
    order_id = buyer.purchase(seller.sell())
    dialog = buyer.open_payment()
    buyer.pay(DECLINED_CARD)
    told = dialog.get_by_role("alert")
    expect(told).to_contain_text("Your card was declined. You were not charged")
    expect(told).to_contain_text("2 more times")
    assert buyer.order(order_id)["status"] == "created"
    buyer.pay(GOOD_CARD)
    expect_bought(buyer.page)


@ANY_TIME
@pytest.mark.parametrize(
    ("card", "reason"),
    [
        ("4000000000009995", "Your card does not have enough money for this."),
        ("4000000000000341", "Your card was declined."),
        ("4000000000000069", "Your card has expired."),
        ("4000000000000127", "The security code of your card is wrong."),
        ("4000000000000119", "Your bank could not process the card just now."),
    ],
)
def test_the_reason_is_told_in_plain_words(
    visitor: Callable[..., Visitor], card: str, reason: str
) -> None:
    seller, buyer = visitor(), visitor()
    order_id = buyer.purchase(seller.sell())
    dialog = buyer.open_payment()
    buyer.pay(card)
    expect(dialog.get_by_role("alert")).to_contain_text(reason)
    expect(dialog.get_by_role("alert")).to_contain_text("2 more times")
    assert buyer.order(order_id)["status"] == "created"


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


@pytest.mark.parametrize(
    ("number", "complaint"),
    [
        ("424242424242", "number is incomplete"),
        pytest.param("4242424242424241", "number is invalid", marks=ANY_TIME),
    ],
)
def test_a_typing_error_never_counts(
    visitor: Callable[..., Visitor], number: str, complaint: str
) -> None:
    seller, buyer = visitor(), visitor()
    order_id = buyer.purchase(seller.sell())
    dialog = buyer.open_payment()
    # One attempt more than the limit of declines.
    for _ in range(4):
        buyer.pay(number)
        expect(card_frame(buyer.page).get_by_text(complaint)).to_be_visible()
        expect(dialog.get_by_text("no try is used up")).to_be_visible()
    assert buyer.order(order_id)["status"] == "created"
    buyer.pay(GOOD_CARD)
    expect_bought(buyer.page)


@pytest.mark.parametrize("card", [SECURE_CARD, pytest.param("4000002760003184", marks=ANY_TIME)])
def test_three_d_secure_completed_with_the_keyboard(
    visitor: Callable[..., Visitor], card: str
) -> None:
    seller, buyer = visitor(), visitor()
    buyer.purchase(seller.sell())
    buyer.open_payment()
    buyer.pay(card)
    expect(challenge_frame(buyer.page).get_by_role("button", name="Complete")).to_be_visible()
    # A dialog that traps the focus would make the challenge unreachable.
    buyer.page.keyboard.press("Tab")
    # Only down: the frame may be gone before the key is up, which would then never return.
    buyer.page.keyboard.down("Enter")
    expect_bought(buyer.page)


def test_three_d_secure_failed_with_the_mouse_then_another_card(
    visitor: Callable[..., Visitor],
) -> None:
    seller, buyer = visitor(), visitor()
    order_id = buyer.purchase(seller.sell())
    dialog = buyer.open_payment()
    buyer.pay(SECURE_CARD)
    # A dialog that takes all clicks would make the challenge unreachable.
    answer_challenge(buyer.page, complete=False)
    told = dialog.get_by_role("alert")
    expect(told).to_contain_text("Your bank could not confirm that it is you.")
    expect(told).to_contain_text("2 more times")
    assert buyer.order(order_id)["status"] == "created"
    buyer.pay(GOOD_CARD)
    expect_bought(buyer.page)


def test_challenge_works_before_its_page_has_loaded(
    visitor: Callable[..., Visitor],
) -> None:
    def break_off(route: Route) -> None:
        whole = route.fetch()
        begun, _, _ = whole.text().partition("</button>")
        route.fulfill(response=whole, body=begun)

    seller, buyer = visitor(), visitor()
    buyer.purchase(seller.sell())
    buyer.open_payment()
    buyer.page.route("**/frame/challenge", break_off)
    buyer.pay(SECURE_CARD)
    answer_challenge(buyer.page, complete=True)
    expect_bought(buyer.page)


def test_redirect_from_the_bank_completes_the_payment(
    visitor: Callable[..., Visitor], site: Site
) -> None:
    seller, buyer = visitor(), visitor()
    order_id = buyer.purchase(seller.sell())
    buyer.open_payment()
    requests = buyer.context.request
    emulator = site.stack.env["STRIPE_API_BASE"]
    assert requests.post(f"{emulator}/_emulator/webhooks", data={"mode": "hold"}).ok
    try:
        secret = buyer.authorise(order_id)
        back = {"payment_intent": secret.partition("_secret_")[0], "redirect_status": "succeeded"}
        back["payment_intent_client_secret"] = secret
        buyer.open(f"/orders/{order_id}?{urlencode(back)}")
        expect_bought(buyer.page)
        assert "secret" not in buyer.page.url
        assert "redirect_status" not in buyer.page.url
    finally:
        assert requests.post(f"{emulator}/_emulator/webhooks", data={"mode": "normal"}).ok


@ANY_TIME
def test_three_d_secure_completed_and_declined_afterwards(
    visitor: Callable[..., Visitor],
) -> None:
    seller, buyer = visitor(), visitor()
    order_id = buyer.purchase(seller.sell())
    dialog = buyer.open_payment()
    buyer.pay("4000008260003178")
    answer_challenge(buyer.page, complete=True)
    expect(dialog.get_by_role("alert")).to_contain_text("does not have enough money")
    assert buyer.order(order_id)["status"] == "created"
    buyer.pay(GOOD_CARD)
    expect_bought(buyer.page)


def test_two_tabs_pay_once(visitor: Callable[..., Visitor]) -> None:
    seller, buyer = visitor(), visitor()
    order_id = buyer.purchase(seller.sell())
    second = buyer.open(f"/orders/{order_id}", buyer.context.new_page())
    buyer.open_payment()
    buyer.open_payment(second)
    buyer.pay(GOOD_CARD)
    for tab in (buyer.page, second):
        expect_bought(tab)


@ANY_TIME
def test_a_second_tab_pays_after_a_decline_in_the_first(visitor: Callable[..., Visitor]) -> None:
    seller, buyer = visitor(), visitor()
    order_id = buyer.purchase(seller.sell())
    second = buyer.open(f"/orders/{order_id}", buyer.context.new_page())
    dialog = buyer.open_payment()
    buyer.open_payment(second)
    buyer.pay(DECLINED_CARD)
    expect(dialog.get_by_role("alert")).to_contain_text("2 more times")
    buyer.pay(GOOD_CARD, second)
    for tab in (second, buyer.page):
        expect_bought(tab)
        expect(tab.get_by_role("dialog")).to_have_count(0)
