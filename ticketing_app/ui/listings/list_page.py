"""My Listings."""

import reflex as rx

from ticketing_app import routes
from ticketing_app.ui.deliveries.badge_part import delivery_badge
from ticketing_app.ui.listings.cards import PAUSE, RESUME, ListingCard, SeatRow
from ticketing_app.ui.listings.components import PriceField
from ticketing_app.ui.listings.state import OwnListingsState
from ticketing_app.ui.live.components import OnLive
from ticketing_app.ui.sales.to_do import to_do_part
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
    "price": "Price per ticket",
    "none": "No listings yet",
    "none_more": "What you sell shows up here, with what becomes of it.",
    "sell": "Sell Tickets",
    "left_before": "Somebody has ",
    "left_after": " left to pay for it",
    "paying": "Somebody is paying for it right now",
    "edit": "Edit",
    "change": "Change",
    "withdraw_all": "Withdraw all",
    "withdraw_all_question": "Take all tickets of this listing that are for sale off sale for good?",
    "withdraw_all_confirm": "Withdraw tickets",
    "withdraw_all_cancel": "Keep them",
    "resell": "Sell this ticket",
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
        rx.el.p(state.sums, class_name="font-medium -mt-3 empty:hidden"),
        to_do_part(state.to_do),
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
            rx.el.p(card.rule_line, class_name="text-sm text-muted empty:hidden"),
            rx.cond(card.delivery != "", delivery_badge(card.delivery, is_checked=card.is_checked)),
            rx.el.p(card.attached, class_name="text-sm text-muted empty:hidden"),
            rx.el.p(card.twice_line, class_name="text-sm text-wait empty:hidden"),
            _changes(card),
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
    """The changes that a seller can make; all but a pause wait while a ticket is held."""
    state = OwnListingsState
    withdraw_all = ConfirmButton.create(
        label=TEXT["withdraw_all"],
        description=card.withdraw_label,
        question=TEXT["withdraw_all_question"],
        confirm_label=TEXT["withdraw_all_confirm"],
        cancel_label=TEXT["withdraw_all_cancel"],
        on_confirm=state.withdraw_all(card.listing_id),
        class_name=_ACTION,
    )
    # One button, so that it keeps the focus.
    pause = rx.el.button(
        rx.cond(card.is_paused, RESUME, PAUSE),
        type="button",
        on_click=rx.cond(
            card.is_paused, state.resume(card.listing_id), state.pause(card.listing_id)
        ),
        aria_label=card.pause_label,
        class_name=_ACTION,
    )
    edit = link(TEXT["edit"], href=card.edit_href, aria_label=card.edit_label, class_name=_ACTION)
    return rx.el.div(
        rx.cond(card.can_change & (card.listing_id != ""), _price_form(card)),
        rx.cond(card.can_change, edit),
        rx.cond(card.can_pause, pause),
        rx.cond(card.can_change & (card.listing_id != "") & (card.count_line != ""), withdraw_all),
        class_name="flex flex-wrap items-end gap-3 empty:hidden",
    )


def _price_form(card: ListingCard) -> rx.Component:
    """The price of all unsold tickets of a listing, changed in place."""
    state = OwnListingsState
    name = f"price-{card.id}"
    is_refused = rx.Var.create(state.price_problem_id == card.id).bool() & (
        rx.Var.create(state.price_problem) != ""
    )
    return rx.el.form(
        rx.el.input(type="hidden", name="listingId", default_value=card.listing_id),
        rx.el.input(type="hidden", name="version", default_value=f"{card.version}"),
        rx.el.label(TEXT["price"], html_for=name, class_name="text-sm font-medium basis-full"),
        PriceField.create(
            id=name,
            value=card.price_input,
            is_refused=is_refused,
            described_by=f"{name}-error",
            class_name=f"{styles.FIELD} max-w-28",
        ),
        rx.el.button(
            TEXT["change"], type="submit", aria_label=card.price_label, class_name=_ACTION
        ),
        rx.cond(
            is_refused,
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
