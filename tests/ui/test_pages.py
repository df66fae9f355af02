"""Every page can be drawn, has one heading per state, and carries the words of the product."""

import json

import pytest
import reflex as rx

from ticketing_app.core.settings import get_settings
from ticketing_app.ticketing_app import app

ROUTES = sorted(app._unevaluated_pages)


def drawn(route: str) -> str:
    page = app._unevaluated_pages[route]
    assert callable(page.component)
    component = page.component()
    assert isinstance(component, rx.Component)
    return json.dumps(component.render(), default=str, ensure_ascii=False)


class TestPages:
    def test_are_the_site_map(self) -> None:
        assert ROUTES == [
            "404",
            "account",
            "auth/signin",
            "auth/signout",
            "auth/signup",
            "index",
            "orders",
            "orders/[order_id]",
            "tickets/[ticket_id]",
            "tickets/[ticket_id]/edit",
            "tickets/mine",
            "tickets/new",
        ]

    @pytest.mark.parametrize("route", ROUTES)
    def test_have_a_title_a_description_and_a_heading(self, route: str) -> None:
        page = app._unevaluated_pages[route]
        assert get_settings().brand_name in str(page.title)
        assert str(page.description)
        assert '"h1"' in drawn(route).replace("\\", "")

    def test_lead_visitors_to_fresh_pages(self) -> None:
        # Reflex turns even a plain link into one that keeps the page, and with it a socket whose
        # cookies are as old as the page.
        links = [part for part in drawn("index").split('{"name"') if "/auth/sign" in part]
        leading = [part for part in links if "href" in part or "to:" in part]
        assert leading
        assert all("reloadDocument" in part for part in leading), leading

    @pytest.mark.parametrize("route", ROUTES)
    def test_load_who_is_there(self, route: str) -> None:
        assert app._unevaluated_pages[route].on_load is not None

    @pytest.mark.parametrize(
        ("route", "words"),
        [
            ("index", ["Tickets For Sale", "GitTix", "Sign Up", "Sign In"]),
            ("index", ["My Orders", "Sell Tickets", "Sign Out"]),
            ("tickets/new", ["Create a Ticket", "Title", "Price", "Submit"]),
            ("tickets/[ticket_id]", ["Purchase"]),
            ("orders/[order_id]", ["You have ", " left to order", "Pay"]),
            ("orders", ["My Orders"]),
            ("account", ["Account", "Email", "Password", "Where you are signed in"]),
            ("auth/signup", ["Email", "Password", "Sign Up"]),
            ("auth/signin", ["Email", "Password", "Sign In"]),
            ("auth/signout", ["Sign Out"]),
        ],
    )
    def test_carry_the_words_of_the_product(self, route: str, words: list[str]) -> None:
        text = drawn(route)
        assert [word for word in words if word not in text] == []

    @pytest.mark.parametrize("route", ROUTES)
    def test_have_a_place_for_what_stops_a_sign_out(self, route: str) -> None:
        text = drawn(route).replace("\\", "")
        form = text.partition("/api/users/signout")[2][:900]
        assert "data-error-for" in form

    @pytest.mark.parametrize("route", ["auth/signin", "auth/signup"])
    def test_post_passwords_even_before_any_script_runs(self, route: str) -> None:
        text = drawn(route).replace("\\", "")
        assert 'method:"post"' in text
        assert f'action:"/api/users/{route.removeprefix("auth/")}"' in text

    def test_send_changes_of_the_account_to_the_api_alone(self) -> None:
        forms = drawn("account").replace("\\", "").split('"name": ""form""')[1:]
        with_password = [form[:400] for form in forms if 'type:"password"' in form]
        assert len(with_password) == 2
        for form in with_password:
            assert 'method:"post"' in form
            assert 'action:"/api/users/currentuser/' in form
            assert '"data-method":"PUT"' in form
