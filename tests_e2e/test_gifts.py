"""A sealed ticket passes from owner to owner, and each loses it in turn."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.site import Site
from tests_e2e.scenes import confirm
from tests_e2e.steps import Visitor

GONE = 404
SEALED = 409


def reads(someone: Visitor, delivery_id: str) -> int:
    """Return the status of the download of the first ticket of a delivery."""
    return someone.context.request.get(f"/api/deliveries/{delivery_id}/parts/1").status


def test_three_owners_of_a_sealed_ticket(site: Site, visitor: Callable[..., Visitor]) -> None:
    seller, buyer, friend, last = [visitor() for _ in range(4)]
    confirm(site, buyer, friend)
    title = "The Long Way Home Tour"
    ticket_id = seller.sell_file(title)
    order_id = buyer.hold(ticket_id)
    buyer.pay_for(order_id)
    delivery_id = buyer.delivery(order_id)["id"]
    assert [reads(each, delivery_id) for each in (buyer, seller)] == [SEALED, GONE]

    gift_id = buyer.give(order_id, friend.email)
    page = friend.open(f"/gifts/{gift_id}")
    expect(page.get_by_role("heading", name="A ticket for you")).to_be_visible()
    expect(page.get_by_text("never opened")).to_be_visible()
    page.get_by_role("button", name="Take it").click()
    expect(page.get_by_role("heading", name="Yours")).to_be_visible()
    assert [reads(each, delivery_id) for each in (friend, buyer)] == [SEALED, GONE]

    page.get_by_role("link", name="Sell this ticket").click()
    page.get_by_label("Price").fill("50")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("Your ticket is for sale.")).to_be_visible()
    again_id = re.sub(r"[?].*", "", page.url).rpartition("/")[2]
    expect(last.open(f"/tickets/{again_id}").get_by_text("3 owners, never opened")).to_be_visible()
    later_id = last.hold(again_id)
    last.pay_for(later_id)
    later = last.delivery(later_id)["id"]
    opened = last.context.request.post(f"/api/deliveries/{later}/open")
    assert opened.json()["status"] == "received"
    assert reads(last, later) == 200  # OK.
    assert {reads(each, later) for each in (seller, buyer, friend)} == {GONE}
