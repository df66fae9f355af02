"""No animation with reduced motion, from the list to the receipt."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests_e2e.steps import GOOD_CARD, Visitor

RECORD = """
  window.moved = [];
  for (const kind of ["animationstart", "transitionrun"])
    addEventListener(kind, (event) => window.moved.push(event.animationName ?? event.propertyName));"""
MOVES = """() => [
  ...window.moved,
  ...document.getAnimations().map((move) => move.animationName ?? move.transitionProperty),
]"""
HAVE_MOVED = "names => names.every((name) => window.moved.includes(name))"


def expect_moves(page: Page, wish: str, *names: str) -> None:
    """Expect animations of these names since the document, or none with reduced motion."""
    if wish == "reduce":
        assert page.evaluate(MOVES) == []
    else:
        # Otherwise the test would prove nothing.
        page.wait_for_function(HAVE_MOVED, arg=names)


@pytest.mark.parametrize("wish", ["reduce", "no-preference"])
def test_animations_respect_reduced_motion(visitor: Callable[..., Visitor], wish: str) -> None:
    seller, other, buyer = visitor(), visitor(), visitor(reduced_motion=wish)
    buyer.context.add_init_script(RECORD)
    page, title = buyer.page, f"Kites {uuid4().hex[:6]}"
    ticket_id = seller.sell(title)

    waiting = buyer.context.new_page()
    waiting.route_web_socket(re.compile("/_event"), lambda _: None)
    waiting.goto("/?q=kites")
    expect(waiting.locator("[aria-busy=true]")).to_be_visible()
    expect_moves(waiting, wish, "breathe")
    # Animations pause in background tabs.
    waiting.close()

    buyer.open(f"/?q={title}")
    row = page.get_by_role("main").get_by_role("listitem").filter(has_text=title)
    expect(row).to_contain_text("Available")
    order_id = other.hold(ticket_id)
    expect(row).to_contain_text("Locked")
    expect(row.get_by_role("timer")).to_be_visible()
    expect_moves(page, wish, "wash")
    other.context.request.delete(f"/api/orders/{order_id}")

    buyer.purchase(ticket_id)
    buyer.open_payment()
    buyer.pay(GOOD_CARD)
    expect(page.get_by_role("heading", name=f"Paid: {title}")).to_be_visible()
    expect_moves(page, wish, "rise", "stamp")
