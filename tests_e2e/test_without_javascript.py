"""Without JavaScript: from the home page to a held ticket, the account, help and contact."""

import re
from collections.abc import Callable
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.site import Site
from tests_e2e.steps import PASSWORD, Visitor
from tests_e2e.venues import make_venue

Make = Callable[..., Visitor]


def test_a_ticket_is_found_and_held(visitor: Make, site: Site) -> None:
    seller = visitor()
    title = f"Marlowe {uuid4().hex[:6]}"
    event = seller.make_event(title, make_venue(site))
    seller.sell_seats(event["id"], "12", price=68)
    seller.sell_seats(event["id"], "13", price=70, description="By the aisle.")
    seller.sell(f"{title} without event", 30)
    someone = visitor(signed_in=False, java_script_enabled=False)
    page = someone.page
    page.goto("/")
    expect(page.get_by_role("heading", name="Tickets For Sale")).to_be_visible()
    expect(page.locator("noscript p")).to_be_visible()
    search(page, title)
    to_event(page, title)
    visit_city(page, title)
    page.get_by_role("link", name=re.compile("Seat 13")).first.click()
    for fact in ("Price - $70", "Status - Available", "By the aisle.", "1 more for this night"):
        expect(page.get_by_text(fact)).to_be_visible()
    ticket = page.url
    page.get_by_role("button", name="Purchase").first.click()
    sign_up(someone)
    page.wait_for_url(f"{ticket}**")
    page.get_by_role("button", name="Purchase").first.click()
    page.wait_for_url("**/orders/*")
    assert someone.order(page.url.rpartition("/")[2])["status"] == "created"
    sign_out_and_in(someone)


def test_help_is_read_and_a_listing_is_reported(visitor: Make) -> None:
    ticket = visitor().sell(f"Marlowe {uuid4().hex[:6]}", 30)
    page = visitor(signed_in=False, java_script_enabled=False).page
    page.goto(f"/tickets/{ticket}")
    footer = page.get_by_role("contentinfo")
    for name, text in (("Help topics", "Not answered?"), ("Terms", "The seller sells")):
        footer.get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", name=name.split()[0], level=1)).to_be_visible()
        expect(page.get_by_text(text)).to_be_visible()
    page.goto(f"/tickets/{ticket}")
    page.get_by_role("link", name="Report this listing").click()
    expect(page.get_by_label("Your name")).to_be_hidden()
    page.get_by_label("It is against the law").check()
    page.get_by_label("What we should know").fill("A forgery")
    page.get_by_label("Your name").fill("Zoe Park")
    page.get_by_role("main").get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert").filter(has_text="need your e-mail")).to_be_visible()
    expect(page.get_by_label("It is against the law")).to_be_checked()
    expect(page.get_by_label("What we should know")).to_have_value("A forgery")
    page.get_by_label("Your email").fill("zoe@example.com")
    page.get_by_label("true and complete").check()
    page.get_by_role("main").get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="We have your message")).to_be_visible()
    expect(page.get_by_text(re.compile(r"\d{3}-\d{3}"))).to_be_visible()


def search(page: Page, title: str) -> None:
    """Search by the form, then remove the filter that hides the results."""
    page.get_by_role("searchbox", name="Search tickets").fill(title)
    main = page.get_by_role("main")
    main.get_by_role("button", name="Search").click()
    expect(page.get_by_text("1 event and 1 ticket")).to_be_visible()
    expect(page.get_by_role("heading", name="More tickets")).to_be_visible()
    page.goto(f"/search?q={title}&maxPrice=10")
    page.get_by_role("link", name="Without “Up to $10”").click()
    expect(main.get_by_role("listitem").filter(has_text="from $68 · 2 left")).to_be_visible()


def to_event(page: Page, title: str) -> None:
    page.get_by_role("main").get_by_role("link", name=title, exact=True).click()
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
    expect(page.get_by_role("main").get_by_text("2 for sale")).to_be_visible()


def visit_city(page: Page, title: str) -> None:
    page.get_by_role("link", name="London").first.click()
    expect(page.get_by_role("heading", name="London")).to_be_visible()
    to_event(page, title)


def sign_up(someone: Visitor) -> None:
    """Sign up after a refused attempt, which keeps the email."""
    page = someone.page
    main = page.get_by_role("main")
    expect(page.get_by_role("heading", name="Sign Up")).to_be_visible()
    page.get_by_label("Email").fill(someone.email)
    page.get_by_label("Password").fill("short")
    main.get_by_role("button", name="Sign Up").click()
    expect(page.get_by_role("alert").filter(has_text="at least 8")).to_be_visible()
    expect(page.get_by_label("Email")).to_have_value(someone.email)
    page.get_by_label("Password").fill(PASSWORD)
    main.get_by_role("button", name="Sign Up").click()


def sign_out_and_in(someone: Visitor) -> None:
    page = someone.page
    main = page.get_by_role("main")
    page.goto("/auth/signout")
    main.get_by_role("button", name="Sign Out").click()
    expect(page.get_by_role("heading", name="Tickets For Sale")).to_be_visible()
    assert someone.context.request.get("/api/orders").status == 401
    page.get_by_role("link", name="Sign In").click()
    page.get_by_label("Email").fill(someone.email)
    page.get_by_label("Password").fill(PASSWORD)
    main.get_by_role("button", name="Sign In").click()
    expect(page.get_by_role("heading", name="Tickets For Sale")).to_be_visible()
    assert someone.context.request.get("/api/orders").ok
