"""The page of a ticket."""

from collections.abc import Sequence

import reflex as rx

from ticketing_app import routes
from ticketing_app.ui.events.cards import EventCard
from ticketing_app.ui.events.offers import OfferRow
from ticketing_app.ui.live.components import OnLive
from ticketing_app.ui.purchases.components import purchase_form
from ticketing_app.ui.shell import feedback
from ticketing_app.ui.shell.layout import layout
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.static_html import cond, each
from ticketing_app.ui.theme import styles
from ticketing_app.ui.tickets.components import (
    AvailabilityAlert,
    event_link,
    ownership_history,
    same_night,
    similar_tickets,
    ticket_article,
    ticket_card,
    withdraw_button,
)
from ticketing_app.ui.tickets.sets import QuantityChoice
from ticketing_app.ui.tickets.state import TicketDetailState
from ticketing_app.ui.tickets.views import NightView, TicketDetail, TicketStub

TEXT = {
    "to_order": "Go to my order",
    "resell": "Sell this ticket",
    "edit": "Edit",
    "alert": "Tell me if it comes back",
    "alert_waiting": "We will tell you as soon as it is free. Keep this page open.",
    "quantity": "How many?",
}


def ticket_detail_page() -> rx.Component:
    state = TicketDetailState
    return layout(
        OnLive.create(versions=state.versions, on_change=state.refresh),
        # Always present: screen readers announce changes of a live region, not new ones.
        rx.el.p(state.note, role="status", class_name=f"mb-5 {styles.SUCCESS}"),
        feedback.loaded(
            state,
            state.load,
            ticket_article(
                state.ticket,
                _availability_alert(state.ticket),
                _actions(),
                to_event=rx.cond(state.night.href != "", event_link(state.night)),
                history=rx.cond(state.ownership.length() > 0, ownership_history(state.ownership)),
                foot=rx.cond(
                    state.night.href != "",
                    same_night(state.night, state.others, state.other_dates),
                    rx.cond(
                        state.similar.length() > 0,
                        similar_tickets(rx.foreach(state.similar, ticket_card)),
                    ),
                ),
                on_over=state.refresh,
            ),
            state.ticket.id,
        ),
    )


def static_ticket(
    ticket: TicketDetail,
    similar: Sequence[TicketStub],
    night: NightView,
    others: Sequence[OfferRow],
    other_dates: Sequence[EventCard],
) -> rx.Component:
    """A ticket in the served document; its controls are disabled until hydration."""
    foot = similar_tickets(*map(ticket_card, similar)) if similar else None
    return ticket_article(
        ticket,
        _availability_alert(ticket),
        _purchase(ticket) if ticket.can_buy else None,
        to_event=event_link(night) if night.href else None,
        history=None,
        foot=same_night(night, others, other_dates) if night.href else foot,
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
                _purchase(ticket),
            ),
        ),
    )


def _purchase(ticket: TicketDetail) -> rx.Component:
    return rx.fragment(
        rx.el.p(ticket.hold_note, class_name="text-sm text-muted"),
        rx.el.div(
            purchase_form(
                TicketDetailState,
                cond(ticket.has_choices, _quantity(ticket)),
                key=ticket.key,
                fields=ticket.fields,
                action=ticket.href,
                class_name="w-full sm:w-auto sm:px-10 lg:w-full",
            ),
            class_name=styles.ACTION_BAR,
        ),
    )


def _quantity(ticket: TicketDetail) -> rx.Component:
    return rx.el.label(
        rx.el.span(TEXT["quantity"], class_name="whitespace-nowrap"),
        rx.el.select(each(ticket.choices, _choice), name="quantity", class_name=styles.FIELD),
        class_name="w-full flex items-center gap-3",
    )


def _choice(choice: QuantityChoice) -> rx.Component:
    return rx.el.option(choice.label, value=choice.value, key=choice.value)


def _owner_actions() -> rx.Component:
    state = TicketDetailState
    edit = link(
        TEXT["edit"], href=routes.ticket_edit(f"{state.ticket.id}"), class_name=styles.PRIMARY
    )
    return rx.el.div(edit, withdraw_button(on_confirm=state.withdraw), class_name=styles.ACTION_BAR)
