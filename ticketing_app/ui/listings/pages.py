"""The short form of a ticket, and the forms that edit a listing."""

from typing import Any

import reflex as rx

from ticketing_app import routes
from ticketing_app.ui.listings.components import OnFormInput, OwnTimezone, stub_preview
from ticketing_app.ui.listings.fields import (
    long_text_field,
    split_fields,
    text_field,
    ticket_fields,
)
from ticketing_app.ui.listings.state import TicketFormState
from ticketing_app.ui.shell import feedback
from ticketing_app.ui.shell.layout import layout
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.theme import styles

TEXT = {
    "title": "My Listings",
    "price": "Price per ticket",
    "all_seats": "For every ticket of the listing that is not sold",
    "new": "Create a Ticket",
    "edit_title": "Edit a Ticket",
    "submit": "Submit",
    "seats": "Several seats, as in 11, 12, 13, become a listing each",
    "unchecked": "You send it to the buyer yourself, and buyers see that it is not checked. "
    "If you have a file, find the event above.",
    "load_again": "Load again",
    "cancel": "Cancel",
}


def short_form(way_by_event: rx.Component) -> rx.Component:
    """The form of a single ticket, after the way by its event; a resale has one already."""
    state = TicketFormState
    form = _form(
        TEXT["new"],
        state.create,
        routes.TICKET_LIST,
        seat_hint=TEXT["seats"],
        before=rx.cond(
            state.form.previousTicketId == "",
            way_by_event,
            rx.el.p(state.file_line, class_name="max-w-text empty:hidden"),
        ),
        note=rx.cond(
            state.form.previousTicketId == "",
            rx.el.p(TEXT["unchecked"], class_name="text-sm text-muted max-w-text"),
        ),
    )
    listings = link(TEXT["title"], href=routes.TICKET_MINE, class_name=styles.LINK_ALONE)
    return _form_page(state.load_new, rx.fragment(form, listings))


def ticket_edit_page() -> rx.Component:
    state = TicketFormState
    back = routes.ticket_detail(f"{state.form_id}")
    form = _form(TEXT["edit_title"], state.update, back)
    listing = _listing_form(back)
    return layout(_form_page(state.load_edit, rx.cond(state.listing_line != "", listing, form)))


def _listing_form(back: str) -> rx.Component:
    """The fields that all unsold tickets of a listing share."""
    state = TicketFormState
    return rx.el.div(
        rx.el.h1(TEXT["edit_title"], class_name=styles.HEADING),
        rx.el.p(f"{state.form.title} · {state.listing_line}", class_name="font-medium"),
        rx.el.form(
            text_field(
                "price",
                state.form.price,
                state.shown_errors,
                TEXT["all_seats"],
                label=TEXT["price"],
                input_mode="decimal",
            ),
            split_fields(state.split),
            text_field("faceValue", state.form.faceValue, state.shown_errors, input_mode="decimal"),
            long_text_field("description", state.form.description, state.shown_errors),
            rx.el.input(type="hidden", name="version", default_value=f"{state.version}"),
            _submit(back),
            on_submit=state.update_listing,
            class_name="grid gap-5 max-w-form",
        ),
        class_name="grid gap-6",
    )


def _submit(back: str) -> rx.Component:
    state = TicketFormState
    return rx.el.div(
        rx.el.button(TEXT["submit"], type="submit", class_name=f"{styles.PRIMARY} px-8"),
        rx.cond(
            state.is_stale,
            rx.el.button(
                TEXT["load_again"],
                type="button",
                on_click=state.load_edit,
                class_name=styles.SECONDARY,
            ),
        ),
        link(TEXT["cancel"], href=back, class_name=styles.SECONDARY),
        class_name="flex flex-wrap gap-3 pb-8",
    )


def _about_price() -> rx.Component:
    """Price hint and payout, in a live region that is always rendered."""
    state = TicketFormState
    return rx.el.div(
        rx.el.p(state.price_hint, class_name="font-medium empty:hidden"),
        rx.el.p(state.amount_line, class_name="text-muted empty:hidden"),
        role="status",
        class_name="grid gap-1 text-sm -mt-3",
    )


def _form_page(load: rx.event.EventType[()], form: rx.Component) -> rx.Component:
    state = TicketFormState
    content = f"{state.form_id}{rx.Var.create(state.form).to_string()}"
    return feedback.loaded(
        state, load, form, state.form_id, content, shape=feedback.field_shapes(2)
    )


def _form(
    heading: str,
    on_submit: rx.event.EventType[dict[str, Any]],
    back: str,
    seat_hint: str = "",
    before: rx.Component | None = None,
    note: rx.Component | None = None,
) -> rx.Component:
    state = TicketFormState
    return rx.el.div(
        rx.el.h1(heading, class_name=styles.HEADING),
        before,
        rx.el.form(
            rx.el.div(
                OnFormInput.create(on_form_input=state.validate_draft),
                OwnTimezone.create(field="timezone"),
                ticket_fields(
                    state.form,
                    state.shown_errors,
                    price_hint=state.price_rule,
                    below_price=_about_price(),
                    seat_hint=seat_hint,
                    has_event_facts=state.has_event_facts,
                ),
                rx.el.input(type="hidden", name="version", default_value=f"{state.version}"),
                rx.el.input(
                    type="hidden",
                    name="previousTicketId",
                    default_value=state.form.previousTicketId,
                ),
                note,
                class_name="grid gap-5",
            ),
            # Beside the fields on a wide screen, otherwise between the fields and Submit.
            rx.el.div(
                stub_preview(state.preview),
                class_name="lg:row-span-2 lg:sticky lg:top-24 self-start",
            ),
            _submit(back),
            on_submit=on_submit,
            class_name="grid gap-5 lg:gap-x-12 lg:grid-cols-[30rem_minmax(0,1fr)]",
        ),
        class_name="grid gap-6",
    )
