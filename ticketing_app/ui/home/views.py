"""Values and sentences of the home page and its search."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

from ticketing_app import routes
from ticketing_app.tickets.schemas import COUNT_LIMIT, TicketWhen
from ticketing_app.ui import formatting
from ticketing_app.ui.tickets.views import CATEGORY_LABELS, parse_price

WHEN_LABELS = {
    TicketWhen.TODAY.value: "Today",
    TicketWhen.WEEKEND.value: "This weekend",
    TicketWhen.MONTH.value: "This month",
}
FILTERS = ("category", "city", "when", "from", "to", "minPrice", "maxPrice", "available")


@dataclass(frozen=True)
class FilterChip:
    """An active filter; `href` is the search without it."""

    label: str = ""
    remove_label: str = ""
    href: str = ""


@dataclass(frozen=True)
class FilterSuggestion:
    """The search with one filter less, and its number of results."""

    label: str = ""
    count_line: str = ""
    href: str = ""


def read_query(parameters: Mapping[str, str]) -> dict[str, str]:
    """Return the search in the address, named as in the API; prices may be localised."""
    names = ("q", *FILTERS, "sort")
    query = {name: text for name in names if (text := parameters.get(name, "").strip())}
    for name in ("minPrice", "maxPrice"):
        if name in query:
            query[name] = str(parse_price(query[name]))
    return query


def list_href(query: Mapping[str, str], *without: str) -> str:
    """Return the address of the search `query` without the named parameters."""
    text = urlencode({name: value for name, value in query.items() if name not in without})
    if text:
        return f"{routes.TICKET_LIST}?{text}"
    return routes.TICKET_LIST


def filter_chips(query: Mapping[str, str], currency: str) -> list[FilterChip]:
    """Return a chip per filter of a valid query, one for both ends of a range."""
    days = [query.get(name) for name in ("from", "to")]
    prices = [query.get(name) for name in ("minPrice", "maxPrice")]
    labels = {
        ("category",): CATEGORY_LABELS.get(query.get("category", "")),
        ("city",): query.get("city"),
        ("when",): WHEN_LABELS.get(query.get("when", "")),
        ("from", "to"): _range("From {}", "Until {}", *(day and _day(day) for day in days)),
        ("minPrice", "maxPrice"): _range(
            "{} and more", "Up to {}", *(price and _price(price, currency) for price in prices)
        ),
        ("available",): "Only available" if query.get("available") == "true" else None,
    }
    return [
        FilterChip(label, f"Remove filter: {label}", list_href(query, *names))
        for names, label in labels.items()
        if label
    ]


def count_line(count: int) -> str:
    """Return the number of tickets; beyond COUNT_LIMIT it is unknown."""
    if count == 0:
        return "No tickets found"
    if count > COUNT_LIMIT:
        return f"{formatting.format_number(COUNT_LIMIT)}+ tickets"
    if count == 1:
        return "1 ticket"
    return f"{formatting.format_number(count)} tickets"


def correction_line(q: str, corrected_q: str | None) -> str:
    if corrected_q:
        return f"Nothing matches “{q}”. Showing “{corrected_q}” instead."
    return ""


def _range(at_least: str, at_most: str, low: str | None, high: str | None) -> str | None:
    if low and high:
        if low == high:
            return low
        return f"{low} to {high}"
    if low:
        return at_least.format(low)
    if high:
        return at_most.format(high)
    return None


def _day(text: str) -> str:
    return formatting.format_date(date.fromisoformat(text))


def _price(text: str, currency: str) -> str:
    return formatting.format_amount(int(Decimal(text) * 100), currency)
