"""Opened tickets at the entrance: with several codes, without a network, and forgotten at sign-out."""

import re
from collections.abc import Callable
from uuid import uuid4

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, Route, ViewportSize, expect

from tests.site import Site
from tests.ticket_files import two_tickets
from tests_e2e.axe import OPTIONS
from tests_e2e.steps import Visitor
from tests_e2e.venues import make_venue

PHONE: ViewportSize = {"width": 390, "height": 844}
DOOR_API = "**/api/orders/*/door"


def sell_and_open(site: Site, seller: Visitor, buyer: Visitor) -> str:
    """Sell two tickets with a file, and open them; returns the order's id."""
    name = f"Kites {uuid4().hex[:6]}"
    event = seller.make_event(name, make_venue(site))
    delivery = {"method": "file", "fileIds": seller.upload(two_tickets(name))}
    seller.sell_seats(event["id"], "12", "13", delivery=delivery)
    offers = seller.context.request.get(f"/api/events/{event['slug']}/listings").json()["items"]
    order_id = buyer.hold_several(offers[0]["listingId"], 2)
    buyer.pay_for(order_id)
    buyer.open_tickets(order_id)
    return order_id


def code(page: Page, number: int) -> None:
    """Expect that this code of two is shown."""
    image = page.get_by_role("img", name=re.compile(f"^Ticket {number} of 2: the code to scan"))
    expect(image).to_be_in_viewport()
    expect(page.get_by_text(f"{number} of 2", exact=True)).to_be_visible()


def violations(page: Page) -> list[str]:
    """Return what axe finds; the page has one colour scheme."""
    page.evaluate(AXE_SCRIPT)
    return page.evaluate("options => axe.run(options)", OPTIONS)["violations"]


def hang(_: Route) -> None:
    """Answer nothing, as a network at a crowded entrance does."""


def test_tickets_are_shown_without_a_network_until_sign_out(
    site: Site, visitor: Callable[..., Visitor]
) -> None:
    buyer = visitor(viewport=PHONE)
    context, page = buyer.context, buyer.page
    order_id = sell_and_open(site, visitor(), buyer)
    buyer.open("/orders")
    page.get_by_role("link", name="Show tickets").click()
    code(page, 1)
    page.get_by_role("button", name="Next ticket").click()
    code(page, 2)
    assert violations(page) == []

    context.set_offline(True)
    page.reload()
    code(page, 1)
    page.get_by_role("button", name="We are in").click()
    expect(page.get_by_text("Used", exact=True)).to_be_visible()
    page.goto("/door")
    kept = page.get_by_role("link", name=re.compile("^Kites"))
    expect(kept).to_be_visible()
    assert violations(page) == []
    kept.click()
    expect(page.get_by_text("Used", exact=True)).to_be_visible()
    with page.expect_response(f"**/api/orders/{order_id}/used"):
        context.set_offline(False)
    assert context.request.get(f"/api/orders/{order_id}/door").json()["usedAt"]

    context.route(DOOR_API, hang)
    page.reload()
    code(page, 1)
    context.unroute_all(behavior="ignoreErrors")

    buyer.open("/auth/signout")
    page.get_by_role("main").get_by_role("button", name="Sign Out").click()
    expect(page.get_by_role("link", name="Sign In").first).to_be_visible()
    assert page.evaluate("caches.has('door-tickets')") is False
    page.goto(f"/door#{order_id}")
    expect(page.get_by_role("status")).to_contain_text("Sign in, and your ticket is here again.")
    expect(page.get_by_role("img")).to_have_count(0)
