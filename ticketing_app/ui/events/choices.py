"""Number of tickets, section and sort order of the event page, all in its address."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from ticketing_app import routes
from ticketing_app.core import formatting
from ticketing_app.orders.rules import MAX_TICKETS
from ticketing_app.tickets.schemas.listings import OfferRead
from ticketing_app.ui.events.cards import EventCard

SECTION = "section"
SORT = "sort"
ANY = "any"
# Up to this number also those that cannot be bought now are shown: a missing one looks like a mistake.
USUAL_NUMBERS = 4


class OfferSort(StrEnum):
    PRICE = "price"
    SECTION = "section"


@dataclass(frozen=True)
class Wanted:
    """The choice of a visitor; `quantity` 0 stands for any number."""

    quantity: int = 0
    section: str = ""
    sort: str = ""


@dataclass(frozen=True)
class Choice:
    """A link that chooses other offers, or another order of them; `is_possible` if it leads to any."""

    label: str = ""
    href: str = ""
    is_current: bool = False
    is_possible: bool = True


@dataclass(frozen=True)
class Choices:
    """The links above the offers; without a fitting offer a sentence, and links to other offers `instead`."""

    numbers: tuple[Choice, ...] = ()
    has_numbers: bool = False
    sections: tuple[Choice, ...] = ()
    has_sections: bool = False
    sorts: tuple[Choice, ...] = ()
    has_sorts: bool = False
    nothing: str = ""
    instead: tuple[Choice, ...] = ()


def read_quantity(text: str) -> int | None:
    """Return the number of tickets in an address, 0 for any number; None without a valid one."""
    if text == ANY:
        return 0
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_TICKETS))
    return int(text) if is_number and 1 <= int(text) <= MAX_TICKETS else None


def read_wanted(
    parameters: Mapping[str, str], offers: Sequence[OfferRead], remembered: int = 0
) -> Wanted:
    """Return the choice of the address, without values that the offers do not have."""
    quantity = read_quantity(parameters.get(routes.QUANTITY, ""))
    section = parameters.get(SECTION, "")
    sort = parameters.get(SORT, "")
    return Wanted(
        quantity=remembered if quantity is None else quantity,
        section=section if section in list_sections(offers) else "",
        sort=sort if sort == OfferSort.SECTION else "",
    )


def can_give(offer: OfferRead, quantity: int) -> bool:
    return quantity in offer.quantities if quantity else bool(offer.quantities)


def in_section(offers: Iterable[OfferRead], section: str) -> list[OfferRead]:
    return [offer for offer in offers if not section or offer.seats[0].section == section]


def choose(offers: Sequence[OfferRead], wanted: Wanted) -> list[OfferRead]:
    """Return the offers of the chosen section in the chosen order."""
    chosen = in_section(offers, wanted.section)
    if wanted.sort:
        return sorted(chosen, key=lambda offer: (offer.seats[0].section or "", offer.price_cents))
    return sorted(chosen, key=lambda offer: offer.price_cents)


def choices(offers: Sequence[OfferRead], href: str, wanted: Wanted) -> Choices:
    here = in_section(offers, wanted.section)
    is_missing = wanted.quantity > 0 and not any(can_give(offer, wanted.quantity) for offer in here)
    numbers = _numbers(here, href, wanted)
    sections = _sections(offers, href, wanted)
    sorts = _sorts(offers, href, wanted)
    return Choices(
        numbers=numbers,
        has_numbers=bool(numbers),
        sections=sections,
        has_sections=bool(sections),
        sorts=sorts,
        has_sorts=bool(sorts),
        nothing=_nothing_line(wanted) if is_missing else "",
        instead=_instead(offers, href, wanted) if is_missing else (),
    )


def link_cards(cards: Iterable[EventCard], quantity: int) -> list[EventCard]:
    """Make the links to other events lead to the same number."""
    return [replace(card, href=address(card.href, Wanted(quantity))) for card in cards]


def address(href: str, wanted: Wanted) -> str:
    """Return the address of the event at `href` with this choice."""
    query = {name: value for name, value in asdict(wanted).items() if value}
    return f"{href}?{urlencode(query)}" if query else href


def list_sections(offers: Iterable[OfferRead]) -> list[str]:
    return sorted({offer.seats[0].section for offer in offers if offer.seats[0].section})


def count_line(quantity: int) -> str:
    return "1 ticket" if quantity == 1 else f"{quantity} tickets"


def _numbers(here: Sequence[OfferRead], href: str, wanted: Wanted) -> tuple[Choice, ...]:
    if not here:
        return ()
    possible = {quantity for offer in here for quantity in offer.quantities}
    shown = {*range(1, USUAL_NUMBERS + 1), *possible, wanted.quantity} - {0}
    # Explicit in the address: without a number, the page takes the one chosen last.
    explicit = address(href, replace(wanted, quantity=0))
    join = "&" if "?" in explicit else "?"
    anything = Choice("Any", f"{explicit}{join}{routes.QUANTITY}={ANY}", not wanted.quantity)
    return anything, *(
        Choice(
            str(number),
            address(href, replace(wanted, quantity=number)),
            number == wanted.quantity,
            number in possible,
        )
        for number in sorted(shown)
        if number <= MAX_TICKETS
    )


def _sections(offers: Sequence[OfferRead], href: str, wanted: Wanted) -> tuple[Choice, ...]:
    sections = list_sections(offers)
    if len(sections) < 2:  # noqa: PLR2004  # one section is no choice.
        return ()
    return tuple(
        _choice(label, href, wanted, SECTION, section)
        for label, section in [("All", ""), *((section, section) for section in sections)]
    )


def _sorts(offers: Sequence[OfferRead], href: str, wanted: Wanted) -> tuple[Choice, ...]:
    if len(offers) < 2:  # noqa: PLR2004  # as above.
        return ()
    return (
        _choice("Price", href, wanted, SORT, ""),
        _choice("Section", href, wanted, SORT, OfferSort.SECTION.value),
    )


def _choice(label: str, href: str, wanted: Wanted, name: str, value: str) -> Choice:
    changes: dict[str, Any] = {name: value}
    return Choice(label, address(href, replace(wanted, **changes)), getattr(wanted, name) == value)


def _nothing_line(wanted: Wanted) -> str:
    where = f" in {wanted.section}" if wanted.section else ""
    if wanted.quantity == 1:
        return f"No single ticket{where} right now."
    return f"No {wanted.quantity} together{where} right now."


def _instead(offers: Sequence[OfferRead], href: str, wanted: Wanted) -> tuple[Choice, ...]:
    """Return links to the same number in all sections, and to the nearest number that exists."""
    found = list[Choice]()
    if wanted.section:
        elsewhere = replace(wanted, section="")
        found += _offered(offers, href, elsewhere, " in all sections")
    here = in_section(offers, wanted.section)
    numbers = {quantity for offer in here for quantity in offer.quantities}
    below = [number for number in numbers if number < wanted.quantity]
    if nearest := max(below, default=0) or min(numbers, default=0):
        found += _offered(here, href, replace(wanted, quantity=nearest), "")
    return tuple(found)


def _offered(offers: Sequence[OfferRead], href: str, wanted: Wanted, where: str) -> list[Choice]:
    fitting = [offer for offer in offers if can_give(offer, wanted.quantity)]
    cheapest = min(fitting, key=lambda offer: offer.price_cents, default=None)
    if cheapest is None:
        return []
    price = formatting.format_amount(cheapest.price_cents, cheapest.currency)
    number = count_line(wanted.quantity)
    if wanted.quantity > 1:
        price = f"{price} each"
        if cheapest.is_side_by_side:
            number = f"{wanted.quantity} together"
    return [Choice(f"{number}{where} from {price}", address(href, wanted))]
