"""Search: words, filters, sort orders, pages, and the address that keeps them."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from playwright.sync_api import Locator, Page, expect

from tests_e2e.steps import Visitor


def cards(page: Page) -> Locator:
    return page.locator("article[data-ticket]")


def search(page: Page, text: str) -> None:
    """Type letter by letter, like a visitor, and press Enter."""
    field = page.get_by_role("searchbox", name="Search tickets")
    field.press_sequentially(text, delay=20)
    field.press("Enter")


def in_days(days: int) -> dict[str, str]:
    """Return the start of an event as an API value."""
    return {"startsAt": (datetime.now(UTC) + timedelta(days=days)).isoformat(), "timezone": "UTC"}


def test_from_a_typing_error_to_a_link_for_a_friend(visitor: Callable[..., Visitor]) -> None:
    seller, finder, friend = visitor(), visitor(signed_in=False), visitor(signed_in=False)
    # Name and city are unique to this test.
    name, city = f"Zéphyrine{uuid4().hex[:6]}", f"Ville{uuid4().hex[:6]}"
    place = {"city": city, "category": "concert"}
    for price in (10, 20, 30):
        seller.sell(f"{name} {price}", price, **place)
    seller.sell(f"{name} Derby", 15, city=city, category="sports")

    page = finder.open("/")
    search(page, name.replace("é", "e").replace("rine", "irne"))
    expect(page.get_by_text("Showing “")).to_be_visible()
    expect(cards(page)).to_have_count(4)
    page.get_by_label("Category").select_option(label="Concert")
    expect(page.get_by_text("3 tickets")).to_be_visible()
    page.get_by_label("Sort by").select_option(label="Lowest price")
    expect(cards(page).first).to_contain_text(f"{name} 10")
    expect(page).to_have_url(re.compile("sort=cheapest&category=concert"))

    # A link holds all of it.
    shared = friend.open(page.url)
    expect(cards(shared).first).to_contain_text(f"{name} 10")
    expect(shared.get_by_label("Category")).to_have_value("concert")
    expect(shared.get_by_role("searchbox")).not_to_have_value("")

    # Back undoes one choice at a time, then the search.
    page.go_back()
    expect(cards(page).first).to_contain_text(f"{name} 30")
    expect(page.get_by_label("Sort by")).to_have_value("")
    page.go_back()
    expect(cards(page)).to_have_count(4)
    expect(page.get_by_label("Category")).to_have_value("")
    page.go_back()
    expect(page).to_have_url(re.compile("/$"))
    expect(page.get_by_role("searchbox")).to_have_value("")
    page.go_forward()
    expect(cards(page)).to_have_count(4)


def test_filters_come_off_one_by_one_and_an_empty_list_says_which(
    visitor: Callable[..., Visitor],
) -> None:
    seller, finder = visitor(), visitor(signed_in=False, viewport={"width": 390, "height": 844})
    city = f"Ville{uuid4().hex[:6]}"
    seller.sell("Filter Lanterns", 40, city=city, category="theatre", **in_days(3))
    page = finder.open("/")
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("City").select_option(label=city)
    expect(page.get_by_text("1 ticket", exact=True)).to_be_visible()
    page.get_by_label("Max price").fill("20")
    page.get_by_label("Max price").press("Enter")
    expect(page.get_by_text("No tickets found")).to_be_visible()
    expect(page.get_by_role("button", name="Filters 2")).to_be_visible()
    page.get_by_role("link", name="Without “Up to $20”").click()
    expect(cards(page)).to_have_count(1)
    expect(page.get_by_label("Max price")).to_have_value("")
    page.get_by_label("When").select_option(label="Choose dates")
    page.get_by_label("From", exact=True).fill(
        (datetime.now(UTC) + timedelta(days=9)).strftime("%Y-%m-%d")
    )
    expect(page.get_by_text("No tickets found")).to_be_visible()
    page.get_by_role("link", name=re.compile("^Remove filter: From")).click()
    expect(cards(page)).to_have_count(1)
    page.get_by_role("link", name=f"Remove filter: {city}").click()
    expect(page).to_have_url(re.compile("/$"))
    expect(page.get_by_label("City")).to_have_value("")
    # A search by words alone has no filters to clear.
    finder.open(f"/?q={uuid4().hex}")
    page.get_by_role("link", name="Clear search").click()
    expect(page).to_have_url(re.compile("/$"))
    expect(cards(page).first).to_be_visible()


def test_new_listings_are_announced_where_they_match(visitor: Callable[..., Visitor]) -> None:
    seller, watcher = visitor(), visitor(signed_in=False)
    city = f"Ville{uuid4().hex[:6]}"
    seller.sell("First", city=city)
    page = watcher.open(f"/?city={city}")
    expect(cards(page)).to_have_count(1)
    seller.sell("Elsewhere", city="Porto")
    seller.sell("Second", city=city)
    page.get_by_role("button", name="1 new ticket", exact=True).click()
    expect(cards(page)).to_have_count(2)


def test_the_list_goes_on_as_one_scrolls(visitor: Callable[..., Visitor]) -> None:
    seller, finder = visitor(), visitor(signed_in=False)
    city = f"Ville{uuid4().hex[:6]}"
    for number in range(60):
        seller.sell(f"Ticket {number}", city=city)
    page = finder.open(f"/?city={city}")
    expect(page.get_by_text("60 tickets")).to_be_visible()
    expect(cards(page)).to_have_count(24)
    for shown in (48, 60):
        cards(page).last.scroll_into_view_if_needed()
        expect(cards(page)).to_have_count(shown)
    expect(page.get_by_role("button", name="Load more")).to_have_count(0)
    # Back from a ticket restores the list.
    cards(page).nth(50).get_by_role("link").click()
    expect(page.get_by_text("Status - Available")).to_be_visible()
    page.go_back()
    expect(cards(page)).to_have_count(60)
