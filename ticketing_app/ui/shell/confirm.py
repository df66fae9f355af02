"""A button that asks before it acts, without a call to the server."""

import reflex as rx

from ticketing_app.ui.theme import styles

CLASSES = {
    "dialog": styles.DIALOG,
    "question": "mb-4 font-medium",
    "answers": "flex flex-wrap gap-3",
    "confirm": styles.DANGER,
    "cancel": styles.SECONDARY,
}


class ConfirmButton(rx.Component):
    """Calls `on_confirm` after a click on `confirm_label` in its dialog.

    `description` is the accessible name where `label` alone is ambiguous.
    """

    library = rx.asset("confirm.jsx", shared=True).importable_path
    tag = "ConfirmButton"

    label: rx.Var[str]
    description: rx.Var[str]
    question: rx.Var[str]
    confirm_label: rx.Var[str]
    cancel_label: rx.Var[str]
    classes: rx.Var[dict[str, str]] = rx.Var.create(CLASSES)
    on_confirm: rx.EventHandler[rx.event.no_args_event_spec]
