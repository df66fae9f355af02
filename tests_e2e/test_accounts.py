"""Accounts in the browser."""

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from tests_e2e.steps import PASSWORD, Visitor


def test_signing_out_ends_the_session_in_other_tabs(visitor: Callable[..., Visitor]) -> None:
    someone = visitor()
    first = someone.open("/")
    second = someone.open("/tickets/new", someone.context.new_page())
    first.get_by_role("button", name="Sign Out").click()
    expect(first.get_by_role("link", name="Sign In")).to_be_visible()
    # Without any action in the other tab.
    expect(second.get_by_role("heading", name="Sign In")).to_be_visible()
    assert someone.context.request.get("/api/orders").status == 401


def test_the_next_person_in_a_tab_sees_nothing_of_the_first(
    visitor: Callable[..., Visitor],
) -> None:
    first, second = visitor(), visitor()
    page = first.open("/account")
    expect(page.get_by_text(first.email)).to_be_visible()
    token = page.evaluate("sessionStorage.getItem('token')")
    page.get_by_role("banner").get_by_role("button", name="Sign Out").click()
    expect(page.get_by_role("link", name="Sign In")).to_be_visible()
    page.wait_for_function("sessionStorage.getItem('token')")
    assert page.evaluate("sessionStorage.getItem('token')") != token
    page.goto("/auth/signin?next=/account")
    page.get_by_label("Email").fill(second.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign In").click()
    expect(page.get_by_text(second.email)).to_be_visible()
    assert first.email not in page.content()
    # A page that the browser kept returns after the sign-out, as Playwright's browsers keep none.
    assert second.context.request.post("/api/users/signout").ok
    first.context.clear_cookies()
    with page.expect_navigation():
        page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(page.get_by_role("heading", name="Sign In")).to_be_visible()


def test_rejects_old_session_of_a_tab_without_notice(visitor: Callable[..., Visitor]) -> None:
    someone = visitor()
    page = someone.page

    def connect(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            if "CustomEvent" not in str(message):
                socket.send(message)

        server.on_message(pass_on)

    page.route_web_socket(re.compile("/_event"), connect)
    someone.open("/tickets/new")
    page.get_by_label("Title", exact=True).fill("Not to be listed")
    page.get_by_label("Price", exact=True).fill("10")
    assert someone.context.request.post("/api/users/signout").ok
    # The tab's websocket still carries the old cookie; the server refuses it.
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", name="Sign In")).to_be_visible()


def test_signing_in_leads_back(visitor: Callable[..., Visitor]) -> None:
    someone = visitor()
    someone.context.clear_cookies()
    page = someone.page
    page.goto("/orders")
    expect(page.get_by_role("heading", name="Sign In")).to_be_visible()
    page.wait_for_function("sessionStorage.getItem('token')")
    page.get_by_label("Email").fill(someone.email)
    page.get_by_label("Password").fill("wrong horse")
    page.get_by_role("main").get_by_role("button", name="Sign In").click()
    expect(page.get_by_role("alert").filter(has_text="Invalid credentials")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign In").click()
    expect(page.get_by_role("heading", name="My Orders")).to_be_visible()


# tests/ui/test_forms.py has both forms.
@pytest.mark.parametrize("form", ["signin", pytest.param("signup", marks=pytest.mark.slow)])
def test_next_parameter_never_leaves_the_site(visitor: Callable[..., Visitor], form: str) -> None:
    someone = visitor(signed_in=form == "signin")
    page = someone.page
    left: list[str] = []
    page.route(re.compile(r"//evil\.example"), lambda route: left.append(route.request.url))
    spellings = ("/.//evil.example/login", "/x/..//evil.example", "///evil.example")
    for number, wanted in enumerate(spellings):
        someone.context.clear_cookies()
        page.goto(f"/auth/{form}?next={quote(wanted, safe='')}")
        page.get_by_label("Email").fill(
            f"{number}{someone.email}" if form == "signup" else someone.email
        )
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("main").get_by_role("button").first.click()
        expect(page.get_by_role("heading", name="Tickets For Sale")).to_be_visible()
    for wanted in spellings:
        # A signed-in visitor is redirected at once.
        page.goto(f"/auth/{form}?next={quote(wanted, safe='')}")
        expect(page.get_by_role("heading", name="Tickets For Sale")).to_be_visible()
    assert left == []


# In brief: test_the_next_person_in_a_tab_sees_nothing_of_the_first, and tests/ui/test_wire.py.
@pytest.mark.slow
def test_sign_out_resets_the_state_of_the_tab(
    visitor: Callable[..., Visitor],
) -> None:
    someone = visitor()
    page = someone.open("/account/security")
    expect(page.get_by_role("listitem").filter(has_text="This device")).to_be_visible()
    token = page.evaluate("sessionStorage.getItem('token')")
    frames: list[str] = []
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))),
    )
    page.get_by_role("navigation").get_by_role("button", name="Sign Out").click()
    expect(page.get_by_role("link", name="Sign In")).to_be_visible()
    page.wait_for_function("sessionStorage.getItem('token')")
    assert page.evaluate("sessionStorage.getItem('token')") != token
    assert frames, "The page after it has a websocket, too."
    assert [frame for frame in frames if someone.email in frame or "This device" in frame] == []


