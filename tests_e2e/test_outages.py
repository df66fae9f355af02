"""Pages during outages: a clear message, no lost input, and recovery without a reload."""

import re
from collections.abc import Callable, Generator
from contextlib import contextmanager

from playwright.sync_api import expect

from tests.site import Site
from tests_e2e.steps import Visitor

RECOVERY_MS = 30_000


@contextmanager
def away(site: Site, part: str) -> Generator[None]:
    """Stop `part` for the block."""
    site.stack.stop_part(part)
    try:
        yield
    finally:
        site.stack.start_part(part)


def test_a_page_that_cannot_load_says_so_and_comes_back(
    site: Site, visitor: Callable[..., Visitor]
) -> None:
    seller = visitor()
    ticket_id = seller.sell("Kites After Dark")
    page = visitor(signed_in=False).page
    with away(site, "postgres"):
        page.goto(f"/tickets/{ticket_id}")
        expect(
            page.get_by_role("heading", name=re.compile("can't reach our servers"))
        ).to_be_visible()
        expect(page.get_by_role("button", name="Try again")).to_be_visible()
    expect(page.get_by_role("heading", name="Kites After Dark")).to_be_visible(timeout=RECOVERY_MS)


def test_what_was_typed_survives(site: Site, visitor: Callable[..., Visitor]) -> None:
    page = visitor().open("/tickets/new")
    page.get_by_label("Title", exact=True).fill("Typed before the outage")
    page.get_by_label("Price", exact=True).fill("25")
    with away(site, "postgres"):
        page.get_by_role("button", name="Submit").click()
        expect(page.get_by_role("alert").filter(has_text="Nothing was changed")).to_be_visible()
        expect(page.get_by_label("Title", exact=True)).to_have_value("Typed before the outage")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", name="Typed before the outage")).to_be_visible()


def test_without_redis_people_buy_and_pages_live_on_afterwards(
    site: Site, visitor: Callable[..., Visitor]
) -> None:
    seller, buyer, watcher = visitor(), visitor(), visitor(signed_in=False)
    ticket_id = seller.sell()
    watcher.open(f"/tickets/{ticket_id}")
    expect(watcher.page.get_by_text("Status - Available")).to_be_visible()
    with away(site, "redis"):
        order_id = buyer.purchase(ticket_id)
    # The events of the outage wait in PostgreSQL and reach the open page once Redis is back.
    expect(watcher.page.get_by_text("Status - Locked")).to_be_visible(timeout=RECOVERY_MS)
    buyer.context.request.delete(f"/api/orders/{order_id}")
    expect(watcher.page.get_by_text("Status - Available")).to_be_visible()


def test_sign_out_during_a_redis_outage_takes_effect_afterwards(
    site: Site, visitor: Callable[..., Visitor]
) -> None:
    someone = visitor()
    page = someone.open("/tickets/new")
    with away(site, "redis"):
        assert someone.context.request.post("/api/users/signout").ok
        expect(page.get_by_role("heading", name="Create a Ticket")).to_be_visible()
    expect(page.get_by_role("heading", name="Sign In")).to_be_visible(timeout=RECOVERY_MS)


def test_a_page_survives_a_crash_of_the_web_process(
    site: Site, visitor: Callable[..., Visitor]
) -> None:
    seller, buyer, watcher = visitor(), visitor(), visitor(signed_in=False)
    ticket_id = seller.sell()
    watcher.open(f"/tickets/{ticket_id}")
    site.kill_web()
    site.start_web()
    buyer.hold(ticket_id)
    expect(watcher.page.get_by_text("Status - Locked")).to_be_visible(timeout=RECOVERY_MS)
