"""Pages of tickets: the list and one ticket."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from ticketing_app import routes
from ticketing_app.ui.live.components import LiveAnnouncement, NewListings, OnLive
from ticketing_app.ui.shell import feedback
from ticketing_app.ui.shell.clock import Countdown
from ticketing_app.ui.shell.layout import layout
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.shell.prerendered import Prerendered
from ticketing_app.ui.theme import styles
from ticketing_app.ui.tickets.components import (
    STATUS_BY_NAME,
    AvailabilityAlert,
    ownership_history,
    similar_tickets,
    ticket_article,
    ticket_card,
    withdraw_button,
)
from ticketing_app.ui.tickets.search import (
    empty_result,
    load_more,
    result_summary,
    search_form,
    static_count,
    static_empty,
    static_more,
)
from ticketing_app.ui.tickets.state import TicketDetailState, TicketListState
from ticketing_app.ui.tickets.views import TicketDetail, TicketStub

TEXT = {
    "list": "Tickets For Sale",
    "list_intro": "From people who cannot go to people who want to.",
    "one_new": "1 new ticket",
    "many_new": "{count} new tickets",
    "one_changed": "{title}: {status}",
    "many_changed": "{count} tickets in this list changed",
    "purchase": "Purchase",
    "to_order": "Go to my order",
    "resell": "Sell this ticket",
    "edit": "Edit",
    "alert": "Tell me if it comes back",
    "alert_waiting": "We will tell you as soon as it is free. Keep this page open.",
    "pause": "Purchase again in",
    "hold_note": "Purchase locks the ticket for you while you pay. You are not charged yet.",
}


def ticket_list_page() -> rx.Component:
    state = TicketListState
    return layout(
        OnLive.create(only_resync=True, on_change=state.refresh),
        rx.el.div(
            rx.el.h1(TEXT["list"], class_name=styles.HEADING),
            rx.el.p(TEXT["list_intro"], class_name="text-muted"),
            class_name="mb-5",
        ),
        search_form(),
        rx.cond(state.is_unavailable, feedback.Retry.create(on_retry=state.load)),
        feedback.error_message(state),
        LiveAnnouncement.create(
            one=TEXT["one_changed"], many=TEXT["many_changed"], labels=STATUS_BY_NAME
        ),
        NewListings.create(
            one=TEXT["one_new"],
            many=TEXT["many_new"],
            asks=state.is_filtered,
            matching=state.new_ids,
            on_ask=state.match_new,
            on_show=state.load,
            key=state.address,
            class_name=f"{styles.SECONDARY} w-full mb-4",
        ),
        rx.cond(
            state.is_loaded,
            rx.fragment(
                result_summary(),
                rx.cond(
                    state.cards.length() > 0,
                    _cards(
                        rx.foreach(state.cards, ticket_card),
                        more=load_more(),
                    ),
                    empty_result(),
                ),
            ),
            Prerendered.around(_list_skeleton()),
        ),
    )


def static_list(cards: Sequence[TicketStub], *, count_line: str, has_more: bool) -> rx.Component:
    """The list in the served document; its controls are disabled until hydration."""
    more = static_more() if has_more else None
    content = _cards(*map(ticket_card, cards), more=more) if cards else static_empty()
    return rx.fragment(static_count(count_line), content)


def _cards(*cards: rx.Component, more: rx.Component | None) -> rx.Component:
    return rx.fragment(
        rx.el.ul(*cards, class_name="grid gap-3 lg:grid-cols-2 lg:gap-4"),
        more,
        rx.el.div(class_name="h-8"),
    )


def _list_skeleton() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.div(class_name="skeleton h-5 w-24"), class_name="flex items-center h-11 mb-4"
        ),
        rx.el.div(
            *(feedback.stub_shape() for _ in range(6)),
            class_name="grid gap-3 lg:grid-cols-2 lg:gap-4",
        ),
        aria_busy="true",
    )


def ticket_detail_page() -> rx.Component:
    state = TicketDetailState
    return layout(
        OnLive.create(
            ticket_id=state.ticket.id,
            seen_version=state.ticket.version,
            on_change=state.refresh,
        ),
        # Always present: screen readers announce changes of a live region, not new ones.
        rx.el.p(state.note, role="status", class_name=f"mb-5 {styles.SUCCESS}"),
        feedback.loaded(
            state,
            state.load,
            ticket_article(
                state.ticket,
                _availability_alert(state.ticket),
                _actions(),
                history=rx.cond(state.ownership.length() > 0, ownership_history(state.ownership)),
                similar=rx.cond(
                    state.similar.length() > 0,
                    similar_tickets(rx.foreach(state.similar, ticket_card)),
                ),
                on_over=state.refresh,
            ),
            state.ticket.id,
        ),
    )


def static_ticket(ticket: TicketDetail, similar: list[TicketStub]) -> rx.Component:
    """A ticket in the served document; its controls are disabled until hydration."""
    return ticket_article(
        ticket,
        _availability_alert(ticket),
        _purchase(disabled=True) if ticket.can_buy else None,
        history=None,
        similar=similar_tickets(*map(ticket_card, similar)) if similar else None,
        on_over=TicketDetailState.refresh,
    )


def static_failure(message: str) -> rx.Component:
    """The served document of a missing ticket."""
    return feedback.failed(message, TicketDetailState.load, is_unavailable=False)


def _availability_alert(ticket: TicketDetail) -> rx.Component:
    return AvailabilityAlert.create(
        can_wait=ticket.can_wait,
        is_free=ticket.can_buy,
        label=TEXT["alert"],
        waiting_text=TEXT["alert_waiting"],
        available_text=ticket.available_line,
        notice="font-medium empty:hidden",
        class_name=styles.SECONDARY,
        key=ticket.id,
    )


def _actions() -> rx.Component:
    ticket = TicketDetailState.ticket
    resale_href = TicketDetailState.resale_href
    to_order = link(TEXT["to_order"], href=ticket.my_order_href, class_name=styles.PRIMARY)
    return rx.cond(
        (ticket.my_order_href != "") | (resale_href != ""),
        rx.el.div(
            rx.cond(ticket.my_order_href != "", to_order),
            rx.cond(
                resale_href != "",
                link(TEXT["resell"], href=resale_href, class_name=styles.SECONDARY),
            ),
            class_name=styles.ACTION_BAR,
        ),
        rx.cond(
            ticket.can_change,
            _owner_actions(),
            rx.cond(
                ticket.can_buy,
                rx.cond(
                    TicketDetailState.paused_until != "",
                    _pause(),
                    _purchase(on_click=TicketDetailState.purchase),
                ),
            ),
        ),
    )


def _purchase(**button: Any) -> rx.Component:  # noqa: ANN401  # any attribute
    return rx.fragment(
        rx.el.p(TEXT["hold_note"], class_name="text-sm text-muted"),
        rx.el.div(
            rx.el.button(
                TEXT["purchase"],
                type="button",
                class_name=f"{styles.PRIMARY} w-full sm:w-auto sm:px-10 lg:w-full",
                **button,
            ),
            class_name=styles.ACTION_BAR,
        ),
    )


def _pause() -> rx.Component:
    """The disabled purchase button during the cooldown after an unpaid hold."""
    state = TicketDetailState
    return rx.el.div(
        rx.el.button(
            TEXT["pause"],
            Countdown.create(
                deadline=state.paused_until,
                now=state.paused_at,
                on_over=state.end_pause,
                class_name="tabular-nums",
            ),
            type="button",
            disabled=True,
            # Full opacity: the countdown must stay readable.
            class_name=f"{styles.SECONDARY} gap-1 disabled:opacity-100 w-full sm:w-auto sm:px-10 lg:w-full",
        ),
        class_name=styles.ACTION_BAR,
    )


def _owner_actions() -> rx.Component:
    state = TicketDetailState
    edit = link(
        TEXT["edit"], href=routes.ticket_edit(f"{state.ticket.id}"), class_name=styles.PRIMARY
    )
    return rx.el.div(edit, withdraw_button(on_confirm=state.withdraw), class_name=styles.ACTION_BAR)
