"""The document, the page that takes over from it and its live changes write as the reader does."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Response, expect

from tests_e2e.steps import Visitor

EVENT: dict[str, Any] = {
    "venue": "Harbour Hall",
    "startsAt": "2097-09-04T20:00:00Z",
    "timezone": "Europe/Amsterdam",
}
WRITTEN = "Wed, 4 Sept 2097, 22:00"


def prices(page: Page) -> list[str | None]:
    """Return the prices on the list to the letter, which Playwright's own matching is not."""
    return page.locator(".stub-price > span:first-child").all_text_contents()


def test_a_reader_in_germany_reads_one_writing_from_the_first_picture_on(
    visitor: Callable[..., Visitor],
) -> None:
    seller = visitor()
    ticket_id = seller.sell("The Paper Lanterns", **EVENT)
    reader = visitor(signed_in=False, locale="de-DE")
    documents: list[Response] = []
    reader.page.on(
        "response", lambda answer: documents.append(answer) if answer.url.endswith("/") else None
    )
    page = reader.open("/")
    first = documents[0].text()
    assert documents[0].headers["vary"] == "Accept-Language, Accept-Encoding"
    assert re.findall(r"[^>]*US\$", first) == ["40\u00a0US$"]
    assert WRITTEN in first
    expect(page.locator("[data-first-paint]")).to_have_count(0)
    assert prices(page) == ["40\u00a0US$"]
    expect(page.get_by_text(WRITTEN)).to_be_visible()
    for price, written in [
        (1234.5, "1.234,50\u00a0US$"),
        (12, "12\u00a0US$"),
        (0.5, "0,50\u00a0US$"),
        (999_999.99, "999.999,99\u00a0US$"),
    ]:
        body = {"title": "The Paper Lanterns", "price": price, **EVENT}
        assert seller.context.request.put(f"/api/tickets/{ticket_id}", data=body).ok
        expect(page.locator("[data-changed]")).to_have_text(written)
        assert prices(page) == [written]
        assert prices(reader.open("/", reader.context.new_page())) == [written]


def test_days_of_ones_own_are_written_so_too(visitor: Callable[..., Visitor]) -> None:
    buyer = visitor(locale="de-DE", timezone_id="Europe/Berlin")
    buyer.hold(visitor().sell(**EVENT))
    row = buyer.open("/orders").get_by_role("listitem")
    expect(row).to_contain_text(re.compile(r"Ordered \d+ \w+ \d{4}"))
    buyer.page.get_by_role("link", name="The Paper Lanterns").click()
    expect(buyer.page.get_by_text(re.compile(r"^Until \d\d:\d\d CES?T$"))).to_be_visible()
    expect(buyer.page.get_by_role("button", name="Pay 40,00 US$")).to_be_visible()
