"""The order page prints as a receipt alone, dark on white in both colour schemes."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests_e2e.steps import Visitor

# Paper is white: browsers do not print backgrounds.
PALE = """() => [...document.querySelectorAll("h1, h2, dt, dd")]
  .filter((text) => text.checkVisibility())
  .filter((text) => Math.max(...getComputedStyle(text).color.match(/[\\d.]+/g).slice(0, 3)) > 128)
  .map((text) => text.outerHTML)"""


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_a_receipt_is_printed_alone_and_dark_on_white(
    visitor: Callable[..., Visitor], colours: str
) -> None:
    seller = visitor()
    buyer = visitor(color_scheme=colours)
    order_id = buyer.hold(seller.sell("The Paper Lanterns"))
    buyer.pay_for(order_id)
    page = buyer.open(f"/orders/{order_id}")
    receipt = page.get_by_role("definition")
    around = [
        page.get_by_role("navigation", name="Main"),
        page.get_by_text("The seller sends you the ticket"),
        page.get_by_role("heading", name="Details"),
        page.get_by_role("main").get_by_role("button").first,
        page.get_by_role("main").get_by_role("link").first,
    ]
    for part in around:
        expect(part).to_be_visible()
    page.emulate_media(media="print")
    for part in around:
        expect(part).to_be_hidden()
    for text in ("$40.00 USD", "The Paper Lanterns", order_id, buyer.email):
        expect(receipt.filter(has_text=text)).to_be_visible()
    assert page.evaluate(PALE) == []
