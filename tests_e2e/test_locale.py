"""Document, hydrated page and live changes use the locale of the reader."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from playwright.sync_api import Locator, Page, expect

from tests_e2e.steps import Visitor

EVENT: dict[str, Any] = {
    "venue": "Harbour Hall",
    "startsAt": "2097-09-04T20:00:00Z",
    "timezone": "Europe/Amsterdam",
}
START = "Wed, 4 Sept 2097, 22:00"


def price(page: Page, title: str) -> Locator:
    row = page.get_by_role("listitem").filter(has_text=title)
    expect(row).to_contain_text(START)
    return row.locator(".stub-price > span").first


def test_prices_keep_the_locale_from_document_to_live_change(
    visitor: Callable[..., Visitor],
) -> None:
    seller, title = visitor(), f"The Paper Lanterns {uuid4().hex[:6]}"
    ticket_id = seller.sell(title, **EVENT)
    scriptless = visitor(signed_in=False, locale="de-DE", java_script_enabled=False).page
    page = visitor(signed_in=False, locale="de-DE").open("/")
    expect(page.locator("[data-prerendered]")).to_have_count(0)
    for cents, written in [
        (4000, "40\u00a0US$"),
        (1200, "12\u00a0US$"),
        (123_450, "1.234,50\u00a0US$"),
        (50, "0,50\u00a0US$"),
        (99_999_999, "999.999,99\u00a0US$"),
    ]:
        body = {"title": title, "price": cents / 100, **EVENT}
        assert seller.context.request.put(f"/api/tickets/{ticket_id}", data=body).ok
        shown = price(page, title)
        expect(shown).to_have_text(written)
        scriptless.goto("/")
        # Exact comparison: Playwright treats all kinds of spaces as equal.
        assert shown.text_content() == price(scriptless, title).text_content() == written


def test_private_pages_use_the_locale(visitor: Callable[..., Visitor]) -> None:
    buyer, title = visitor(locale="de-DE", timezone_id="Europe/Berlin"), "The Days in Germany"
    buyer.hold(visitor().sell(title, **EVENT))
    page = buyer.open("/orders")
    expect(page.get_by_role("listitem")).to_contain_text(re.compile(r"Ordered \d+ \w+ \d{4}"))
    page.get_by_role("link", name=title).click()
    expect(page.get_by_text(re.compile(r"^Until \d\d:\d\d CES?T$"))).to_be_visible()
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_role("dialog")).to_contain_text("40,00 US$")
