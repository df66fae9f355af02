"""Links that arrive by mail: confirmation of an address, and the way back after a forgotten password."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.mailbox import read_mail
from tests.site import Site
from tests_e2e.steps import Visitor

NEW_PASSWORD = "battery staple"


def test_a_mailed_link_confirms_the_address(site: Site, visitor: Callable[..., Visitor]) -> None:
    someone = visitor()
    mail = read_mail(site.stack.env, to=someone.email, subject="confirm your email")
    page = someone.open(mail["links"][0])
    # Scanners open links, too: only the button confirms.
    assert "token" not in page.url
    expect(page.get_by_label("Link from our mail")).to_be_hidden()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="Your email is confirmed")).to_be_visible()
    someone.open("/account")
    expect(page.get_by_text("Confirmed: we know that it is yours.")).to_be_visible()


def test_a_reset_signs_out_everywhere_else(site: Site, visitor: Callable[..., Visitor]) -> None:
    laptop, phone = visitor(), visitor(signed_in=False)
    elsewhere = laptop.open("/orders")
    page = phone.open("/auth/signin")
    page.get_by_role("link", name="Forgot your password?").click()
    expect(page.get_by_role("heading", name="Forgot your password?")).to_be_visible()
    page.get_by_label("Email").fill(laptop.email)
    page.get_by_role("button", name="Mail me a link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    mail = read_mail(site.stack.env, to=laptop.email, subject="new password")
    phone.open(mail["links"][0])
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_role("status").filter(has_text="Your new password is set.")).to_be_visible()
    # Without any action there.
    expect(elsewhere.get_by_role("heading", name="Sign In")).to_be_visible()
