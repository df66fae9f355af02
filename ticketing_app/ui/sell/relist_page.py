"""The page that sells tickets of a paid order again."""

import reflex as rx

from ticketing_app import routes
from ticketing_app.ui.listings.components import OnFormInput
from ticketing_app.ui.listings.fields import (
    choice_row,
    error_line,
    long_text_field,
    split_fields,
    text_field,
)
from ticketing_app.ui.sell.components import event_card
from ticketing_app.ui.sell.relist import SEATS, BoughtSeat
from ticketing_app.ui.sell.relist_state import RelistState
from ticketing_app.ui.shell import feedback
from ticketing_app.ui.shell.layout import layout
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.theme import styles

TEXT = {
    "title": "Sell tickets again",
    "which": "Which tickets?",
    "nothing": "None of these tickets can be sold again now.",
    "price": "Price per ticket",
    "description": "Note to buyers (optional)",
    "list": "List for sale",
    "back": "Back to the order",
}


def relist_page() -> rx.Component:
    state = RelistState
    form = rx.el.form(
        OnFormInput.create(on_form_input=state.type_form),
        rx.el.fieldset(
            rx.el.legend(TEXT["which"], class_name="font-medium mb-1.5"),
            rx.foreach(state.seats, _seat),
            error_line(SEATS, state.shown_errors),
            class_name="grid gap-1",
        ),
        rx.el.p(state.file_line, class_name="-mt-2 empty:hidden"),
        split_fields(state.split),
        text_field(
            "price",
            state.price,
            state.shown_errors,
            state.price_rule,
            label=TEXT["price"],
            input_mode="decimal",
            auto_complete="off",
        ),
        rx.el.p(
            state.total_line, role="status", class_name="text-sm text-muted -mt-3 empty:hidden"
        ),
        long_text_field(
            "description", state.description, state.shown_errors, label=TEXT["description"]
        ),
        rx.el.button(
            TEXT["list"], type="submit", class_name=f"{styles.PRIMARY} px-8 justify-self-start"
        ),
        on_submit=state.list_again,
        no_validate=True,
        class_name="grid gap-5",
    )
    content = rx.el.div(
        rx.el.h1(TEXT["title"], class_name=styles.HEADING),
        event_card(state.stub, rx.fragment()),
        rx.cond(
            state.left_out.length() > 0,
            rx.el.ul(
                rx.foreach(state.left_out, _left_out),
                class_name="grid gap-1 text-sm text-muted max-w-text",
            ),
        ),
        rx.cond(state.seats.length() > 0, form, rx.el.p(TEXT["nothing"], class_name="font-medium")),
        link(
            TEXT["back"],
            href=routes.order_detail(f"{state.shown_id}"),
            class_name=f"{styles.SECONDARY} justify-self-start",
        ),
        class_name="grid gap-5 pb-8",
    )
    loaded = feedback.loaded(
        state, state.load, content, state.shown_id, state.shown_id, feedback.field_shapes(3)
    )
    return layout(loaded, is_narrow=True)


def _seat(seat: BoughtSeat) -> rx.Component:
    return choice_row("checkbox", seat.name, "true", seat.label, is_chosen=True)


def _left_out(line: rx.Var[str]) -> rx.Component:
    return rx.el.li(line)
