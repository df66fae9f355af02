"""The account page: change of e-mail and password, and sessions on other devices."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests_e2e.steps import PASSWORD, Visitor

NEW_PASSWORD = "battery staple"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/26.0 Mobile/15E148 Safari/604.1"
)


def sign_in(someone: Visitor, email: str, password: str = PASSWORD) -> int:
    """Sign in with an existing account; returns the HTTP status."""
    someone.email = email
    credentials = {"email": email, "password": password}
    return someone.context.request.post("/api/users/signin", data=credentials).status


def open_form(section: Locator, label: str) -> None:
    """Open a form of the page, unless a refusal left it open."""
    if not section.locator("details[open]").count():
        section.locator("summary", has_text=label).click()


def change_password(page: Page, current: str, new: str) -> None:
    section = page.get_by_role("main").locator("section").filter(has_text="New password")
    open_form(section, "Change password")
    section.get_by_label("Current password").fill(current)
    section.get_by_label("New password").fill(new)
    section.get_by_role("button", name="Change password").click()


def change_email(page: Page, current: str, email: str) -> None:
    section = page.get_by_role("main").locator("section").filter(has_text="New email")
    open_form(section, "Change email")
    section.get_by_label("New email").fill(email)
    section.get_by_label("Current password").fill(current)
    section.get_by_role("button", name="Change email").click()


def test_signs_out_another_device_at_once(
    visitor: Callable[..., Visitor],
) -> None:
    laptop, phone = visitor(), visitor(signed_in=False, user_agent=PHONE)
    sign_in(phone, laptop.email)
    members_page = phone.open("/orders")
    public_page = phone.open("/", phone.context.new_page())
    page = laptop.open("/")
    page.get_by_role("navigation").get_by_role("link", name="Account").click()
    page.get_by_role("link", name="Security").click()
    rows = page.get_by_role("listitem").filter(has_text="Signed in")
    expect(rows).to_have_count(2)
    expect(rows.filter(has_text="This device")).to_have_count(1)
    rows.filter(has_text="Safari on iPhone").get_by_role("button").click()
    expect(page.get_by_text("That device is signed out.")).to_be_visible()
    expect(rows).to_have_count(1)
    # Without any action on the phone.
    expect(members_page.get_by_role("heading", name="Sign In")).to_be_visible()
    expect(members_page).to_have_url(re.compile(r"next=%2Forders"))
    expect(public_page.get_by_role("link", name="Sign In")).to_be_visible()
    assert phone.context.request.get("/api/orders").status == 401
    assert laptop.context.request.get("/api/orders").status == 200


def test_a_new_password_ends_all_other_sessions(visitor: Callable[..., Visitor]) -> None:
    laptop, phone = visitor(), visitor(signed_in=False, user_agent=PHONE)
    sign_in(phone, laptop.email)
    phone.open("/tickets/new")
    page = laptop.open("/account/security")
    change_password(page, "wrong horse", NEW_PASSWORD)
    expect(page.get_by_role("alert").filter(has_text="not your current password")).to_be_visible()
    expect(page.get_by_label("New password")).to_have_value(NEW_PASSWORD)
    change_password(page, PASSWORD, NEW_PASSWORD)
    expect(page.get_by_role("status").filter(has_text="password is changed")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="Signed in")).to_have_count(1)
    expect(phone.page.get_by_role("heading", name="Sign In")).to_be_visible()
    assert sign_in(phone, laptop.email) == 400
    assert sign_in(phone, laptop.email, NEW_PASSWORD) == 200


def test_a_new_email_is_the_one_to_sign_in_with(visitor: Callable[..., Visitor]) -> None:
    someone, other, phone = visitor(), visitor(), visitor(signed_in=False)
    sign_in(phone, someone.email)
    page, elsewhere = someone.open("/account"), phone.open("/account")
    change_email(page, PASSWORD, other.email)
    expect(page.get_by_role("alert").filter(has_text="Email in use")).to_be_visible()
    email = f"{uuid4().hex[:12]}@gittix.test"
    change_email(page, PASSWORD, email)
    expect(page.get_by_role("status").filter(has_text="email is changed")).to_be_visible()
    expect(page.get_by_text(f"You are signed in as {email}.")).to_be_visible()
    # The other browser stays signed in and shows the new address.
    expect(elsewhere.get_by_text(f"You are signed in as {email}.")).to_be_visible()
    assert sign_in(phone, someone.email) == 400
    assert sign_in(phone, email) == 200


def test_signing_out_everywhere_leads_home(visitor: Callable[..., Visitor]) -> None:
    laptop, phone = visitor(), visitor(signed_in=False, user_agent=PHONE)
    sign_in(phone, laptop.email)
    phone.open("/account/security")
    page = laptop.open("/account/security")
    page.get_by_role("button", name="Sign out everywhere").click()
    expect(page.get_by_role("heading", name="Tickets For Sale")).to_be_visible()
    expect(page.get_by_role("link", name="Sign In")).to_be_visible()
    expect(phone.page.get_by_role("heading", name="Sign In")).to_be_visible()
    assert "session" not in {cookie.get("name") for cookie in laptop.context.cookies()}


def test_sign_out_everywhere_form_is_not_interrupted(visitor: Callable[..., Visitor]) -> None:
    laptop = visitor()
    sign_in(visitor(signed_in=False), laptop.email)
    page = laptop.open("/account/security")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/users/sessions?*", hold)
    with page.expect_request("**/api/users/sessions?*"):
        page.get_by_role("button", name="Sign out everywhere").click()
    answer = held[0].fetch()
    # The session has ended, but the form is still busy: the page must not be sent to sign-in now.
    assert page.evaluate("window.dispatchEvent(new Event('leave', { cancelable: true }))") is False
    held[0].fulfill(response=answer)
    expect(page.get_by_role("heading", name="Tickets For Sale")).to_be_visible()


# In brief: test_signs_out_another_device_at_once.
@pytest.mark.slow
def test_signing_out_others_keeps_this_browser(visitor: Callable[..., Visitor]) -> None:
    laptop, phone = visitor(), visitor(signed_in=False, user_agent=PHONE)
    sign_in(phone, laptop.email)
    phone.open("/")
    page = laptop.open("/account/security")
    page.get_by_role("button", name="Sign out other devices").click()
    expect(page.get_by_text("You are signed out everywhere else.")).to_be_visible()
    expect(page.get_by_role("button", name="Sign out other devices")).to_have_count(0)
    expect(phone.page.get_by_role("link", name="Sign In")).to_be_visible()


def test_the_bar_fits_a_small_phone(visitor: Callable[..., Visitor]) -> None:
    someone = visitor(viewport={"width": 360, "height": 740})
    page = someone.open("/account/security")
    bar = page.get_by_role("navigation", name="Main")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    for entry in bar.locator("a:visible, button:visible").all():
        box = entry.bounding_box()
        assert box
        assert box["height"] == 44
        assert box["x"] + box["width"] <= 360
