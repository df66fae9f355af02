"""The pages of accounts."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from docs.screenshots.stage import Stage
from tests_e2e.steps import PASSWORD


def signing(path: str, email: str = "", password: str = "") -> Callable[[Stage], Page]:
    """Open a form of the accounts; with its refusal, if credentials are given."""

    def open_page(stage: Stage) -> Page:
        page = stage.visitor(signed_in=False).open(path)
        if email:
            page.get_by_label("Email").fill(email)
            page.get_by_label("Password").fill(password)
            page.get_by_role("main").get_by_role("button").click()
            expect(page.get_by_role("alert").filter(has_text=re.compile(".")).first).to_be_visible()
        return page

    return open_page


def account(stage: Stage, path: str = "/account") -> Page:
    someone = stage.visitor()
    elsewhere = stage.visitor(signed_in=False)
    account = {"email": someone.email, "password": PASSWORD}
    elsewhere.context.request.post("/api/users/signin", data=account)
    page = someone.open(path)
    expect(page.get_by_role("button", name="Sign out other devices")).to_be_visible()
    return page


def account_changed(stage: Stage) -> Page:
    return account(stage, "/account?changed=password")


def sign_out(stage: Stage) -> Page:
    page = stage.visitor().open("/auth/signout")
    expect(page.get_by_text("This ends your session")).to_be_visible()
    return page
