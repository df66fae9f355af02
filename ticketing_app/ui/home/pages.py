"""The home page and the search page."""

import reflex as rx

from ticketing_app.ui.events.cards import card_shape
from ticketing_app.ui.home.results import results
from ticketing_app.ui.home.search import search_form
from ticketing_app.ui.home.state import HomeState
from ticketing_app.ui.live.components import LiveAnnouncement, NewListings, OnLive
from ticketing_app.ui.shell import feedback
from ticketing_app.ui.shell.layout import layout
from ticketing_app.ui.shell.link import is_at
from ticketing_app.ui.shell.prerendered import Prerendered
from ticketing_app.ui.theme import styles
from ticketing_app.ui.tickets.components import STATUS_BY_NAME

TEXT = {
    "home": "Tickets For Sale",
    "intro": "From people who cannot go to people who want to.",
    "search": "Search results",
    "one_new": "1 new ticket",
    "many_new": "{count} new tickets",
    "one_changed": "{title}: {status}",
    "many_changed": "{count} tickets in this list changed",
}


def home_page() -> rx.Component:
    return _page(
        rx.el.h1(TEXT["home"], class_name=styles.HEADING),
        rx.el.p(TEXT["intro"], class_name="text-muted max-sm:hidden"),
    )


def search_page() -> rx.Component:
    return _page(rx.el.h1(TEXT["search"], class_name=styles.HEADING))


def _page(*heading: rx.Component) -> rx.Component:
    state = HomeState
    return layout(
        OnLive.create(only_resync=True, on_change=state.refresh),
        rx.el.div(*heading, class_name="mb-3"),
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
        # Both pages have this state: until the search has loaded it contains the results of the home page.
        rx.cond(
            state.is_loaded & is_at(state.path),
            results(state),
            Prerendered.around(_skeleton()),
        ),
        has_search=False,
    )


def _skeleton() -> rx.Component:
    day = rx.el.div(class_name="skeleton h-6 w-24 mb-2")
    return rx.el.div(
        *(rx.el.div(day, rx.el.div(card_shape()), class_name="event-group") for _ in range(6)),
        class_name="event-groups",
        aria_busy="true",
    )
