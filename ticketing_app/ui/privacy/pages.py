"""One's data: download it, or leave."""

import reflex as rx

from ticketing_app import routes
from ticketing_app.ui.accounts.components import account_form, success_note
from ticketing_app.ui.accounts.frame import account_frame, disclosure, heading, panel
from ticketing_app.ui.live.components import OnLive
from ticketing_app.ui.privacy.state import OwnDataState
from ticketing_app.ui.privacy.views import ExportRow
from ticketing_app.ui.shell import feedback
from ticketing_app.ui.shell.layout import layout
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.shell.prerendered import Prerendered
from ticketing_app.ui.theme import styles

TEXT = {
    "export": "Download your data",
    "export_more": "A ZIP file with everything we have of you: your account and sign-ins, listings, orders, "
    "payments, notices, and what you wrote to us.",
    "collect": "Collect my data",
    "being_made": "Being collected",
    "download": "Download",
    "delete": "Delete your account",
    "delete_more": "Your listings are taken off sale and you are signed out everywhere at once. After 14 days "
    "we erase your address, your password, your passkeys and what you wrote. Sign in before then, and "
    "everything stays. Orders and payments stay in our books, without your name.",
    "delete_now": "Delete my account",
    "kept": "Your account cannot be deleted right now:",
    "goodbye": "Goodbye",
    "goodbye_more": "You are signed out everywhere, and your listings are off sale. In 14 days we erase your "
    "account. Changed your mind? Sign in before then, and it stays.",
    "sign_in": "Sign In",
}


def data_page() -> rx.Component:
    state = OwnDataState
    content = rx.el.div(
        heading(routes.ACCOUNT_DATA),
        panel(
            TEXT["export"],
            rx.el.p(TEXT["export_more"], class_name="text-sm text-muted"),
            rx.el.ul(rx.foreach(state.exports, _export), class_name="empty:hidden"),
            account_form(
                action="/api/users/exports",
                submit=TEXT["collect"],
                submit_class=styles.SECONDARY,
                after=f"{routes.ACCOUNT_DATA}?changed=export",
            ),
        ),
        panel(
            TEXT["delete"],
            rx.el.p(TEXT["delete_more"], class_name="text-sm text-muted"),
            rx.cond(state.reasons.length() > 0, _reasons(), _deletion()),
        ),
        class_name="grid gap-5",
    )
    return account_frame(
        OnLive.create(only_notices=True, on_change=state.refresh),
        success_note(state.note),
        feedback.loaded(state, state.load, content, shape=feedback.field_shapes(2)),
    )


def _export(row: ExportRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(row.label, class_name="font-semibold"),
            rx.el.p(row.until, class_name="text-sm text-muted empty:hidden"),
            class_name="min-w-0 flex-1",
        ),
        rx.cond(
            row.is_ready,
            rx.el.button(
                TEXT["download"],
                type="button",
                on_click=OwnDataState.download(row.id),
                class_name=styles.SECONDARY,
            ),
            rx.el.span(TEXT["being_made"], class_name="badge", role="status"),
        ),
        key=row.id,
        class_name="flex items-center gap-3 py-3 border-t border-line first:border-t-0",
    )


def _reasons() -> rx.Component:
    return rx.el.div(
        rx.el.p(TEXT["kept"], class_name="font-medium"),
        rx.el.ul(
            rx.foreach(OwnDataState.reasons, lambda reason: rx.el.li(reason, key=reason)),
            class_name="list-disc pl-5",
        ),
        class_name="grid gap-2",
    )


def _deletion() -> rx.Component:
    return disclosure(
        TEXT["delete"],
        rx.el.div(
            rx.el.p(OwnDataState.coming, class_name="font-medium text-bad empty:hidden"),
            account_form(
                action="/api/users/currentuser",
                method="DELETE",
                submit=TEXT["delete_now"],
                submit_class=styles.DANGER,
                after=routes.GOODBYE,
            ),
            class_name="grid gap-3",
        ),
    )


def goodbye_page() -> rx.Component:
    return layout(Prerendered.around(goodbye_content()), is_narrow=True)


def goodbye_content() -> rx.Component:
    return rx.el.div(
        rx.el.h1(TEXT["goodbye"], class_name=styles.HEADING),
        rx.el.p(TEXT["goodbye_more"]),
        link(TEXT["sign_in"], href=routes.SIGN_IN, class_name=styles.SECONDARY),
        class_name="grid gap-4 justify-items-start",
    )
