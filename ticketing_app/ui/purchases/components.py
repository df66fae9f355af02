"""The Purchase button."""

import reflex as rx

from ticketing_app.ui.purchases.state import PurchaseState
from ticketing_app.ui.shell.clock import Countdown
from ticketing_app.ui.shell.press import PressForm
from ticketing_app.ui.theme import styles

TEXT = {"purchase": "Purchase", "pause": "Purchase again in"}


def purchase_form(
    state: type[PurchaseState],
    *choices: rx.Component,
    key: rx.Var[str] | str,
    fields: rx.Var[dict[str, str]] | dict[str, str],
    action: rx.Var[str] | str,
    label: rx.Var[str] | str = TEXT["purchase"],
    pause: str = TEXT["pause"],
    description: rx.Var[str] | str = "",
    class_name: str = "",
) -> rx.Component:
    """The form of an `Offer` with its `key` and `fields`; `choices` are more fields.

    It is sent to `action`, the address of the page, before and without JavaScript; there `submit` is
    `forms.purchase`. A cool-down is counted down in its place.
    """
    form = PressForm.create(
        *choices,
        form_key=key,
        action=action,
        fields=fields,
        label=label,
        description=description,
        refusals=state.refusals,
        on_press=state.purchase,
        class_name=f"{styles.PRIMARY} {class_name}",
    )
    if not isinstance(key, rx.Var):
        # The served document, which has no state.
        return form
    return rx.cond(state.paused_key == key, _pause(state, pause, class_name), form)


def _pause(state: type[PurchaseState], label: str, class_name: str) -> rx.Component:
    """The disabled button during the cool-down after an unpaid hold."""
    return rx.el.button(
        label,
        Countdown.create(
            deadline=state.paused_until,
            now=state.paused_at,
            on_over=state.end_pause,
            class_name="tabular-nums",
        ),
        type="button",
        disabled=True,
        # Full opacity: the countdown must stay readable.
        class_name=f"{styles.SECONDARY} gap-1 disabled:opacity-100 {class_name}",
    )
