"""Passkeys on the pages of accounts: the way to sign in, and the list with its form."""

import reflex as rx

from ticketing_app import routes
from ticketing_app.accounts.rules import PASSKEY_NAME_MAX_LENGTH
from ticketing_app.ui.accounts.components import account_form, labelled_input
from ticketing_app.ui.accounts.frame import disclosure, panel
from ticketing_app.ui.accounts.state import SecurityState
from ticketing_app.ui.accounts.views import PasskeyRow
from ticketing_app.ui.shell.confirm import ConfirmButton
from ticketing_app.ui.shell.json_form import PASSKEY_CREATE, PASSKEY_USE
from ticketing_app.ui.shell.passkeys import WITH_PASSKEYS
from ticketing_app.ui.theme import styles

# Of the e-mail field of the sign-in page: browsers offer passkeys there, too.
AUTOFILL = "username webauthn"
TEXT = {
    # Not "Sign in with ...": the button beside it is called Sign In.
    "use": "Use a passkey",
    "use_more": "Your finger, your face or the code of your device, instead of a password.",
    "passkeys": "Passkeys",
    "more": "Sign in with your finger, your face or the code of your device: nothing to remember, and nothing "
    "that a false page could ask you for.",
    "add": "Add a passkey",
    "name": "Name",
    "name_hint": "So that you recognise it in this list",
    "create": "Create it",
    "remove": "Remove",
    "question": "Remove this passkey? Your device may go on offering it, but it no longer opens your account.",
    "cancel": "Keep it",
}


def passkey_sign_in() -> rx.Component:
    """Below the form of the sign-in page; asks for no address."""
    return rx.el.div(
        account_form(
            action="/api/users/signin/passkey",
            submit=TEXT["use"],
            submit_class=f"{styles.SECONDARY} w-full",
            after=routes.TICKET_LIST,
            passkey=PASSKEY_USE,
        ),
        rx.el.p(TEXT["use_more"], class_name="text-sm text-muted"),
        class_name=f"{WITH_PASSKEYS} grid gap-2 mt-4",
    )


def passkeys_section() -> rx.Component:
    has_none = SecurityState.passkeys.length() == 0
    return rx.el.div(
        panel(
            TEXT["passkeys"],
            rx.el.p(TEXT["more"], class_name="text-sm text-muted"),
            rx.cond(has_none, None, rx.el.ul(rx.foreach(SecurityState.passkeys, _passkey))),
            rx.el.div(disclosure(TEXT["add"], _add_form()), class_name=WITH_PASSKEYS),
        ),
        # Those that are there can be removed in every browser.
        class_name=rx.cond(has_none, WITH_PASSKEYS, ""),
    )


def _add_form() -> rx.Component:
    return account_form(
        labelled_input(
            TEXT["name"],
            "name",
            form="passkey",
            hint=TEXT["name_hint"],
            auto_complete="off",
            max_length=PASSKEY_NAME_MAX_LENGTH,
            default_value=SecurityState.device,
        ),
        action="/api/users/passkeys",
        submit=TEXT["create"],
        submit_class=styles.PRIMARY,
        after=f"{routes.ACCOUNT_SECURITY}?changed=passkey",
        passkey=PASSKEY_CREATE,
    )


def _passkey(row: PasskeyRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(row.name, class_name="font-semibold break-words"),
            rx.el.p(row.added, class_name="text-sm text-muted"),
            rx.el.p(row.used, class_name="text-sm text-muted"),
            class_name="min-w-0 flex-1",
        ),
        ConfirmButton.create(
            label=TEXT["remove"],
            description=row.remove_label,
            question=TEXT["question"],
            confirm_label=TEXT["remove"],
            cancel_label=TEXT["cancel"],
            on_confirm=SecurityState.remove_passkey(row.id),
            class_name=styles.SECONDARY,
        ),
        key=row.id,
        class_name="flex items-center gap-3 py-3 border-t border-line first:border-t-0",
    )
