"""The pages of orders, and the dialog that pays."""

import re

from playwright.sync_api import Page, expect

from docs.screenshots.stage import (
    HUGE_PRICE,
    LONG_TITLE,
    TITLE,
    Stage,
    paid,
    stripe_fails,
    without_web,
)
from docs.screenshots.tickets import choose_two
from tests_e2e.steps import DECLINED_CARD, GOOD_CARD, SECURE_CARD, challenge_frame

HOLD_SECONDS = 900


def order_open(stage: Stage, title: str = TITLE, price: float = 72) -> Page:
    buyer = stage.visitor()
    buyer.purchase(stage.sell(title, price))
    return buyer.page


def order_of_two(stage: Stage) -> Page:
    """Two tickets, bought in a row of their event."""
    stage.fill_market()
    page = stage.visitor().open("/")
    page.get_by_role("link", name="Velvet Meridian").first.click()
    choose_two(page)
    page.get_by_role("button", name=re.compile("^Purchase 2 tickets, .*Row")).first.click()
    expect(page.get_by_role("heading", name=re.compile("^Purchasing"))).to_be_visible()
    return page


def order_extreme(stage: Stage) -> Page:
    return order_open(stage, LONG_TITLE, HUGE_PRICE)


def order_urgent(stage: Stage) -> Page:
    buyer = stage.visitor()
    buyer.page.clock.install()
    buyer.purchase(stage.sell())
    buyer.page.clock.fast_forward((HOLD_SECONDS - 100) * 1000)
    expect(buyer.page.get_by_text("The time is nearly over.")).to_be_visible()
    return buyer.page


def order_releasing(stage: Stage) -> Page:
    page = order_open(stage)
    page.get_by_role("button", name="Release ticket").click()
    expect(page.get_by_role("button", name="Release it")).to_be_visible()
    return page


def order_released(stage: Stage) -> Page:
    page = order_releasing(stage)
    page.get_by_role("button", name="Release it").click()
    expect(page.get_by_text("the ticket was released")).to_be_visible()
    return page


def pay_open(stage: Stage, price: float = 72) -> Page:
    buyer = stage.visitor()
    buyer.purchase(stage.sell(price=price))
    buyer.open_payment()
    return buyer.page


def pay_huge(stage: Stage) -> Page:
    return pay_open(stage, HUGE_PRICE)


def pay_declined(stage: Stage) -> Page:
    buyer = stage.visitor()
    buyer.purchase(stage.sell())
    buyer.open_payment()
    buyer.pay(DECLINED_CARD)
    expect(buyer.page.get_by_role("dialog").get_by_role("alert")).to_be_visible()
    return buyer.page


def order_declined(stage: Stage) -> Page:
    page = pay_declined(stage)
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    return page


def pay_bank_asks(stage: Stage) -> Page:
    buyer = stage.visitor()
    buyer.purchase(stage.sell())
    buyer.open_payment()
    buyer.pay(SECURE_CARD)
    expect(challenge_frame(buyer.page).get_by_role("button", name="Complete")).to_be_visible()
    return buyer.page


def pay_confirming(stage: Stage) -> Page:
    stage.until_taken(stripe_fails(stage, "/capture", do="down", times=1000))
    buyer = stage.visitor()
    buyer.purchase(stage.sell())
    buyer.open_payment()
    buyer.pay(GOOD_CARD)
    expect(buyer.page.get_by_role("dialog").get_by_role("status").first).to_be_visible()
    expect(buyer.page.locator("#outcome")).to_contain_text("We are confirming your payment.")
    return buyer.page


def order_confirming(stage: Stage) -> Page:
    page = pay_confirming(stage)
    page.reload()
    expect(page.locator("#outcome")).to_contain_text("We are confirming your payment.")
    return page


def order_paid(stage: Stage) -> Page:
    return paid(stage)[1]


def order_printed(stage: Stage) -> Page:
    page = order_paid(stage)
    page.emulate_media(media="print")
    return page


def order_offline(stage: Stage) -> Page:
    page = order_open(stage)
    stage.until_taken(without_web(stage.site))
    expect(page.get_by_text("We can't reach the server right now")).to_be_visible()
    return page


def order_expired(stage: Stage) -> Page:
    ticket_id = stage.sell()
    buyer = stage.visitor()
    with stage.site.other_web(ORDER_HOLD_SECONDS="1") as other:
        answer = buyer.context.request.post(f"{other.url}/api/orders", data={"ticketId": ticket_id})
    page = buyer.open(f"/orders/{answer.json()['id']}")
    expect(page.get_by_text("The time for this order is over.")).to_be_visible()
    return page


def order_refunded(stage: Stage) -> Page:
    page = order_paid(stage)
    order_id = page.url.rstrip("/").rpartition("/")[2]
    command = ("-m", "ticketing_app", "refund", order_id, "--reason", "The concert was moved.")
    stage.site.stack.run(*command)
    expect(page.get_by_text("We sent your").first).to_be_visible()
    return page


def orders_empty(stage: Stage) -> Page:
    page = stage.visitor().open("/orders")
    expect(page.get_by_text("No orders yet")).to_be_visible()
    return page


def orders_full(stage: Stage) -> Page:
    page = order_paid(stage)
    held = stage.sell("Hologarden Live")
    released = stage.sell(LONG_TITLE, HUGE_PRICE)
    for ticket_id in (held, released):
        answer = page.request.post("/api/orders", data={"ticketId": ticket_id})
    page.request.delete(f"/api/orders/{answer.json()['id']}")
    page.goto("/orders")
    expect(page.get_by_role("button", name="Past")).to_be_visible()
    return page