# In brief: the scene `sign up with errors` of test_axe.py.
@pytest.mark.slow
def test_a_form_says_what_is_wrong(visitor: Callable[..., Visitor]) -> None:
    page = visitor(signed_in=False).open("/auth/signup")
    page.get_by_label("Email").fill("ana@gittix.test")
    page.get_by_label("Password").fill("short")
    page.get_by_role("main").get_by_role("button", name="Sign Up").click()
    expect(page.get_by_role("alert").filter(has_text=re.compile("at least 8"))).to_be_visible()


def fill_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)


def test_an_early_purchase_survives_an_early_sign_up(visitor: Callable[..., Visitor]) -> None:
    ticket_id = visitor().sell("Lanterns at Dawn")
    someone = visitor(signed_in=False)
    page = someone.page
    # The page's own code, later than any finger; boot.js is not held back.
    page.route("**/assets/*.js", delay(page, 1500))
    page.goto(f"/tickets/{ticket_id}")
    page.get_by_role("button", name="Purchase").click()
    expect(page.get_by_role("button", name="Purchase")).to_have_attribute("data-pending", "")
    expect(page.get_by_role("heading", name="Sign In")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Sign Up").click()
    expect(page.get_by_role("heading", name="Sign Up")).to_be_visible()
    fill_in(page, someone.email)
    # As if account-forms.js had not arrived.
    page.evaluate("document.querySelector('main form').submit()")
    expect(page.get_by_role("heading", name="Purchasing Lanterns at Dawn")).to_be_visible()


def delay(page: Page, milliseconds: int) -> Callable[[Route], None]:
    def later(route: Route) -> None:
        page.wait_for_timeout(milliseconds)
        route.continue_()

    return later


def test_the_document_has_the_right_bar(visitor: Callable[..., Visitor]) -> None:
    for is_member, name in ((True, "My Orders"), (False, "Sign In")):
        page = visitor(signed_in=is_member).page
        # The document is the same for every visitor.
        page.route_web_socket(re.compile("/_event"), lambda _: None)
        page.goto("/auth/signout")
        bar = page.get_by_role("navigation", name="Main")
        expect(bar.get_by_role("link", name=name)).to_be_visible()
        expect(bar.get_by_role("link", name="Sell Tickets")).to_be_visible()
        expect(bar.get_by_role("button", name="Sign Out")).to_have_count(int(is_member))
        expect(page.locator("html")).not_to_have_attribute("data-known", "")


# In brief: test_an_unknown_address_is_404_and_no_other_error of test_documents.py.
@pytest.mark.slow
def test_unknown_addresses(visitor: Callable[..., Visitor]) -> None:
    page = visitor(signed_in=False).page
    answer = page.goto("/no/such/page")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
    page.goto("/tickets/00000000-0000-7000-8000-000000000000")
    expect(page.get_by_text("We could not find this ticket")).to_be_visible()


# In brief: test_api.py and test_order_states.py of orders.
@pytest.mark.slow
def test_other_peoples_orders_are_unknown(visitor: Callable[..., Visitor]) -> None:
    seller, buyer, stranger = visitor(), visitor(), visitor()
    order_id = buyer.hold(seller.sell())
    stranger.open(f"/orders/{order_id}")
    expect(stranger.page.get_by_text("We could not find this order")).to_be_visible()
