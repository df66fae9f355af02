"""Everything by keyboard: each tab stop is visible, and no step loses the focus."""

import re
from collections.abc import Callable
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests_e2e.keyboard import Keyboard, button, has_focus
from tests_e2e.steps import PASSWORD, SECURE_CARD, Visitor, card_frame, challenge_frame

STOPS_OF_THE_DIALOG = 8
# A press that comes before the browser has reported the close of the dialog.
PRESS_WHILE_CLOSING = "dialog => { dialog.close(); dialog.previousElementSibling.click(); }"


def expect_arrival(page: Page, heading: str) -> None:
    """Another page begins with its heading, which has the focus."""
    expect(page.get_by_role("heading", name=heading, level=1)).to_be_focused()


def sign_up(keys: Keyboard, someone: Visitor) -> None:
    page = keys.page
    expect(page.get_by_role("heading", name="Sign Up")).to_be_visible()
    page.wait_for_function("sessionStorage.getItem('token')")
    keys.fill(page.get_by_label("Email"), someone.email)
    keys.fill(page.get_by_label("Password"), PASSWORD)
    keys.press("Enter")


def expect_focus_kept_in_dialog(keys: Keyboard) -> None:
    for key in ("Tab", "Shift+Tab"):
        for _ in range(2 * STOPS_OF_THE_DIALOG):
            keys.press(key)
            assert keys.where()["inDialog"], "The dialog lets the focus out."


def type_card(keys: Keyboard) -> None:
    frame = card_frame(keys.page)
    keys.fill(frame.get_by_label("Card number"), SECURE_CARD)
    keys.fill(frame.get_by_label("Expiration date"), "1234")
    keys.fill(frame.get_by_label("Security code"), "123")
    keys.fill(frame.get_by_label("ZIP code"), "10115")


def test_sign_up_find_buy_and_pay(visitor: Callable[..., Visitor]) -> None:
    seller, buyer = visitor(), visitor(signed_in=False)
    title = f"Night of Kites {uuid4().hex[:6]}"
    seller.sell(title)
    page = buyer.open("/")
    keys = Keyboard(page)

    keys.press("Tab")
    assert has_focus(page.get_by_role("link", name="Skip to content"))
    keys.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    keys.fill(page.get_by_role("searchbox"), title)
    # With suggestions the page is hydrated: a press that loads another document might never return.
    expect(page.get_by_role("heading", name="Search", exact=True)).to_be_visible()
    keys.press("Enter")
    expect_arrival(page, "Search results")
    expect(page.get_by_text("1 ticket", exact=True)).to_be_visible()
    keys.activate(page.get_by_role("link", name=title))
    expect_arrival(page, title)
    keys.activate(button(page, "Purchase"))
    keys.activate(page.get_by_role("main").get_by_role("link", name="Sign Up"))
    sign_up(keys, buyer)
    expect_arrival(page, f"Purchasing {title}")

    pay = button(page, "Pay")
    keys.activate(pay)
    dialog = page.get_by_role("dialog", name="Pay for your ticket")
    expect(dialog).to_be_focused()
    expect(dialog.get_by_role("button", name="Pay $40.00")).to_be_enabled()
    expect_focus_kept_in_dialog(keys)
    keys.press("Escape")
    expect(dialog).to_have_count(0)
    expect(pay).to_be_focused()

    keys.press("Enter")
    expect(dialog.get_by_role("button", name="Pay $40.00")).to_be_enabled()
    keys.go_to(card_frame(page).get_by_label("Card number"))
    # In Stripe's frame, too.
    keys.press("Escape")
    expect(pay).to_be_focused()
    keys.press("Enter")
    expect(dialog.get_by_role("button", name="Pay $40.00")).to_be_enabled()
    type_card(keys)
    keys.activate(dialog.get_by_role("button", name="Pay $40.00"))

    complete = challenge_frame(page).get_by_role("button", name="Complete")
    expect(complete).to_be_visible()
    keys.go_to(complete)
    # Only down: the frame may be gone before the key is up, which would then never return.
    page.keyboard.down("Enter")
    expect(page.get_by_role("heading", name=f"Paid: {title}")).to_be_visible()
    expect(page.locator("#outcome")).to_be_focused()


