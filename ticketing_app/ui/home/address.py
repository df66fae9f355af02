"""The search in the address of a page, and the addresses of its neighbours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from unicodedata import combining, normalize
from urllib.parse import urlencode

from ticketing_app import routes
from ticketing_app.core import formatting
from ticketing_app.core.days import When
from ticketing_app.core.errors import InvalidInputError
from ticketing_app.core.settings import get_settings
from ticketing_app.tickets.schemas.search import LooseTicketFilter, MarketFilter
from ticketing_app.ui import transactions
from ticketing_app.ui.home.queries import Search
from ticketing_app.ui.tickets.views import CATEGORY_LABELS, parse_price

WHEN_LABELS = {
    When.TODAY.value: "Today",
    When.WEEKEND.value: "This weekend",
    When.NEXT_WEEKEND.value: "Next weekend",
    When.MONTH.value: "This month",
}
FILTERS = (
    "category",
    "city",
    "when",
    "from",
    "to",
    "minPrice",
    "maxPrice",
    "together",
    "available",
)
QUICK_PRICE = 50
QUICK_CATEGORIES = {
    "concert": "Concerts",
    "sports": "Sports",
    "theatre": "Theatre",
    "comedy": "Comedy",
    "festival": "Festivals",
}
# Choosing days by name replaces chosen dates.
_REPLACED = {"when": ("from", "to")}


@dataclass(frozen=True)
class Address:
    """A search without its invalid parameters; `wrong` has a sentence for each of those."""

    path: str = routes.TICKET_LIST
    query: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)

    @property
    def href(self) -> str:
        return list_href(self.query, path=self.path)

    @property
    def cleared_href(self) -> str:
        return list_href(self.query, *FILTERS, path=self.path)

    @property
    def is_filtered(self) -> bool:
        return bool(self.query.keys() - {"sort"})

    @property
    def chips(self) -> "list[FilterChip]":
        return filter_chips(self.query, get_settings().currency, self.path)

    def quick(self, city: str = "") -> "list[QuickFilter]":
        return quick_filters(self.query, get_settings().currency, self.path, city)

    def search(self, corrected_q: str | None = None, **page: Any) -> Search:  # noqa: ANN401  # limit and cursor
        words = {"q": corrected_q} if corrected_q else {}
        return parse_search(self.query | words | page)

    def alternatives(self) -> list[Search]:
        """Return the same search without each of its chips."""
        return [
            parse_search({k: v for k, v in self.query.items() if k not in chip.names})
            for chip in self.chips
        ]


@dataclass(frozen=True)
class FilterChip:
    """An active filter; `href` is the search without its parameters, `names`."""

    label: str = ""
    remove_label: str = ""
    href: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class QuickFilter:
    """A filter of one tap; `href` switches it on, or off if it `is_on`."""

    label: str = ""
    href: str = ""
    is_on: bool = False


def read_address(path: str, parameters: Mapping[str, str]) -> Address:
    """Parse the address of the home page or of the search page."""
    path = routes.SEARCH if path.rstrip("/") == routes.SEARCH else routes.TICKET_LIST
    query = read_query(parameters)
    try:
        parse_search(query)
    except InvalidInputError as error:
        wrong = {name or "": text for name, text in error.problems}
        # An error without a field invalidates the whole query.
        invalid = set(query) if "" in wrong else wrong.keys()
        query = {name: text for name, text in query.items() if name not in invalid}
        return Address(path, query, wrong)
    return Address(path, query)


def parse_search(query: Mapping[str, Any]) -> Search:
    """Raises InvalidInputError for each wrong parameter."""
    return Search(
        transactions.parse(MarketFilter, dict(query)),
        transactions.parse(LooseTicketFilter, dict(query)),
    )


def read_query(parameters: Mapping[str, str]) -> dict[str, str]:
    """Return the search in the address, named as in the API; prices may be localised."""
    names = ("q", *FILTERS, "sort")
    query = {name: text for name in names if (text := parameters.get(name, "").strip())}
    for name in ("minPrice", "maxPrice"):
        if name in query:
            query[name] = str(parse_price(query[name]))
    return query


def list_href(query: Mapping[str, str], *without: str, path: str = routes.TICKET_LIST) -> str:
    """Return the address of the search `query` without the named parameters."""
    text = urlencode({name: value for name, value in query.items() if name not in without})
    return f"{path}?{text}" if text else path


def near_city(timezone: str, cities: Sequence[str]) -> str:
    """Return the city that gave the time zone its name, if events take place there."""
    name = _plain(timezone.rpartition("/")[2].replace("_", " "))
    return next((city for city in cities if _plain(city) == name), "")


def _plain(name: str) -> str:
    decomposed = normalize("NFKD", name.casefold())
    return "".join(letter for letter in decomposed if not combining(letter))


def quick_filters(
    query: Mapping[str, str], currency: str, path: str = routes.TICKET_LIST, city: str = ""
) -> list[QuickFilter]:
    """Return the filters of one tap; `city` is that of the reader."""
    under = f"Under {formatting.format_amount(QUICK_PRICE * 100, currency)}"
    choices = [
        *((f"In {name}", "city", name) for name in (city or query.get("city"),) if name),
        ("Tonight", "when", When.TODAY.value),
        (WHEN_LABELS[When.WEEKEND], "when", When.WEEKEND.value),
        (WHEN_LABELS[When.NEXT_WEEKEND], "when", When.NEXT_WEEKEND.value),
        (under, "maxPrice", str(QUICK_PRICE)),
        ("2 together", "together", "2"),
        *((label, "category", name) for name, label in QUICK_CATEGORIES.items()),
    ]
    return [_quick_filter(query, path, *choice) for choice in choices]


def _quick_filter(
    query: Mapping[str, str], path: str, label: str, name: str, value: str
) -> QuickFilter:
    is_on = query.get(name) == value
    rest = {other: text for other, text in query.items() if other not in _REPLACED.get(name, ())}
    href = list_href(rest, name, path=path) if is_on else list_href(rest | {name: value}, path=path)
    return QuickFilter(label, href, is_on)


def filter_chips(
    query: Mapping[str, str], currency: str, path: str = routes.TICKET_LIST
) -> list[FilterChip]:
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
        ("together",): f"{query['together']} together" if "together" in query else None,
        ("available",): "Only available" if query.get("available") == "true" else None,
    }
    return [
        FilterChip(label, f"Remove filter: {label}", list_href(query, *names, path=path), names)
        for names, label in labels.items()
        if label
    ]


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
