"""The home page."""

from collections.abc import Sequence

import reflex as rx

from ticketing_app.ui.home.search import (
    empty_result,
    load_more,
    result_summary,
    search_form,
    static_count,
    static_empty,
    static_more,
)
from ticketing_app.ui.home.state import HomeState
from ticketing_app.ui.live.components import LiveAnnouncement, NewListings, OnLive
from ticketing_app.ui.shell import feedback
from ticketing_app.ui.shell.layout import layout
from ticketing_app.ui.shell.prerendered import Prerendered
from ticketing_app.ui.theme import styles
from ticketing_app.ui.tickets.components import STATUS_BY_NAME, ticket_card
from ticketing_app.ui.tickets.views import TicketStub

TEXT = {
    "list": "Tickets For Sale",
    "list_intro": "From people who cannot go to people who want to.",
    "one_new": "1 new ticket",
    "many_new": "{count} new tickets",
    "one_changed": "{title}: {status}",
    "many_changed": "{count} tickets in this list changed",
}


def home_page() -> rx.Component:
    state = HomeState
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
