"""Search form, active filters and empty result of the list of tickets."""

from typing import Any

import reflex as rx

from ticketing_app import routes
from ticketing_app.tickets.schemas import Q_MAX_LENGTH, TicketSort
from ticketing_app.ui.home.state import AUTOMATIC_CARDS, HomeState
from ticketing_app.ui.home.views import WHEN_LABELS, FilterChip, FilterSuggestion
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.shell.rows import MAX_ROWS
from ticketing_app.ui.theme import styles
from ticketing_app.ui.tickets.views import CATEGORY_LABELS

# Once for all components: rx.asset inspects the whole stack of imports.
LIBRARY = rx.asset("search.jsx", shared=True).importable_path

TEXT = {
    "search": "Search tickets",
    "search_hint": "Artist, team, venue or city",
    "sort": "Sort by",
    "filters": "Filters",
    "category": "Category",
    "all_categories": "All categories",
    "city": "City",
    "all_cities": "All cities",
    "when": "When",
    "any_day": "Any date",
    "choose_days": "Choose dates",
    "from": "From",
    "to": "To",
    "minPrice": "Min price",
    "maxPrice": "Max price",
    "available": "Only available",
    "clear": "Clear filters",
    "more": "Load more",
    "cut": f"These are the first {MAX_ROWS} tickets. Search or filter to see the others.",
    "clear_search": "Clear search",
    "nothing_yet": "Nothing is for sale yet. Be the first to sell a ticket.",
    "other_words": "Try other words, or be the first to sell one.",
    "fewer_filters": "Try fewer filters, or be the first to sell one.",
    "without": "There are tickets with one filter less:",
    "sell": "Sell Tickets",
}
SORTS = {
    # The default, without a parameter in the address.
    "": "Newest first",
    TicketSort.SOONEST.value: "Soonest",
    TicketSort.CHEAPEST.value: "Lowest price",
}
MORE_CLASS = f"{styles.SECONDARY} w-full sm:w-auto mt-6"
# Not an API value: shows the two date fields (search.jsx, theme).
CHOOSE_DAYS = "days"


class SearchForm(rx.Component):
    """Synchronises its controls with the address; `cities` are options that load later."""

    library = LIBRARY
    tag = "SearchForm"

    cities: rx.Var[list[str]]


class FilterPanel(rx.Component):
    """The first child, a button with the number of active filters, and its collapsible panel, the second child."""

    library = LIBRARY
    tag = "FilterPanel"

    label: rx.Var[str]
    count: rx.Var[int]


class LoadMore(rx.Component):
    """A button that presses itself when it comes near the viewport; `shown` is the number of cards."""

    library = LIBRARY
    tag = "LoadMore"

    text: rx.Var[str]
    shown: rx.Var[int]
    has_more: rx.Var[bool]
    is_automatic: rx.Var[bool]
    on_more: rx.EventHandler[rx.event.no_args_event_spec]


def search_form() -> rx.Component:
    """Search, sort and filters: a row on a wide screen, collapsed on a phone."""
    return SearchForm.create(
        rx.el.div(
            rx.el.label(TEXT["search"], html_for="search", class_name="sr-only"),
            rx.el.input(
                id="search",
                name="q",
                type="search",
                placeholder=TEXT["search_hint"],
                max_length=Q_MAX_LENGTH,
                auto_complete="off",
                class_name=styles.FIELD,
            ),
        ),
        FilterPanel.create(
            rx.el.div(_select("sort", "sort", SORTS), class_name="flex-1"),
            _filters(),
            label=TEXT["filters"],
            count=HomeState.chips.length(),
            class_name=f"{styles.SECONDARY} gap-2 sm:hidden",
        ),
        cities=HomeState.cities,
        class_name="grid sm:grid-cols-[1fr_auto] gap-3 mb-4",
    )


def _filters() -> rx.Component:
    cities = rx.foreach(HomeState.cities, lambda city: rx.el.option(city, value=city))
    return rx.el.div(
        _select("category", "category", {"": TEXT["all_categories"], **CATEGORY_LABELS}),
        _select("city", "city", {"": TEXT["all_cities"]}, cities),
        _select(
            "when", "when", {"": TEXT["any_day"], **WHEN_LABELS, CHOOSE_DAYS: TEXT["choose_days"]}
        ),
        rx.el.div(
            _input("from", "", type="date"),
            _input("to", "", type="date"),
            class_name="find-pair find-days",
        ),
        rx.el.div(
            _input("minPrice", "sr-only", input_mode="decimal", max_length=10),
            _input("maxPrice", "sr-only", input_mode="decimal", max_length=10),
            class_name="find-pair",
        ),
        rx.el.label(
            rx.el.input(
                type="checkbox", name="available", value="true", class_name="size-5 accent-accent"
            ),
            TEXT["available"],
            class_name="inline-flex items-center gap-2 min-h-touch cursor-pointer",
        ),
        class_name="find-filters",
    )


