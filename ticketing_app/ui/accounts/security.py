"""Security of the account: its password and its sessions."""

import reflex as rx

from ticketing_app import routes
from ticketing_app.accounts.rules import PASSWORD_MAX_LENGTH, PASSWORD_MIN_LENGTH
from ticketing_app.ui.accounts.components import (
    PASSWORD_HINT,
    account_form,
    current_password,
    labelled_input,
    success_note,
)
from ticketing_app.ui.accounts.frame import account_frame, disclosure, heading, panel
from ticketing_app.ui.accounts.passkeys import passkeys_section
from ticketing_app.ui.accounts.state import SecurityState
from ticketing_app.ui.accounts.views import SessionRow
from ticketing_app.ui.live.components import OnLive
from ticketing_app.ui.session import SessionState
from ticketing_app.ui.shell import feedback
from ticketing_app.ui.theme import styles

TEXT = {
    "email": "Email",
    "password": "Password",
    "password_more": "Your password opens your tickets and your sales. Use it nowhere else.",
    "new_password": "New password",
    "change_password": "Change password",
    "ends_others": "You stay signed in here and are signed out everywhere else.",
    "sessions": "Where you are signed in",
    "sessions_more": "If you do not know one of these, sign it out and change your password.",
    "this_device": "This device",
    "end": "Sign out",
    "end_others": "Sign out other devices",
    "end_all": "Sign out everywhere",
}


def security_page() -> rx.Component:
    state = SecurityState
    content = rx.el.div(
        heading(routes.ACCOUNT_SECURITY),
        panel(
            TEXT["password"],
            rx.el.p(TEXT["password_more"], class_name="text-sm text-muted"),
            disclosure(TEXT["change_password"], _password_form()),
        ),
        passkeys_section(),
        panel(TEXT["sessions"], _sessions()),
        class_name="grid gap-5",
    )
    return account_frame(
        OnLive.create(only_resync=True, on_change=state.load),
        success_note(state.note),
        feedback.loaded(state, state.load, content, shape=feedback.field_shapes(3)),
    )


def _password_form() -> rx.Component:
    return account_form(
        # For password managers.
        rx.el.input(
            name="username",
            default_value=SessionState.email,
            auto_complete="username",
            aria_label=TEXT["email"],
            hidden=True,
        ),
        current_password("password"),
        labelled_input(
            TEXT["new_password"],
            "newPassword",
            hint=PASSWORD_HINT,
            form="password",
            type="password",
            auto_complete="new-password",
            min_length=PASSWORD_MIN_LENGTH,
            max_length=PASSWORD_MAX_LENGTH,
        ),
        rx.el.p(TEXT["ends_others"], class_name="text-sm text-muted"),
        action="/api/users/currentuser/password",
        method="PUT",
        submit=TEXT["change_password"],
        submit_class=styles.PRIMARY,
        after=f"{routes.ACCOUNT_SECURITY}?changed=password",
    )


def _sessions() -> rx.Component:
    return rx.fragment(
        rx.el.p(TEXT["sessions_more"], class_name="text-sm text-muted"),
        rx.el.ul(rx.foreach(SecurityState.rows, _session)),
        rx.cond(
            SecurityState.has_others,
            rx.el.div(
                rx.el.button(
                    TEXT["end_others"],
                    type="button",
                    on_click=SecurityState.end_others,
                    class_name=styles.SECONDARY,
                ),
                account_form(
                    action="/api/users/sessions?includingThis=true",
                    method="DELETE",
                    submit=TEXT["end_all"],
                    submit_class=styles.DANGER,
                    after=routes.TICKET_LIST,
                ),
                class_name="flex flex-wrap gap-3",
            ),
        ),
    )


def _session(row: SessionRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(
                row.device,
                rx.cond(
                    row.is_current,
                    rx.el.span(
                        TEXT["this_device"],
                        class_name="badge",
                        custom_attrs={"data-status": "yours"},
                    ),
                ),
                class_name="flex flex-wrap gap-x-2 font-semibold",
            ),
            rx.el.p(row.started, class_name="text-sm text-muted"),
            rx.el.p(row.seen, class_name="text-sm text-muted"),
            class_name="min-w-0 flex-1",
        ),
        rx.cond(
            row.is_current,
            account_form(
                action="/api/users/signout",
                submit=TEXT["end"],
                submit_class=styles.SECONDARY,
                after=routes.TICKET_LIST,
            ),
            rx.el.button(
                TEXT["end"],
                type="button",
                aria_label=row.end_label,
                on_click=SecurityState.end(row.id),
                class_name=styles.SECONDARY,
            ),
        ),
        key=row.id,
        class_name="flex items-center gap-3 py-3 border-t border-line first:border-t-0",
    )
