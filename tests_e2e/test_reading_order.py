"""Reading order of pages for screen readers, and their live announcements."""

from collections.abc import Callable
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests_e2e.scenes import EVENT
from tests_e2e.steps import Visitor

# Announcements of polite live regions, in order.
LISTEN = """() => {
  window.said = [];
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const element = target instanceof Element ? target : target.parentElement;
      const place = element?.closest("[role=status], [aria-live=polite]");
      const text = place?.textContent.trim();
      if (text && text !== window.said.at(-1)) window.said.push(text);
    }
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


def expect_said(page: Page, text: str) -> None:
    page.wait_for_function("text => window.said.includes(text)", arg=text)


def test_a_list_is_read_row_by_row(visitor: Callable[..., Visitor]) -> None:
    seller, buyer, reader = visitor(), visitor(), visitor(signed_in=False)
    name = f"Kites {uuid4().hex[:6]}"
    for number in ("One", "Two"):
        ticket_id = seller.sell(f"{name} {number}", 40, **EVENT)
    buyer.hold(ticket_id)
    page = reader.open(f"/?q={name}")
    expect(page.get_by_role("main")).to_match_aria_snapshot(f"""
      - main:
        - heading "Tickets For Sale" [level=1]
        - paragraph
        - search:
          - searchbox "Search tickets"
          - combobox "Sort by"
          - combobox "Category"
          - combobox "City"
          - combobox "When"
          - textbox "Min price"
          - textbox "Max price"
          - checkbox "Only available"
        - status: 2 tickets
        - list:
          - listitem:
            - article:
              - heading "{name} Two" [level=2]:
                - link "{name} Two"
              - paragraph: Wed, May 1, 2097, 10:00 PM · Theatre
              - paragraph: Tram Depot, Groningen
              - paragraph: Seat 7
              - text: $40 Locked It may come back in
              - timer
          - listitem:
            - article:
              - heading "{name} One" [level=2]
              - paragraph: Wed, May 1, 2097, 10:00 PM · Theatre
              - paragraph: Tram Depot, Groningen
              - paragraph: Seat 7
              - text: $40 Available
    """)


def test_a_ticket_is_read_from_its_name_and_offer_to_the_rest(
    visitor: Callable[..., Visitor],
) -> None:
    title = f"Kites {uuid4().hex[:6]}"
    page = visitor().open(f"/tickets/{visitor().sell(title, 40, **EVENT)}")
    expect(page.get_by_role("main")).to_match_aria_snapshot(f"""
      - article:
        - heading "{title}" [level=1]
        - paragraph: Wed, May 1, 2097, 10:00 PM · Theatre
        - paragraph: Tram Depot, Groningen
        - paragraph: Seat 7
        - paragraph: Price - $40
        - status: Status - Available
        - paragraph: Purchase locks the ticket for you while you pay. You are not charged yet.
        - button "Purchase"
        - link "Add to calendar"
        - button "Share"
        - heading "The seller writes" [level=2]
        - paragraph: Two rows from the stage.
    """)


def test_an_order_and_its_payment_are_read_before_their_buttons(
    visitor: Callable[..., Visitor],
) -> None:
    buyer, title = visitor(), f"Kites {uuid4().hex[:6]}"
    buyer.purchase(visitor().sell(title, 40, **EVENT))
    expect(buyer.page.get_by_role("main")).to_match_aria_snapshot(f"""
      - article:
        - heading "Purchasing {title}" [level=1]
        - paragraph: Wed, May 1, 2097, 10:00 PM · Theatre
        - paragraph: Tram Depot, Groningen
        - paragraph: Seat 7
        - text: $40
        - paragraph:
          - text: You have
          - timer: /1\\d:\\d\\d/
          - text: left to order
        - paragraph: The ticket is locked for you. Nobody else can buy it in this time.
        - button "Pay"
        - button "Release ticket"
        - group:
          - heading "Details" [level=2]
    """)
    dialog = buyer.open_payment()
    expect(dialog).to_match_aria_snapshot(f"""
      - dialog "Pay for your ticket":
        - heading "Pay for your ticket" [level=2]
        - button "Close"
        - paragraph: {title} $40.00
        - paragraph:
          - text: You have
          - timer: /1\\d:\\d\\d/
          - text: left to order
        - paragraph: Your card is charged once, and only if the ticket becomes yours.
        - iframe
        - button "Pay $40.00"
    """)


def test_what_changes_elsewhere_is_said_politely(visitor: Callable[..., Visitor]) -> None:
    seller, buyer, reader = visitor(), visitor(), visitor(signed_in=False)
    title = f"Kites {uuid4().hex[:6]}"
    ticket_id = seller.sell(title)
    page = reader.open(f"/?q={title}")
    ticket = reader.open(f"/tickets/{ticket_id}", reader.context.new_page())
    expect(page.get_by_text("1 ticket", exact=True)).to_be_visible()
    for each in (page, ticket):
        each.evaluate(LISTEN)
    order_id = buyer.hold(ticket_id)
    expect_said(page, f"{title}: Locked")
    expect_said(ticket, "Status - Locked")
    buyer.context.request.delete(f"/api/orders/{order_id}")
    expect_said(page, f"{title}: Available")
    expect_said(ticket, "Status - Available")
    # The countdown beside them is not announced.
    assert page.evaluate("window.said.length") == 2
    assert ticket.evaluate("window.said.length") == 2
