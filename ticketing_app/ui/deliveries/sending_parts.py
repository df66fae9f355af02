"""Parts of an order's page for tickets that the seller sends after the sale."""

from typing import Any

import reflex as rx

from ticketing_app.ui.deliveries.sending_state import SendingState
from ticketing_app.ui.deliveries.sending_views import GIVE_UP_CANCEL
from ticketing_app.ui.shell.confirm import ConfirmButton
from ticketing_app.ui.theme import styles

TEXT = {
    "address": "Where should the seller send it?",
    "name": "Name of the account",
    "email": "Email of the account",
    "phone": "Mobile number of the account",
    "one_of": "One of the two is enough.",
    "save": "Save this address",
    "change": "Change the address",
    "choose": "What would you like to do?",
}
_CHOICE_ID = "late-choice"


def address_part(state: type[SendingState]) -> rx.Component:
    """The buyer's account at the issuer: a form first, then a line that opens it."""
    sending = state.sending
    form = rx.el.div(
        rx.el.h2(TEXT["address"], class_name="text-lg font-bold"),
        rx.el.p(sending.address_lead, class_name="text-sm text-muted"),
        _form(state),
        class_name=f"{styles.PANEL} grid gap-3 print:hidden",
    )
    line = rx.el.details(
        rx.el.summary(
            rx.el.span(sending.address_line, class_name="font-medium break-words min-w-0"),
            rx.el.span(TEXT["change"], class_name=f"{styles.LINK} text-sm"),
            class_name="min-h-touch cursor-pointer flex flex-wrap items-center gap-x-3",
        ),
        rx.el.div(_form(state), class_name="pt-3"),
        class_name=f"{styles.PANEL} print:hidden",
        key=sending.address_key,
    )
    return rx.cond(
        sending.can_change_address,
        rx.cond(sending.has_address, line, form),
    )


def _form(state: type[SendingState]) -> rx.Component:
    sending = state.sending
    return rx.el.form(
        _field(state, "name", sending.name, auto_complete="name", required=True),
        rx.el.div(
            _field(state, "email", sending.email, type="email", auto_complete="email"),
            _field(state, "phone", sending.phone, type="tel", auto_complete="tel"),
            class_name="grid gap-3 sm:grid-cols-2 items-start",
        ),
        rx.el.p(TEXT["one_of"], class_name="text-sm text-muted"),
        rx.el.button(TEXT["save"], type="submit", class_name=f"{styles.PRIMARY} w-fit"),
        on_submit=state.save_address,
        no_validate=True,
        class_name="grid gap-3",
        key=sending.address_key,
    )


def _field(
    state: type[SendingState],
    name: str,
    value: rx.Var[str] | str,
    **props: Any,  # noqa: ANN401  # any attribute
) -> rx.Component:
    id_ = f"address-{name}"
    return rx.el.div(
        rx.el.label(TEXT[name], html_for=id_, class_name="font-medium"),
        rx.el.input(
            id=id_,
            name=name,
            default_value=value,
            aria_invalid=state.errors.contains(name).to_string(),
            aria_describedby=f"{id_}-error",
            class_name=styles.FIELD,
            **props,
        ),
        rx.el.p(
            rx.cond(state.errors.contains(name), state.errors[name], ""),
            id=f"{id_}-error",
            role="alert",
            class_name="text-bad font-medium empty:hidden",
        ),
        class_name="grid gap-1.5",
    )


def sending_part(state: type[SendingState]) -> rx.Component:
    """The choices of the buyer while the tickets are on their way, or late."""
    sending = state.sending
    return rx.fragment(
        rx.cond(sending.is_late, _late(state)),
        rx.cond(sending.have != "", _have(state)),
        rx.cond(
            sending.failed != "",
            rx.el.p(sending.failed, class_name=f"{styles.PANEL} print:hidden"),
        ),
    )


def _late(state: type[SendingState]) -> rx.Component:
    sending = state.sending
    wait = rx.el.button(
        sending.wait, type="button", on_click=state.wait_longer, class_name=styles.PRIMARY
    )
    back = ConfirmButton.create(
        label=sending.give_up,
        question=sending.give_up_question,
        confirm_label=sending.give_up,
        cancel_label=GIVE_UP_CANCEL,
        on_confirm=state.give_up,
        class_name=styles.SECONDARY,
    )
    return rx.el.section(
        rx.el.h2(TEXT["choose"], id=_CHOICE_ID, class_name="text-lg font-bold"),
        rx.el.p(sending.choose),
        rx.el.div(rx.cond(sending.wait != "", wait), back, class_name="flex flex-wrap gap-3"),
        aria_labelledby=_CHOICE_ID,
        class_name=f"{styles.PANEL} grid gap-3 print:hidden",
    )


def _have(state: type[SendingState]) -> rx.Component:
    sending = state.sending
    return rx.el.div(
        rx.el.p(sending.accept, class_name="font-medium empty:hidden"),
        rx.el.p(sending.reference, class_name="text-muted break-words empty:hidden"),
        rx.el.button(
            sending.have,
            type="button",
            on_click=state.confirm_receipt,
            class_name=f"{styles.PRIMARY} w-fit",
        ),
        class_name=f"{styles.PANEL} grid gap-3 print:hidden",
    )
