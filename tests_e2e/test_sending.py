"""Tickets that the seller sends after the sale: with a proof, or too late."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from PIL import Image
from playwright.sync_api import Page, expect

from tests.outside.database_probe import DatabaseProbe
from tests.site import Site
from tests_e2e.database import run
from tests_e2e.steps import Visitor

DICE: dict[str, Any] = {"method": "transfer", "issuer": "dice"}


def screenshot() -> bytes:
    picture = BytesIO()
    Image.new("RGB", (400, 800), "white").save(picture, "PNG")
    return picture.getvalue()


def test_a_seller_transfers_a_ticket_and_its_buyer_confirms(
    visitor: Callable[..., Visitor],
) -> None:
    seller, buyer = visitor(), visitor()
    order_id = buyer.purchase(seller.sell(delivery=DICE))
    page = buyer.page
    expect(page.get_by_role("button", name="Pay", exact=True)).to_have_count(0)
    page.get_by_label("Name of the account").fill("Ben Ives")
    page.get_by_label("Mobile number of the account").fill("+44 20 7946 0123")
    page.get_by_role("button", name="Save this address").click()
    expect(page.get_by_role("button", name="Pay", exact=True)).to_be_visible()
    buyer.pay_for(order_id)
    expect(page.get_by_text("The seller sends it by")).to_be_visible()
    selling = seller.open("/tickets/mine")
    selling.get_by_role("link", name="Send 1 ticket to Ben by").click()
    expect(selling.get_by_text("+44 20 7946 0123")).to_be_visible()
    file = {"name": "proof.png", "mimeType": "image/png", "buffer": screenshot()}
    selling.locator("#proof").set_input_files([file])  # type: ignore[list-item]  # a payload.
    expect(selling.get_by_text("Screenshot added")).to_be_visible()
    selling.get_by_role("button", name="Mark as sent").click()
    expect(selling.get_by_role("heading", name="Sent: 1 ticket")).to_be_visible()
    expect(page.get_by_text("Accept it in the DICE app soon")).to_be_visible()
    page.get_by_role("button", name="I have it").click()
    expect(page.get_by_role("heading", name="You are going: The Paper Lanterns")).to_be_visible()
    expect(selling.get_by_role("heading", name="Arrived: 1 ticket")).to_be_visible()
    expect(selling.get_by_text("+44 20 7946 0123")).to_have_count(0)


def test_a_late_ticket_is_waited_for_once_and_then_refunded(
    visitor: Callable[..., Visitor], site: Site
) -> None:
    seller, buyer = visitor(), visitor()
    probe = DatabaseProbe(site.stack.env)
    order_id = buyer.hold(seller.sell(delivery=DICE))
    buyer.give_address(order_id)
    buyer.pay_for(order_id)
    run(probe.let_be_late(order_id))
    page = buyer.open(f"/orders/{order_id}")
    page.get_by_role("button", name="Wait until").click()
    expect(page.get_by_text("The seller sends it by")).to_be_visible()
    run(probe.let_be_late(order_id))
    page.reload()
    choose_money(page)
    selling = seller.open(f"/sales/{order_id}")
    expect(selling.get_by_role("heading", name="Sale ended: 1 ticket")).to_be_visible()
    expect(selling.get_by_text("the buyer gets the money back")).to_be_visible()


def choose_money(page: Page) -> None:
    money = page.get_by_role("button", name="Get my $40.00 back")
    money.click()
    expect(page.get_by_role("button", name="Wait until")).to_have_count(0)
    page.get_by_role("dialog").get_by_role("button", name="Get my $40.00 back").click()
    expect(page.get_by_text("your $40.00 back to your card").first).to_be_visible()
    expect(page.get_by_text("The seller did not send it")).to_be_visible()
