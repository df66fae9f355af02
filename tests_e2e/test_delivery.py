"""Tickets with files, from the sale to the code on the screen of their buyer."""

import hashlib
from collections.abc import Callable
from uuid import uuid4

from playwright.sync_api import Locator, expect

from tests.ticket_files import two_tickets
from tests_e2e.steps import Visitor

SEATS = [{"section": "Stalls", "row": "F", "seat": seat} for seat in ("11", "12")]


def sell_files(seller: Visitor) -> str:
    """List two tickets of one PDF; returns the listing."""
    files = seller.upload(two_tickets(uuid4().hex))
    delivery = {"method": "file", "fileIds": files}
    return seller.sell_listing(
        title="The Paper Lanterns", price=40, seats=SEATS, delivery=delivery
    )["id"]


def hashes(visitor: Visitor, order_id: str) -> list[str]:
    delivery = visitor.context.request.get(f"/api/orders/{order_id}/delivery").json()
    return [item["file"]["sha256"] for item in delivery["items"]]


def is_drawn(picture: Locator) -> bool:
    return picture.evaluate("image => image.decode().then(() => image.naturalWidth > 0)")


def test_a_buyer_opens_the_tickets_that_were_sealed(visitor: Callable[..., Visitor]) -> None:
    seller, buyer = visitor(), visitor()
    order_id = buyer.hold_several(sell_files(seller), 2)
    buyer.pay_for(order_id)
    page = buyer.open(f"/orders/{order_id}")
    expect(page.get_by_role("heading", name="Your tickets are here: The Paper")).to_be_visible()
    delivery = buyer.context.request.get(f"/api/orders/{order_id}/delivery").json()
    part = f"/api/deliveries/{delivery['id']}/parts/1"
    assert buyer.context.request.get(part).status == 409
    assert seller.context.request.get(part).status == 404
    page.get_by_role("button", name="Open my tickets").click()
    page.get_by_role("button", name="Open them").click()
    expect(page.get_by_role("heading", name="You are going: The Paper Lanterns")).to_be_visible()
    for seat in ("11", "12"):
        assert is_drawn(
            page.get_by_role("img", name=f"Barcode of Section Stalls · Row F · Seat {seat}")
        )
    assert page.locator("details code").all_text_contents() == hashes(seller, order_id)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download PDF").first.click()
    content = download.value.path().read_bytes()
    assert hashlib.sha256(content).hexdigest() == page.locator("details code").first.text_content()
    # A new page asks for the codes again: the proof may have ended.
    page.reload()
    page.get_by_role("button", name="Show the codes").click()
    expect(page.get_by_role("img", name="Barcode").first).to_be_visible()
    assert seller.context.request.get(part).status == 404
