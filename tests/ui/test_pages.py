"""Every page renders, has one heading per state, and contains the product's texts."""

import json

import pytest
import reflex as rx

from ticketing_app.core.settings import get_settings
from ticketing_app.ticketing_app import PAGES, app

ROUTES = sorted(app._unevaluated_pages)


def drawn(route: str) -> str:
    page = app._unevaluated_pages[route]
    assert callable(page.component)
    component = page.component()
    assert isinstance(component, rx.Component)
    return json.dumps(component.render(), default=str, ensure_ascii=False)


class TestPages:
    def test_are_the_site_map(self) -> None:
        routes = (page.route.strip("/") or "index" for page in PAGES)
        assert sorted(routes) == ROUTES

    @pytest.mark.parametrize("route", ROUTES)
    def test_have_a_title_a_description_and_a_heading(self, route: str) -> None:
        page = app._unevaluated_pages[route]
        assert get_settings().brand_name in str(page.title)
        assert str(page.description)
        text = drawn(route).replace("\\", "")
        assert '"h1"' in text or "<h1 " in text

    def test_link_sign_in_with_a_page_load(self) -> None:
        # Reflex makes plain links navigate without a page load, and the websocket keeps its old cookies.
        links = [part for part in drawn("index").split('{"name"') if "/auth/sign" in part]
        leading = [part for part in links if "href" in part or "to:" in part]
        assert leading
        assert all("reloadDocument" in part for part in leading), leading

    @pytest.mark.parametrize("route", ROUTES)
    def test_load_the_session(self, route: str) -> None:
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
            ("account", ["Account", "Email", "Profile", "Security"]),
            ("account/security", ["Account", "Password", "Where you are signed in"]),
            ("auth/signup", ["Email", "Password", "Sign Up"]),
            ("auth/signin", ["Email", "Password", "Sign In"]),
            ("auth/signout", ["Sign Out"]),
        ],
    )
    def test_contain_product_terms(self, route: str, words: list[str]) -> None:
        text = drawn(route)
        assert [word for word in words if word not in text] == []

    @pytest.mark.parametrize("route", ROUTES)
    def test_have_a_place_for_sign_out_errors(self, route: str) -> None:
        text = drawn(route).replace("\\", "")
        form = text.partition("/api/users/signout")[2][:900]
        assert "data-error-for" in form

    @pytest.mark.parametrize("route", ["auth/signin", "auth/signup", "auth/signout"])
    def test_post_account_forms_to_their_page(self, route: str) -> None:
        text = drawn(route).replace("\\", "")
        assert f'action="/{route}" method="post"' in text
        assert f'data-api="/api/users/{route.removeprefix("auth/")}"' in text

    @pytest.mark.parametrize("route", ROUTES)
    def test_have_the_frame(self, route: str) -> None:
        text = drawn(route)
        missing = {"Tabs", "Explore", "How it works", "API for developers", "CC BY 4.0"}
        assert {word for word in missing if word not in text} == set()

    @pytest.mark.parametrize("route", ["account", "account/security"])
    def test_post_account_changes_to_the_api(self, route: str) -> None:
        forms = drawn(route).replace("\\", "").split('"name": ""form""')[1:]
        with_password = [form[:400] for form in forms if 'type:"password"' in form]
        (form,) = with_password
        assert 'method:"post"' in form
        assert 'action:"/api/users/currentuser/' in form
        assert '"data-method":"PUT"' in form
