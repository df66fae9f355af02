"""Pages that start and end a session: sign up, sign in, sign out."""

from urllib.parse import parse_qs, urlsplit

import reflex as rx

from ticketing_app import routes
from ticketing_app.accounts.rules import PASSWORD_MAX_LENGTH, PASSWORD_MIN_LENGTH
from ticketing_app.ui.accounts.components import (
    PASSWORD_HINT,
    FormValues,
    account_form,
    labelled_input,
    title,
)
from ticketing_app.ui.accounts.passkeys import AUTOFILL, passkey_sign_in
from ticketing_app.ui.session import with_next
from ticketing_app.ui.shell.layout import layout
from ticketing_app.ui.shell.prerendered import Prerendered
from ticketing_app.ui.theme import styles

TEXT = {
    "sign_up": "Sign Up",
    "sign_in": "Sign In",
    "sign_out": "Sign Out",
    "email": "Email",
    "password": "Password",
    "purchasing": "You pressed Purchase: your choice is locked for you as soon as we know who you are. "
    "You are not charged yet.",
    "have_account": "Have an account already? ",
    "no_account": "New here? ",
    "forgot": "Forgot your password?",
    "sign_out_here": "This ends your session on this device. Your orders and listings stay.",
}


def sign_up_page() -> rx.Component:
    return layout(Prerendered.around(sign_up_content(FormValues())), is_narrow=True)


def sign_in_page() -> rx.Component:
    return layout(Prerendered.around(sign_in_content(FormValues())), is_narrow=True)


def sign_out_page() -> rx.Component:
    return layout(Prerendered.around(sign_out_content()), is_narrow=True)


def sign_up_content(values: FormValues) -> rx.Component:
    password = labelled_input(
        TEXT["password"],
        "password",
        hint=PASSWORD_HINT,
        error=values.errors.get("password", ""),
        type="password",
        auto_complete="new-password",
        min_length=PASSWORD_MIN_LENGTH,
        max_length=PASSWORD_MAX_LENGTH,
    )
    other_way = _other_way(TEXT["have_account"], TEXT["sign_in"], routes.SIGN_IN, values)
    return _session_form(
        TEXT["sign_up"], "/api/users/signup", routes.SIGN_UP, values, password, other_way
    )


def sign_in_content(values: FormValues) -> rx.Component:
    password = labelled_input(
        TEXT["password"],
        "password",
        error=values.errors.get("password", ""),
        type="password",
        auto_complete="current-password",
    )
    other_way = rx.fragment(
        _forgot(),
        passkey_sign_in(),
        _other_way(TEXT["no_account"], TEXT["sign_up"], routes.SIGN_UP, values),
    )
    return _session_form(
        TEXT["sign_in"], "/api/users/signin", routes.SIGN_IN, values, password, other_way
    )


def _forgot() -> rx.Component:
    return rx.el.a(TEXT["forgot"], href=routes.FORGOT, class_name=f"{styles.LINK_ALONE} mt-4")


def sign_out_content(error: str = "") -> rx.Component:
    """For members and visitors alike: the document does not know its reader."""
    return rx.fragment(
        title(TEXT["sign_out"]),
        account_form(
            rx.el.p(TEXT["sign_out_here"]),
            action="/api/users/signout",
            page=routes.SIGN_OUT,
            submit=TEXT["sign_out"],
            after=routes.TICKET_LIST,
            error=error,
        ),
    )


def _session_form(
    label: str,
    action: str,
    page: str,
    values: FormValues,
    password: rx.Component,
    other_way: rx.Component,
) -> rx.Component:
    email = labelled_input(
        TEXT["email"],
        "email",
        error=values.errors.get("email", ""),
        type="email",
        auto_complete=AUTOFILL if page == routes.SIGN_IN else "username",
        value=values.email,
    )
    is_purchase = routes.PURCHASE in parse_qs(urlsplit(values.wanted).query)
    return rx.fragment(
        title(label),
        rx.el.p(TEXT["purchasing"], class_name="mb-5") if is_purchase else None,
        account_form(
            email,
            password,
            action=action,
            page=with_next(page, values.wanted),
            submit=label,
            after=routes.TICKET_LIST,
            error=values.errors.get("", ""),
        ),
        other_way,
    )


def _other_way(question: str, label: str, page: str, values: FormValues) -> rx.Component:
    """A link to the other form; without a document's values, account-forms.js keeps `next`."""
    href = with_next(page, values.wanted)
    return rx.el.p(
        question,
        rx.el.a(label, href=href, class_name=styles.LINK, custom_attrs={"data-keep-next": ""}),
        class_name="mt-6",
    )
