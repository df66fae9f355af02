"""Search form with suggestions, filters of one tap, active filters and empty result."""

from typing import Any

import reflex as rx

from ticketing_app.tickets.schemas.search import Q_MAX_LENGTH, TicketSort
from ticketing_app.ui.home.address import WHEN_LABELS, QuickFilter
from ticketing_app.ui.home.state import HomeState
from ticketing_app.ui.home.views import Hint, HintGroup
from ticketing_app.ui.shell.link import is_at, link
from ticketing_app.ui.theme import styles
from ticketing_app.ui.tickets.views import CATEGORY_LABELS

# Once for all components: rx.asset inspects the whole stack of imports.
LIBRARY = rx.asset("search.jsx", shared=True).importable_path

TEXT = {
    "search": "Search tickets",
    "search_hint": "Artist, team, venue or city",
    "submit": "Search",
    "quick": "Quick filters",
    "sort": "Sort by",
    "filters": "Filters",
    "category": "Category",
    "all_categories": "Any kind",
    "city": "City",
    "all_cities": "Any city",
    "when": "When",
    "any_day": "Any date",
    "choose_days": "Choose dates",
    "from": "From",
    "to": "To",
    "minPrice": "Min price",
    "maxPrice": "Max price",
    "together": "Together",
    "any_number": "Any number",
    "available": "Only available",
}
SORTS = {
    # The default, without a parameter in the address: the events that are next, the tickets that are new.
    "": "Soonest",
    TicketSort.CHEAPEST.value: "Lowest price",
    TicketSort.NEWEST.value: "Newest first",
}
TOGETHER = {str(count): f"{count} together" for count in range(2, 5)}
# Not an API value: shows the two date fields (search.jsx, theme).
CHOOSE_DAYS = "days"


class SearchForm(rx.Component):
    """Synchronises its controls with the address; `cities` are options that load later."""

    library = LIBRARY
    tag = "SearchForm"

    cities: rx.Var[list[str]]


class SearchField(rx.Component):
    """A field with its label, and suggestions for its text as links below: label, input and suggestions as children.

    `on_ask` is called with the text after a pause; `asked` is the text of the suggestions, and
    screen readers read the `announcement`.
    """

    library = LIBRARY
    tag = "SearchField"

    asked: rx.Var[str]
    announcement: rx.Var[str]
    on_ask: rx.EventHandler[rx.event.passthrough_event_spec(str)]


class FilterPanel(rx.Component):
    """The first child, a button with the number of active filters, and its collapsible panel, the second child."""

    library = LIBRARY
    tag = "FilterPanel"

    label: rx.Var[str]
    count: rx.Var[int]


def search_form() -> rx.Component:
    """Search, sort and filters: a row on a wide screen, collapsed on a phone."""
    return SearchForm.create(
        SearchField.create(
            rx.el.label(TEXT["search"], html_for="search", class_name="sr-only"),
            rx.el.input(
                id="search",
                name="q",
                type="search",
                placeholder=TEXT["search_hint"],
                max_length=Q_MAX_LENGTH,
                auto_complete="off",
                enter_key_hint="search",
                class_name=styles.FIELD,
            ),
            _hints(),
            asked=HomeState.hinted_text,
            announcement=HomeState.hint_line,
            on_ask=HomeState.suggest,
            class_name="find-top",
        ),
        # Without JavaScript some browsers send a form only by a button.
        rx.el.button(TEXT["submit"], type="submit", class_name=f"{styles.SECONDARY} no-script"),
        FilterPanel.create(
            rx.el.div(_select("sort", "sort", SORTS), class_name="flex-1"),
            _filters(),
            label=TEXT["filters"],
            count=HomeState.chips.length(),
            class_name=f"{styles.SECONDARY} gap-2 sm:hidden script-only",
        ),
        _quick_filters(),
        cities=HomeState.cities,
        class_name="find",
    )


def _hints() -> rx.Component:
    return rx.el.div(
        rx.foreach(HomeState.hints, _hint_group),
        class_name="grid gap-2 p-2",
    )


def _hint_group(group: HintGroup) -> rx.Component:
    return rx.el.section(
        rx.el.h2(group.label, class_name="px-2 text-sm text-muted"),
        rx.el.ul(rx.foreach(group.hints, _hint_link)),
        key=group.label,
    )


def _hint_link(hint: Hint) -> rx.Component:
    return rx.el.li(
        link(
            rx.el.span(hint.label, class_name="font-medium truncate"),
            rx.el.span(hint.note, class_name="text-sm text-muted empty:hidden"),
            href=hint.href,
            class_name="grid content-center min-h-touch px-2 py-1 rounded-control hover:bg-line",
        ),
        key=hint.href,
    )


def _quick_filters() -> rx.Component:
    is_of_other_page = HomeState.is_loaded & ~is_at(HomeState.path)
    return rx.el.ul(
        rx.foreach(HomeState.quick, _quick_filter),
        aria_label=TEXT["quick"],
        class_name="quick",
        custom_attrs={"inert": is_of_other_page},
    )


def _quick_filter(choice: QuickFilter) -> rx.Component:
    return rx.el.li(
        link(
            choice.label,
            href=choice.href,
            aria_current=rx.cond(choice.is_on, "true", "false"),
            # The list stays where it is.
            prevent_scroll_reset=True,
            class_name=styles.QUICK,
        ),
        key=choice.label,
    )


def _filters() -> rx.Component:
    cities = rx.foreach(HomeState.cities, lambda city: rx.el.option(city, value=city))
    return rx.el.div(
        _select("category", "category", {"": TEXT["all_categories"], **CATEGORY_LABELS}),
        _select("city", "city", {"": TEXT["all_cities"]}, cities),
        _select("together", "together", {"": TEXT["any_number"], **TOGETHER}),
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
