"""Results of a search, for the page and for the served document.

`shown` is `HomeState`, or a `MarketView` with the same values.
"""

from typing import Any

import reflex as rx

from ticketing_app import routes
from ticketing_app.ui.events.cards import event_groups
from ticketing_app.ui.home.address import FilterChip
from ticketing_app.ui.home.search import LIBRARY
from ticketing_app.ui.home.state import AUTOMATIC_CARDS, HomeState
from ticketing_app.ui.home.views import FilterSuggestion
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.shell.rows import MAX_ROWS
from ticketing_app.ui.static_html import cond, each
from ticketing_app.ui.theme import styles
from ticketing_app.ui.tickets.components import ticket_card

TEXT = {
    "clear": "Clear filters",
    "more_events": "More events",
    "more": "Load more",
    "tickets": "More tickets",
    "cut": f"These are the first {MAX_ROWS} tickets. Search or filter to see the others.",
    "clear_search": "Clear search",
    "nothing_yet": "Nothing is for sale yet. Be the first to sell a ticket.",
    "other_words": "Try other words, or be the first to sell one.",
    "fewer_filters": "Try fewer filters, or be the first to sell one.",
    "without": "With one filter less there is something:",
    "sell": "Sell Tickets",
}
MORE_CLASS = f"{styles.SECONDARY} w-full sm:w-auto mt-6"
EVENT_ROW = ".event-row h3 a"
TICKET_ROW = "[data-ticket] h2 a"


class LoadMore(rx.Component):
    """A button for the next page, that presses itself near the viewport if it `is_automatic`.

    `row` is the selector of the links of the rows, of which `shown` are there.
    """

    library = LIBRARY
    tag = "LoadMore"

    text: rx.Var[str]
    row: rx.Var[str]
    shown: rx.Var[int]
    has_more: rx.Var[bool]
    is_automatic: rx.Var[bool]
    on_more: rx.EventHandler[rx.event.no_args_event_spec]


def results(shown: Any) -> rx.Component:  # noqa: ANN401  # see above
    return rx.fragment(_summary(shown), cond(shown.is_empty, _nothing(shown), _market(shown)))


def _summary(shown: Any) -> rx.Component:  # noqa: ANN401  # see above
    """The number of results and a removable chip per active filter."""
    clear = link(TEXT["clear"], href=shown.cleared_href, class_name=styles.LINK_ALONE)
    return rx.el.div(
        rx.el.p(
            shown.count_line,
            role="status",
            # On the home page the events themselves come first.
            class_name=cond(shown.is_filtered, "font-semibold tabular-nums", "sr-only"),
        ),
        rx.el.ul(
            each(shown.chips, _chip),
            cond(shown.has_many_chips, rx.el.li(clear)),
            class_name="contents",
        ),
        cond(shown.notice != "", rx.el.p(shown.notice, class_name="basis-full text-muted")),
        each(shown.wrong_lines, _wrong),
        class_name=cond(
            shown.is_filtered, "flex flex-wrap items-center gap-x-3 gap-y-2 mb-2 min-h-touch", ""
        ),
    )


def _wrong(line: str) -> rx.Component:
    return rx.el.p(line, class_name="basis-full text-bad")


def _chip(chip: FilterChip) -> rx.Component:
    return rx.el.li(
        link(
            rx.el.span(chip.label, class_name="truncate"),
            rx.el.span("\u00d7", aria_hidden="true", class_name="text-lg leading-none"),
            href=chip.href,
            aria_label=chip.remove_label,
            class_name=styles.CHIP,
        ),
        key=chip.href,
        class_name="min-w-0",
    )


def _market(shown: Any) -> rx.Component:  # noqa: ANN401  # see above
    heading = rx.el.h2(TEXT["tickets"], class_name=f"{styles.DAY} mt-8")
    tickets = rx.el.ul(
        each(shown.cards, ticket_card), class_name="grid gap-3 lg:grid-cols-2 lg:gap-4"
    )
    return rx.fragment(
        event_groups(shown.groups),
        _more_events(shown),
        cond(shown.has_events, cond(shown.has_tickets, heading)),
        cond(shown.has_tickets, tickets),
        _more(shown),
        rx.el.div(class_name="h-8"),
    )


def _more_events(shown: Any) -> rx.Component:  # noqa: ANN401  # see above
    state: Any = HomeState
    if shown is not HomeState:
        return _disabled(TEXT["more_events"]) if shown.has_more_events else rx.fragment()
    return LoadMore.create(
        text=TEXT["more_events"],
        row=EVENT_ROW,
        shown=state.event_count,
        has_more=state.has_more_events,
        # Below are the tickets without an event, which would move away.
        is_automatic=(state.event_count < AUTOMATIC_CARDS) & ~state.has_tickets,
        on_more=state.load_more_events,
        key=f"{state.address} events",
        class_name=MORE_CLASS,
    )


def _more(shown: Any) -> rx.Component:  # noqa: ANN401  # see above
    """The button for the next page of tickets, or the advice to narrow the search."""
    state = HomeState
    if shown is not HomeState:
        return _disabled(TEXT["more"]) if shown.has_more else rx.fragment()
    return rx.fragment(
        LoadMore.create(
            text=TEXT["more"],
            row=TICKET_ROW,
            shown=state.cards.length(),
            has_more=state.has_more,
            # Each page is sent with all previous ones: beyond this number of cards only on request.
            is_automatic=state.cards.length() < AUTOMATIC_CARDS,
            on_more=state.load_more,
            key=state.address,
            class_name=MORE_CLASS,
        ),
        rx.cond(state.is_cut, rx.el.p(TEXT["cut"], class_name="mt-6 text-muted")),
    )


def _disabled(text: str) -> rx.Component:
    return rx.el.button(text, type="button", disabled=True, class_name=MORE_CLASS)


def _nothing(shown: Any) -> rx.Component:  # noqa: ANN401  # see above
    """The empty result, with filters to remove."""
    other_search = cond(shown.has_chips, TEXT["fewer_filters"], TEXT["other_words"])
    clear = cond(shown.has_chips, TEXT["clear"], TEXT["clear_search"])
    advice = cond(shown.is_filtered, other_search, TEXT["nothing_yet"])
    ways = rx.el.ul(each(shown.suggestions, _way), class_name="grid gap-2 justify-items-center")
    return rx.el.div(
        rx.el.div(class_name="blank"),
        cond(
            shown.has_suggestions,
            rx.el.div(
                rx.el.p(TEXT["without"], class_name="text-muted"), ways, class_name="grid gap-3"
            ),
            rx.el.p(advice, class_name="text-muted"),
        ),
        cond(
            shown.is_filtered,
            link(clear, href=routes.TICKET_LIST, class_name=styles.PRIMARY),
            link(TEXT["sell"], href=routes.TICKET_NEW, class_name=styles.PRIMARY),
        ),
        class_name=styles.EMPTY_STATE,
    )


def _way(way: FilterSuggestion) -> rx.Component:
    return rx.el.li(
        link(way.label, href=way.href, class_name=styles.LINK_ALONE),
        rx.el.span(way.count_line, class_name="text-muted tabular-nums"),
        key=way.href,
        class_name="flex flex-wrap gap-x-2 items-center min-h-touch",
    )