def _select(name: str, text: str, choices: dict[str, str], *more: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.el.label(TEXT[text], html_for=name, class_name="sr-only"),
        rx.el.select(
            *(rx.el.option(label, value=value) for value, label in choices.items()),
            *more,
            id=name,
            name=name,
            class_name=styles.FIELD,
        ),
    )


def _input(name: str, label: str, **props: Any) -> rx.Component:  # noqa: ANN401  # any attribute
    wrong = HomeState.wrong
    return rx.el.div(
        rx.el.label(TEXT[name], html_for=name, class_name=label),
        rx.el.input(
            id=name,
            name=name,
            placeholder=TEXT[name],
            auto_complete="off",
            aria_invalid=wrong.contains(name).to_string(),
            aria_describedby=f"{name}-error",
            class_name=styles.FIELD,
            **props,
        ),
        rx.cond(
            wrong.contains(name),
            rx.el.p(wrong[name], id=f"{name}-error", role="alert", class_name="text-sm text-bad"),
        ),
    )


def result_summary() -> rx.Component:
    """The number of results and a removable chip per active filter."""
    state = HomeState
    return static_count(
        state.count_line,
        rx.el.ul(
            rx.foreach(state.chips, _chip),
            rx.cond(
                (state.chips.length() > 1) & (state.cards.length() > 0),
                rx.el.li(
                    link(TEXT["clear"], href=state.cleared_href, class_name=styles.LINK_ALONE)
                ),
            ),
            class_name="contents",
        ),
        rx.cond(state.notice != "", rx.el.p(state.notice, class_name="basis-full text-muted")),
        rx.foreach(state.wrong_lines, lambda line: rx.el.p(line, class_name="basis-full text-bad")),
    )


def static_count(count_line: rx.Var[str] | str, *more: rx.Component) -> rx.Component:
    """The part of `result_summary` in the served document."""
    return rx.el.div(
        rx.el.p(count_line, role="status", class_name="font-semibold tabular-nums"),
        *more,
        class_name="flex flex-wrap items-center gap-x-3 gap-y-2 mb-4 min-h-touch",
    )


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


def static_more() -> rx.Component:
    return rx.el.button(TEXT["more"], type="button", disabled=True, class_name=MORE_CLASS)


def load_more() -> rx.Component:
    """The button for the next page, or the advice to narrow the search."""
    state = HomeState
    return rx.fragment(
        LoadMore.create(
            text=TEXT["more"],
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


def empty_result() -> rx.Component:
    """The empty result, with filters to remove."""
    state = HomeState
    has_filters = state.chips.length() > 0
    other_search = rx.cond(has_filters, TEXT["fewer_filters"], TEXT["other_words"])
    clear = rx.cond(has_filters, TEXT["clear"], TEXT["clear_search"])
    suggestions = rx.el.div(
        rx.el.p(TEXT["without"], class_name="text-muted"),
        rx.el.ul(
            rx.foreach(state.suggestions, _suggestion), class_name="grid gap-2 justify-items-center"
        ),
        class_name="grid gap-3",
    )
    return rx.el.div(
        rx.el.div(class_name="blank"),
        rx.cond(
            state.suggestions.length() > 0,
            suggestions,
            _hint(rx.cond(state.is_filtered, other_search, TEXT["nothing_yet"])),
        ),
        rx.cond(
            state.is_filtered,
            link(clear, href=routes.TICKET_LIST, class_name=styles.PRIMARY),
            _sell(),
        ),
        class_name=styles.EMPTY_STATE,
    )


def static_empty() -> rx.Component:
    """The part of `empty_result` in the served document."""
    return rx.el.div(
        rx.el.div(class_name="blank"),
        _hint(TEXT["nothing_yet"]),
        _sell(),
        class_name=styles.EMPTY_STATE,
    )


def _hint(text: rx.Var[str] | str) -> rx.Component:
    return rx.el.p(text, class_name="text-muted")


def _sell() -> rx.Component:
    return link(TEXT["sell"], href=routes.TICKET_NEW, class_name=styles.PRIMARY)


def _suggestion(way: FilterSuggestion) -> rx.Component:
    return rx.el.li(
        link(way.label, href=way.href, class_name=styles.LINK_ALONE),
        rx.el.span(way.count_line, class_name="text-muted tabular-nums"),
        key=way.href,
        class_name="flex flex-wrap gap-x-2 items-center min-h-touch",
    )
