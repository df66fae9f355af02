"""The dialog that asks for the password or a passkey before a valuable act."""

import reflex as rx

from ticketing_app.accounts.rules import PROOF_LIFETIME
from ticketing_app.ui.session import SessionState
from ticketing_app.ui.shell.json_form import API, JSON_FORM, PASSKEY, PASSKEY_USE, PROOF
from ticketing_app.ui.shell.passkeys import WITH_PASSKEYS
from ticketing_app.ui.theme import styles

TEXT = {
    "heading": "Show that it is you",
    "why": "This keeps your account yours if somebody else is at your screen. "
    f"We do not ask again for {PROOF_LIFETIME.seconds // 60} minutes.",
    "email": "Email",
    "password": "Password",
    "continue": "Continue",
    "passkey": "Use a passkey",
    "cancel": "Cancel",
}
_URL = "/api/users/proof"
_HEADING_ID = "proof-heading"
_FIELD_ID = "proof-field"
_ERROR_ID = "proof-error"


class ProofDialog(rx.Component):
    """Opens on the browser event "proofneeded", and closes on "proved".

    If the event comes from a handler, `on_proved` repeats it.
    """

    library = rx.asset("proof.jsx", shared=True).importable_path
    tag = "ProofDialog"

    heading_id: rx.Var[str]
    cancel_label: rx.Var[str]
    cancel_class: rx.Var[str]
    on_proved: rx.EventHandler[rx.event.no_args_event_spec]


def proof_dialog() -> rx.Component:
    return ProofDialog.create(
        rx.el.h2(TEXT["heading"], id=_HEADING_ID, class_name="text-lg font-bold"),
        rx.el.p(TEXT["why"]),
        _password_form(),
        _passkey_form(),
        heading_id=_HEADING_ID,
        cancel_label=TEXT["cancel"],
        cancel_class=styles.SECONDARY,
        on_proved=SessionState.repeat,
        class_name=f"{styles.DIALOG} open:grid gap-4",
    )


def _password_form() -> rx.Component:
    return _form(
        # For password managers.
        rx.el.input(
            name="username",
            default_value=SessionState.email,
            auto_complete="username",
            aria_label=TEXT["email"],
            hidden=True,
        ),
        rx.el.label(TEXT["password"], html_for=_FIELD_ID, class_name="font-medium"),
        rx.el.input(
            id=_FIELD_ID,
            name="currentPassword",
            type="password",
            auto_complete="current-password",
            required=True,
            aria_describedby=_ERROR_ID,
            class_name=styles.FIELD,
        ),
        _error("currentPassword"),
        rx.el.button(TEXT["continue"], type="submit", class_name=styles.PRIMARY),
    )


def _passkey_form() -> rx.Component:
    button = rx.el.button(TEXT["passkey"], type="submit", class_name=f"{styles.SECONDARY} w-full")
    attributes = {PASSKEY: PASSKEY_USE}
    return rx.el.div(_form(button, attributes=attributes), class_name=WITH_PASSKEYS)


def _form(*content: rx.Component, attributes: dict[str, str] | None = None) -> rx.Component:
    return rx.el.form(
        *content[:-1],
        _error(""),
        content[-1],
        method="post",
        action=_URL,
        no_validate=True,
        custom_attrs={JSON_FORM: "", API: _URL, PROOF: "", **(attributes or {})},
        class_name="grid gap-3",
    )


def _error(field: str) -> rx.Component:
    return rx.el.p(
        id=_ERROR_ID if field else None,
        role="alert",
        custom_attrs={"data-error-for": field},
        class_name="text-bad font-medium empty:hidden",
    )