def test_list_a_ticket_and_take_it_off_sale(visitor: Callable[..., Visitor]) -> None:
    page = visitor().open("/")
    title = f"Night of Kites {uuid4().hex[:6]}"
    keys = Keyboard(page)
    keys.activate(page.get_by_role("navigation").get_by_role("link", name="Sell Tickets"))
    expect_arrival(page, "Create a Ticket")
    keys.fill(page.get_by_label("Title", exact=True), title)
    price = page.get_by_label("Price", exact=True)
    keys.fill(price, "0.2")
    keys.press("Enter")
    # The focus moves to the invalid field, which has its message.
    expect(price).to_be_focused()
    expect(price).to_have_accessible_description(re.compile("Price must be between"))
    keys.press("Control+a")
    keys.type("40")
    keys.activate(page.get_by_text("About the event"))
    keys.go_to(page.get_by_label("Category"))
    keys.type("con")
    keys.fill(page.get_by_label("City", exact=True), "Rotterdam")
    keys.go_to(page.get_by_label("Starts at"))
    keys.type("05012097")
    # A year may have more digits.
    keys.press("Tab")
    keys.type("0800PM")
    keys.activate(page.get_by_role("button", name="Submit"))
    expect_arrival(page, title)
    for fact in ("Price - $40", "Wed, May 1, 2097, 8:00 PM", "Rotterdam"):
        expect(page.get_by_text(fact).first).to_be_visible()

    keys.activate(button(page, "Withdraw"))
    question = page.get_by_role("dialog", name="Take this listing off sale for good?")
    expect(question).to_be_focused()
    keys.press("Tab")
    assert has_focus(button(page, "Withdraw ticket"))
    keys.activate(button(page, "Keep it"))
    # The focus returns to the button that opened the dialog.
    for _ in range(2):
        expect(question).to_have_count(0)
        expect(button(page, "Withdraw")).to_be_focused()
        keys.press("Enter", "Escape")
    keys.press("Enter")
    question.evaluate(PRESS_WHILE_CLOSING)
    keys.activate(button(page, "Withdraw ticket"))
    expect(page.get_by_text("Status - Withdrawn")).to_be_visible()
    keys.where()


def test_release_a_ticket(visitor: Callable[..., Visitor]) -> None:
    seller, buyer = visitor(), visitor()
    order_id = buyer.hold(seller.sell())
    page = buyer.open(f"/orders/{order_id}")
    keys = Keyboard(page)
    keys.activate(button(page, "Release ticket"))
    keys.activate(button(page, "Release it"))
    expect(page.get_by_text("This order was cancelled")).to_be_visible()
    keys.where()


def test_a_refused_sign_in_keeps_its_place(visitor: Callable[..., Visitor]) -> None:
    someone = visitor(signed_in=False)
    page = someone.open("/auth/signin")
    keys = Keyboard(page)
    keys.fill(page.get_by_label("Email"), someone.email)
    keys.fill(page.get_by_label("Password"), PASSWORD)
    submit = page.get_by_role("main").get_by_role("button", name="Sign In")
    keys.activate(submit)
    expect(page.get_by_role("alert").filter(has_text="Invalid credentials")).to_be_visible()
    expect(submit).to_be_focused()


def test_focus_stays_in_place_when_more_rows_load(visitor: Callable[..., Visitor]) -> None:
    seller, finder = visitor(), visitor(signed_in=False)
    name = f"Kites {uuid4().hex[:6]}"
    for _ in range(30):
        seller.sell(name)
    # Rows that come by themselves come before one is at the button, mostly.
    finder.page.add_init_script(
        "window.IntersectionObserver = class { observe() {} disconnect() {} };"
    )
    page = finder.open(f"/?q={name}")
    rows = page.get_by_role("main").get_by_role("link", name=name)
    expect(rows).to_have_count(24)
    Keyboard(page).activate(button(page, "Load more"))
    expect(rows).to_have_count(30)
    expect(rows.nth(24)).to_be_focused()
