"""My Listings and the seller's form."""

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
from ticketing_app.ui.listings.state import OwnListingsState, TicketFormState
from ticketing_app.ui.listings.views import ListingCard, SeatRow
from ticketing_app.ui.live.components import OnLive
from ticketing_app.ui.shell import feedback
from ticketing_app.ui.shell.clock import Countdown
from ticketing_app.ui.shell.confirm import ConfirmButton
from ticketing_app.ui.shell.layout import layout
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.shell.rows import rows
from ticketing_app.ui.theme import styles
from ticketing_app.ui.tickets.components import date_block, facts, withdraw_button

TEXT = {
    "title": "My Listings",
    "none": "No listings yet",
    "none_more": "What you sell shows up here, with what becomes of it.",
    "sell": "Sell Tickets",
    "left_before": "Somebody has ",
    "left_after": " left to pay for it",
    "paying": "Somebody is paying for it right now",
    "edit": "Edit",
    "price": "Price per ticket",
    "all_seats": "For every ticket of the listing that is not sold",
    "change": "Change",
    "withdraw_all": "Withdraw all",
    "withdraw_all_question": "Take all tickets of this listing that are for sale off sale for good?",
    "withdraw_all_confirm": "Withdraw tickets",
    "withdraw_all_cancel": "Keep them",
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
            state.cards,
            _card,
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


def _card(card: ListingCard) -> rx.Component:
    stub = rx.el.div(
        date_block(card),
        rx.el.div(
            rx.el.h2(
                link(
                    card.title,
                    href=card.href,
                    # A touch target higher than its line.
                    class_name="relative inline-block py-2.5 -my-2.5 hover:underline",
                ),
                class_name="text-base sm:text-lg font-semibold leading-snug",
            ),
            facts(card),
            class_name="p-3 sm:p-4 min-w-0 grid gap-1 content-center",
        ),
        rx.el.div(
            rx.el.span(card.price, class_name="sm:text-xl font-bold"),
            rx.el.span(card.count_line, class_name="text-sm text-muted empty:hidden"),
            class_name="stub-price",
        ),
        class_name="stub",
    )
    return rx.el.li(
        rx.el.div(stub, class_name="stub-shadow"),
        rx.el.div(
            rx.el.ul(rx.foreach(card.seats, _seat), class_name="grid"),
            rx.el.p(card.twice_line, class_name="text-sm text-wait empty:hidden"),
            rx.cond(card.can_change, _changes(card)),
            class_name="grid gap-2 pt-2 pb-1 px-1",
        ),
        class_name="max-w-text",
        custom_attrs={"data-category": card.category},
        key=card.id,
    )


def _seat(row: SeatRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(
                link(
                    row.label,
                    href=row.href,
                    class_name="relative inline-block py-2.5 -my-2.5 font-medium hover:underline",
                ),
            ),
            rx.el.p(row.note, class_name="text-sm text-muted"),
            rx.cond(row.status == "locked", _buyer(row)),
            class_name="min-w-0 flex-1 basis-48",
        ),
        rx.el.span(row.state_label, class_name="badge", custom_attrs={"data-status": row.status}),
        rx.cond(
            row.can_withdraw,
            withdraw_button(
                on_confirm=OwnListingsState.withdraw(row.id),
                description=row.withdraw_label,
                class_name=_ACTION,
            ),
        ),
        rx.cond(
            row.resale_href != "",
            link(TEXT["resell"], href=row.resale_href, class_name=_ACTION),
        ),
        class_name="flex flex-wrap items-center justify-between gap-x-3 gap-y-2 py-2 border-b "
        "border-line",
        key=row.id,
    )


def _buyer(row: SeatRow) -> rx.Component:
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


def _changes(card: ListingCard) -> rx.Component:
    """The changes that a seller can make while no ticket is held."""
    withdraw_all = ConfirmButton.create(
        label=TEXT["withdraw_all"],
        description=card.withdraw_label,
        question=TEXT["withdraw_all_question"],
        confirm_label=TEXT["withdraw_all_confirm"],
        cancel_label=TEXT["withdraw_all_cancel"],
        on_confirm=OwnListingsState.withdraw_all(card.listing_id),
        class_name=_ACTION,
    )
    return rx.el.div(
        rx.cond(card.listing_id != "", _price_form(card)),
        link(TEXT["edit"], href=card.edit_href, aria_label=card.edit_label, class_name=_ACTION),
        rx.cond((card.listing_id != "") & (card.count_line != ""), withdraw_all),
        class_name="flex flex-wrap items-end gap-3",
    )


def _price_form(card: ListingCard) -> rx.Component:
    """The price of all unsold tickets of a listing, changed in place."""
    state = OwnListingsState
    name = f"price-{card.id}"
    is_wrong = rx.Var.create(state.price_problem_id == card.id).bool() & (
        rx.Var.create(state.price_problem) != ""
    )
    return rx.el.form(
        rx.el.input(type="hidden", name="listingId", default_value=card.listing_id),
        rx.el.label(TEXT["price"], html_for=name, class_name="text-sm font-medium basis-full"),
        rx.el.input(
            id=name,
            name="price",
            # A new price replaces the text of the field.
            key=card.price_input,
            default_value=card.price_input,
            input_mode="decimal",
            auto_complete="off",
            aria_invalid=is_wrong.to_string(),
            aria_describedby=f"{name}-error",
            class_name=f"{styles.FIELD} max-w-28",
        ),
        rx.el.button(
            TEXT["change"], type="submit", aria_label=card.price_label, class_name=_ACTION
        ),
        rx.cond(
            is_wrong,
            rx.el.p(
                state.price_problem,
                id=f"{name}-error",
                role="alert",
                class_name="basis-full text-bad font-medium",
            ),
        ),
        on_submit=state.change_price,
        class_name="flex flex-wrap items-center gap-2",
    )


def short_form(way_by_event: rx.Component) -> rx.Component:
    """The form of a single ticket, after the way by its event; a resale has one already."""
    state = TicketFormState
    form = _form(
        TEXT["new"],
        state.create,
        routes.TICKET_LIST,
        seat_hint=TEXT["seats"],
        before=rx.cond(state.form.previousTicketId == "", way_by_event),
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
