"""Pages of accounts: sign up, sign in, sign out."""

import reflex as rx

from ticketing_app import routes
from ticketing_app.accounts.rules import PASSWORD_MAX_LENGTH, PASSWORD_MIN_LENGTH
from ticketing_app.ui import theme
from ticketing_app.ui.accounts.components import account_form, labelled_input
from ticketing_app.ui.session import SessionState
from ticketing_app.ui.shell.layout import layout
from ticketing_app.ui.shell.navbar import sign_out_form

TEXT = {
    "sign_up": "Sign Up",
    "sign_in": "Sign In",
    "sign_out": "Sign Out",
    "email": "Email",
    "password": "Password",
    "password_hint": f"{PASSWORD_MIN_LENGTH} characters or more",
    "have_account": "You have an account already? ",
    "no_account": "You are new here? ",
    "signed_in_as": "You are signed in as ",
    "signed_out": "You are signed out.",
    "home": "See tickets for sale",
}


def sign_up_page() -> rx.Component:
    return layout(
        rx.el.h1(TEXT["sign_up"], class_name=f"{theme.HEADING} mb-5"),
        account_form(
            _email(),
            labelled_input(
                TEXT["password"],
                "password",
                hint=TEXT["password_hint"],
                type="password",
                auto_complete="new-password",
                min_length=PASSWORD_MIN_LENGTH,
                max_length=PASSWORD_MAX_LENGTH,
            ),
            action="/api/users/signup",
            submit=TEXT["sign_up"],
            after=routes.TICKET_LIST,
        ),
        _other_way(TEXT["have_account"], TEXT["sign_in"], routes.SIGN_IN),
        is_narrow=True,
    )


def sign_in_page() -> rx.Component:
    return layout(
        rx.el.h1(TEXT["sign_in"], class_name=f"{theme.HEADING} mb-5"),
        account_form(
            _email(),
            labelled_input(
                TEXT["password"], "password", type="password", auto_complete="current-password"
            ),
            action="/api/users/signin",
            submit=TEXT["sign_in"],
            after=routes.TICKET_LIST,
        ),
        _other_way(TEXT["no_account"], TEXT["sign_up"], routes.SIGN_UP),
        is_narrow=True,
    )


def sign_out_page() -> rx.Component:
    return layout(
        rx.el.h1(TEXT["sign_out"], class_name=f"{theme.HEADING} mb-5"),
        rx.cond(
            SessionState.is_known,
            rx.cond(
                SessionState.email != "",
                rx.el.div(
                    rx.el.p(TEXT["signed_in_as"], rx.el.strong(SessionState.email), "."),
                    sign_out_form(theme.PRIMARY),
                    class_name="grid gap-4 justify-items-start break-words",
                ),
                rx.el.div(
                    rx.el.p(TEXT["signed_out"]),
                    rx.el.a(TEXT["home"], href=routes.TICKET_LIST, class_name=theme.LINK),
                    class_name="grid gap-4 justify-items-start",
                ),
            ),
            rx.el.div(class_name="skeleton h-11", aria_busy="true"),
        ),
        is_narrow=True,
    )


def _email() -> rx.Component:
    return labelled_input(TEXT["email"], "email", type="email", auto_complete="username")


def _other_way(question: str, label: str, href: str) -> rx.Component:
    """Lead to the other form; the script keeps `next` on the way."""
    return rx.el.p(
        question,
        rx.el.a(label, href=href, class_name=theme.LINK, custom_attrs={"data-keep-next": ""}),
        class_name="mt-6",
    )
