"""The account's profile: its e-mail address."""

import reflex as rx

from ticketing_app import routes
from ticketing_app.ui.accounts.components import (
    account_form,
    current_password,
    labelled_input,
    success_note,
)
from ticketing_app.ui.accounts.frame import account_frame, disclosure, heading, panel
from ticketing_app.ui.accounts.state import ProfileState
from ticketing_app.ui.live.components import OnLive
from ticketing_app.ui.session import SessionState
from ticketing_app.ui.shell import feedback
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.theme import styles

TEXT = {
    "signed_in_as": "You are signed in as ",
    "orders": "My Orders",
    "listings": "My Listings",
    "email": "Email",
    "confirmed": "Confirmed: we know that it is yours.",
    "unconfirmed": "Not confirmed yet. Open the link that we mailed you, or have it mailed again.",
    "mail_again": "Mail the link again",
    "new_email": "New email",
    "change_email": "Change email",
}


def account_page() -> rx.Component:
    state = ProfileState
    content = rx.el.div(
        heading(routes.ACCOUNT),
        panel(
            TEXT["email"],
            rx.el.p(TEXT["signed_in_as"], rx.el.strong(SessionState.email), "."),
            rx.cond(state.is_confirmed, rx.el.p(TEXT["confirmed"])),
            rx.cond(state.can_confirm, _confirmation()),
            disclosure(TEXT["change_email"], _email_form()),
        ),
        rx.el.div(
            link(TEXT["orders"], href=routes.ORDER_LIST, class_name=styles.SECONDARY),
            link(TEXT["listings"], href=routes.TICKET_MINE, class_name=styles.SECONDARY),
            class_name="flex flex-wrap gap-3",
        ),
        class_name="grid gap-5",
    )
    return account_frame(
        OnLive.create(only_resync=True, on_change=state.load),
        success_note(state.note),
        feedback.loaded(state, state.load, content, shape=feedback.field_shapes(1)),
    )


def _confirmation() -> rx.Component:
    return rx.el.div(
        rx.el.p(TEXT["unconfirmed"], class_name="font-medium"),
        account_form(
            action="/api/users/email/confirmation",
            submit=TEXT["mail_again"],
            submit_class=styles.SECONDARY,
            after=f"{routes.ACCOUNT}?changed=confirmation",
        ),
        class_name="rounded-control bg-wait-soft text-wait p-4 grid gap-3 justify-items-start",
    )


def _email_form() -> rx.Component:
    return account_form(
        labelled_input(
            TEXT["new_email"], "email", form="email", type="email", auto_complete="email"
        ),
        current_password("email"),
        action="/api/users/currentuser/email",
        method="PUT",
        submit=TEXT["change_email"],
        submit_class=styles.PRIMARY,
        after=f"{routes.ACCOUNT}?changed=email",
    )
