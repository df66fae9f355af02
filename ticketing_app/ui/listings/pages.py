"""My Listings and the seller's form."""

from typing import Any

import reflex as rx

from ticketing_app import routes
from ticketing_app.ui.listings.components import OnFormInput, OwnTimezone, stub_preview
from ticketing_app.ui.listings.fields import ticket_fields
from ticketing_app.ui.listings.state import OwnListingsState, TicketFormState
from ticketing_app.ui.listings.views import ListingRow
from ticketing_app.ui.live.components import OnLive
from ticketing_app.ui.shell import feedback
from ticketing_app.ui.shell.clock import Countdown
from ticketing_app.ui.shell.layout import layout
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.shell.rows import rows
from ticketing_app.ui.theme import styles
from ticketing_app.ui.tickets.components import withdraw_button

TEXT = {
    "title": "My Listings",
    "none": "No listings yet",
    "none_more": "What you sell shows up here, with what becomes of it.",
    "sell": "Sell Tickets",
    "left_before": "Somebody has ",
    "left_after": " left to pay for it",
    "paying": "Somebody is paying for it right now",
    "edit": "Edit",
    "resell": "Sell this ticket",
    "new": "Create a Ticket",
    "edit_title": "Edit a Ticket",
    "submit": "Submit",
    "seats": "Several seats, as in 11, 12, 13, become a listing each",
    "load_again": "Load again",
    "cancel": "Cancel",
}
_ACTION = f"{styles.SECONDARY} px-3 text-sm"


def own_listings_page() -> rx.Component:
    state = OwnListingsState
    content = rx.el.div(
        rx.el.p(state.note, role="status", class_name=styles.SUCCESS),
        rx.el.div(
            rx.el.h1(TEXT["title"], class_name=styles.HEADING),
            link(TEXT["sell"], href=routes.TICKET_NEW, class_name=styles.SECONDARY),
            class_name="flex flex-wrap items-center justify-between gap-3",
        ),
        rows(
            state.rows,
            _row,
            has_more=state.has_more,
            on_more=state.load_more,
            nothing=feedback.empty(
                TEXT["none"],
                TEXT["none_more"],
                link(TEXT["sell"], href=routes.TICKET_NEW, class_name=styles.PRIMARY),
            ),
        ),
        class_name="grid gap-5 pb-8",
    )
    return layout(
        OnLive.create(on_change=state.refresh),
        feedback.loaded(state, state.load, content, shape=feedback.row_shapes()),
    )


def _row(row: ListingRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.h2(
                link(
                    row.title,
                    href=row.href,
                    # A touch target higher than its line.
                    class_name="relative inline-block py-2.5 -my-2.5 hover:underline",
                ),
                class_name="font-semibold text-lg leading-snug",
            ),
            rx.cond(row.facts != "", rx.el.p(row.facts, class_name="text-sm")),
            rx.el.p(row.note, class_name="text-sm text-muted"),
            rx.cond(row.status == "locked", _buyer(row)),
            class_name="min-w-0 flex-1 basis-64",
        ),
        rx.el.div(
            rx.el.span(row.price, class_name="text-lg font-bold tabular-nums"),
            rx.el.span(
                row.state_label, class_name="badge", custom_attrs={"data-status": row.status}
            ),
            class_name="flex flex-wrap items-center gap-3",
        ),
        _actions(row),
        class_name="flex flex-wrap items-center justify-between gap-3 bg-surface rounded-stub "
        "shadow-soft p-4",
        key=row.id,
    )


def _buyer(row: ListingRow) -> rx.Component:
    """The remaining time of a hold; no countdown while a card is charged."""
    counted = rx.el.p(
        TEXT["left_before"],
        Countdown.create(
            deadline=row.deadline,
            now=row.now,
            on_over=OwnListingsState.refresh,
            class_name="font-bold tabular-nums",
        ),
        TEXT["left_after"],
        class_name="text-sm text-wait",
    )
    return rx.cond(
        row.deadline != "", counted, rx.el.p(TEXT["paying"], class_name="text-sm text-wait")
    )


def _actions(row: ListingRow) -> rx.Component:
    changes = rx.fragment(
        link(TEXT["edit"], href=row.edit_href, aria_label=row.edit_label, class_name=_ACTION),
        withdraw_button(
            on_confirm=OwnListingsState.withdraw(row.id),
            description=row.withdraw_label,
            class_name=_ACTION,
        ),
    )
    return rx.cond(
        (row.edit_href != "") | (row.resale_href != ""),
        rx.el.div(
            rx.cond(
                row.edit_href != "",
                changes,
                link(TEXT["resell"], href=row.resale_href, class_name=_ACTION),
            ),
            class_name="basis-full flex flex-wrap gap-3",
        ),
    )


def ticket_new_page() -> rx.Component:
    state = TicketFormState
    form = _form(TEXT["new"], state.create, routes.TICKET_LIST, seat_hint=TEXT["seats"])
    listings = link(TEXT["title"], href=routes.TICKET_MINE, class_name=styles.LINK_ALONE)
    return layout(_form_page(state.load_new, rx.fragment(form, listings)))


def ticket_edit_page() -> rx.Component:
    state = TicketFormState
    form = _form(TEXT["edit_title"], state.update, routes.ticket_detail(f"{state.form_id}"))
    return layout(_form_page(state.load_edit, form))


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
    heading: str, on_submit: rx.event.EventType[dict[str, Any]], back: str, seat_hint: str = ""
) -> rx.Component:
    state = TicketFormState
    return rx.el.div(
        rx.el.h1(heading, class_name=styles.HEADING),
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
                class_name="grid gap-5",
            ),
            # Beside the fields on a wide screen, otherwise between the fields and Submit.
            rx.el.div(
                stub_preview(state.preview),
                class_name="lg:row-span-2 lg:sticky lg:top-24 self-start",
            ),
            rx.el.div(
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
            ),
            on_submit=on_submit,
            class_name="grid gap-5 lg:gap-x-12 lg:grid-cols-[30rem_minmax(0,1fr)]",
        ),
        class_name="grid gap-6",
    )
