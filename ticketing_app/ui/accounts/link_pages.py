"""Pages of mailed links: ask for one, confirm an address, set a new password.

Opening a link changes nothing, as scanners of mails do: its token is in the fragment, and a button sends it.
Without JavaScript the reader pastes the link.
"""

from collections.abc import Callable

import reflex as rx
from starlette.datastructures import QueryParams

from ticketing_app import routes
from ticketing_app.accounts.rules import PASSWORD_MAX_LENGTH, PASSWORD_MIN_LENGTH
from ticketing_app.ui import static_html
from ticketing_app.ui.accounts.components import (
    PASSWORD_HINT,
    FormValues,
    account_form,
    labelled_input,
    title,
)
from ticketing_app.ui.page_content import Load, PageContent
from ticketing_app.ui.shell.layout import layout
from ticketing_app.ui.shell.prerendered import Prerendered
from ticketing_app.ui.theme import styles

TEXT = {
    "email": "Email",
    "forgot": "Forgot your password?",
    "forgot_more": "Tell us your email, and we mail you a link that sets a new password.",
    "send": "Mail me a link",
    "sent": "Look into your mail",
    "sent_more": "If this address has an account, a link is on its way. It works once, for 30 minutes.",
    "sent_nothing": "Nothing there? Look into the spam folder, or try again with another spelling.",
    "again": "Try another address",
    "link": "Link from our mail",
    "link_hint": "Copy the whole link from the mail and paste it here.",
    "confirm": "Confirm your email",
    "confirm_more": "One click, and we know that this address is yours.",
    "confirm_button": "Confirm",
    "confirmed": "Your email is confirmed",
    "confirmed_more": "Thank you. From now on you can use everything here.",
    "home": "See tickets for sale",
    "reset": "Set a new password",
    "reset_more": "You are signed in with it at once, and signed out everywhere else.",
    "new_password": "New password",
    "reset_button": "Set password",
}


def forgot_page() -> rx.Component:
    return layout(Prerendered.around(forgot_content(FormValues())), is_narrow=True)


def confirm_page() -> rx.Component:
    return layout(Prerendered.around(confirm_content(FormValues())), is_narrow=True)


def reset_page() -> rx.Component:
    return layout(Prerendered.around(reset_content(FormValues())), is_narrow=True)


def forgot_content(values: FormValues) -> rx.Component:
    return rx.fragment(
        title(TEXT["forgot"]),
        account_form(
            rx.el.p(TEXT["forgot_more"]),
            labelled_input(
                TEXT["email"],
                "email",
                error=values.errors.get("email", ""),
                type="email",
                auto_complete="username",
                value=values.email,
            ),
            action="/api/users/password-reset",
            page=routes.FORGOT,
            submit=TEXT["send"],
            after=routes.sent(routes.FORGOT),
            error=values.errors.get("", ""),
        ),
    )


def sent_content() -> rx.Component:
    return _outcome(
        TEXT["sent"],
        rx.el.p(TEXT["sent_more"]),
        rx.el.p(TEXT["sent_nothing"], class_name="text-muted"),
        rx.el.a(TEXT["again"], href=routes.FORGOT, class_name=styles.LINK_ALONE),
    )


def confirm_content(values: FormValues) -> rx.Component:
    return rx.fragment(
        title(TEXT["confirm"]),
        account_form(
            rx.el.p(TEXT["confirm_more"]),
            _link_field(values),
            action="/api/users/email/confirm",
            page=routes.CONFIRM,
            submit=TEXT["confirm_button"],
            after=routes.sent(routes.CONFIRM),
            error=values.errors.get("", ""),
        ),
    )


def confirmed_content() -> rx.Component:
    return _outcome(
        TEXT["confirmed"],
        rx.el.p(TEXT["confirmed_more"]),
        rx.el.a(TEXT["home"], href=routes.TICKET_LIST, class_name=styles.LINK_ALONE),
    )


def reset_content(values: FormValues) -> rx.Component:
    return rx.fragment(
        title(TEXT["reset"]),
        account_form(
            rx.el.p(TEXT["reset_more"]),
            _link_field(values),
            labelled_input(
                TEXT["new_password"],
                "newPassword",
                hint=PASSWORD_HINT,
                error=values.errors.get("newPassword", ""),
                type="password",
                auto_complete="new-password",
                min_length=PASSWORD_MIN_LENGTH,
                max_length=PASSWORD_MAX_LENGTH,
            ),
            action="/api/users/password-reset/confirm",
            page=routes.RESET,
            submit=TEXT["reset_button"],
            after=f"{routes.ACCOUNT_SECURITY}?changed=reset",
            error=values.errors.get("", ""),
        ),
    )


def _link_field(values: FormValues) -> rx.Component:
    return labelled_input(
        TEXT["link"],
        "token",
        hint=TEXT["link_hint"],
        error=values.errors.get("token", ""),
        value=values.token,
        is_link=True,
        auto_complete="off",
    )


def _outcome(heading: str, *content: rx.Component) -> rx.Component:
    return rx.fragment(title(heading), rx.el.div(*content, class_name="grid gap-4"))


def load_link_form(
    draw: Callable[[FormValues], rx.Component], draw_sent: Callable[[], rx.Component]
) -> Load:
    """Return the loader of a form, and of its outcome once it was sent."""

    async def load(query: QueryParams) -> PageContent:
        content = draw_sent() if routes.SENT in query else draw(FormValues())
        return PageContent(html=static_html.render(content))

    return load
