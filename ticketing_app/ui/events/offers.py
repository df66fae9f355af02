"""Offers of an event as rows: the tickets that Purchase would hold, with their price and total."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any, NamedTuple

from ticketing_app import routes
from ticketing_app.core import formatting
from ticketing_app.tickets.rules import Availability, best_seats, quantities
from ticketing_app.tickets.schemas.listings import OfferRead, OfferSeat
from ticketing_app.ui.deliveries import badges
from ticketing_app.ui.events.choices import count_line
from ticketing_app.ui.labels import YOURS

# On a row; a plain offer needs no word.
ROW_LABELS = {
    Availability.AVAILABLE.value: "",
    Availability.LOCKED.value: "Being bought",
    Availability.SOLD.value: "Sold",
    Availability.PAUSED.value: "Paused",
    Availability.WITHDRAWN.value: "Taken off sale",
    YOURS: "Yours",
}
# For screen readers, which announce changes.
SPOKEN_LABELS = ROW_LABELS | {Availability.AVAILABLE.value: "Available"}
LISTED_TWICE = "Listed twice, not checked"
OWN = "Yours, for sale"


@dataclass(frozen=True)
class NumberChoice:
    """A number of tickets that a row can give, with its total."""

    value: int = 0
    label: str = ""


@dataclass(frozen=True)
class OfferRow:
    """Tickets of one seller at one price each.

    If the buyer chooses their number in the row, `numbers` has the choices and `quantity` is empty. `tickets` are
    those that decide whether the row can be bought, with the versions that were read: it can while `needed` of
    them are available. A row with `is_alone` follows its only ticket without the server (ui/live).
    """

    id: str = ""
    listing_id: str = ""
    ticket_id: str = ""
    href: str = ""
    action: str = ""
    quantity: str = ""
    numbers: tuple[NumberChoice, ...] = ()
    has_numbers: bool = False
    price_cents: str = ""
    price: str = ""
    price_format: tuple[str, ...] = ()
    price_note: str = ""
    place: str = ""
    notes: str = ""
    delivery: str = ""
    is_checked: bool = False
    doubt: str = ""
    own: str = ""
    order_href: str = ""
    description: str = ""
    can_buy: bool = True
    is_alone: bool = True
    tickets: tuple[tuple[str, int], ...] = ()
    needed: int = 1
    status: str = ""
    status_label: str = ""
    locked_until: str = ""
    now: str = ""


class _Set(NamedTuple):
    """Seats of an offer that a row shows, and the `numbers` of them that may be bought.

    The status of the row depends on `deciding`.
    """

    shown: list[OfferSeat]
    numbers: list[int]
    deciding: list[OfferSeat]
    needed: int
    is_open: bool


def offer_rows(
    offers: Iterable[OfferRead],
    viewer_id: object,
    now: datetime,
    quantity: int = 0,
    *,
    action: str = "",
) -> list[OfferRow]:
    """Return a row for each offer that can give this number now, or once its locked tickets are back.

    `action` is the address of the page, which answers the plain form of a row.
    """
    rows = (offer_row(offer, viewer_id, now, quantity) for offer in offers)
    return [replace(row, action=action) for row in rows if row]


def offer_row(
    offer: OfferRead, viewer_id: object, now: datetime, quantity: int = 0
) -> OfferRow | None:
    """Return the row of the offer for `quantity` tickets, 0 for any number; None if it cannot give them."""
    found = _open_set(offer, quantity) or _locked_set(offer, quantity)
    if found is None:
        return None
    amounts = _amounts(offer, found.numbers)
    first = found.shown[0]
    place = describe_place(found.shown)
    return OfferRow(
        **_status_facts(offer, found, viewer_id, now),
        id=str(offer.listing_id or first.ticket_id),
        listing_id=str(offer.listing_id or ""),
        ticket_id="" if offer.listing_id else str(first.ticket_id),
        quantity="" if amounts.numbers else str(amounts.quantity),
        numbers=amounts.numbers,
        has_numbers=bool(amounts.numbers),
        price_cents=str(offer.price_cents),
        price=amounts.price,
        price_format=formatting.amount_format(offer.currency),
        price_note=amounts.note,
        place=place,
        notes=_notes(offer, found, amounts),
        delivery=badges.badge(offer.delivery),
        is_checked=badges.is_checked(offer.delivery),
        doubt=_doubt(offer),
        description=_describe_purchase(amounts, place),
        is_alone=len(offer.seats) == 1,
        tickets=tuple((str(seat.ticket_id), seat.version) for seat in found.deciding),
        needed=found.needed,
    )


def _status_facts(
    offer: OfferRead, found: _Set, viewer_id: object, now: datetime
) -> dict[str, Any]:
    """Return the fields of a row that depend on its viewer or on the time."""
    is_own = offer.seller_id == viewer_id
    # A seller sees the orders of others.
    order_id = next((seat.order_id for seat in offer.seats if seat.order_id and not is_own), None)
    order_href = routes.order_detail(order_id) if order_id else ""
    status = Availability.AVAILABLE.value
    if not found.is_open:
        status = YOURS if order_id else Availability.LOCKED.value
    is_yours = status == YOURS
    until = "" if found.is_open else _back_at(found)
    return {
        "href": order_href if is_yours else routes.ticket_detail(found.shown[0].ticket_id),
        "order_href": "" if is_yours else order_href,
        "own": OWN if is_own else "",
        "can_buy": not is_own,
        "status": status,
        "status_label": ROW_LABELS[status],
        "locked_until": until,
        "now": formatting.iso(now) if until else "",
    }


def describe_place(seats: Sequence[OfferSeat]) -> str:
    """Return the place of seats: their section, row and seats, with ranges of numbers."""
    groups = groupby(seats, key=lambda seat: (seat.section, seat.row))
    places = [_group_place(section, row, list(group)) for (section, row), group in groups]
    return ", ".join(place for place in places if place) or "Any place"


class _Amounts(NamedTuple):
    quantity: int
    numbers: tuple[NumberChoice, ...]
    price: str
    note: str
    total: str


def _amounts(offer: OfferRead, possible: Sequence[int]) -> _Amounts:
    """Return prices of the row: a total if there is only one number to buy, otherwise the price of each."""
    each = formatting.format_amount(offer.price_cents, offer.currency)
    totals = {
        number: formatting.format_amount(number * offer.price_cents, offer.currency)
        for number in possible
    }
    lowest = possible[0]
    if len(possible) > 1:
        numbers = tuple(
            NumberChoice(number, f"{count_line(number)} · {total}")
            for number, total in totals.items()
        )
        return _Amounts(lowest, numbers, each, "each", "")
    note = f"{each} each" if lowest > 1 else ""
    return _Amounts(lowest, (), totals[lowest], note, totals[lowest])


def _open_set(offer: OfferRead, quantity: int) -> _Set | None:
    numbers = _fitting(offer.quantities, quantity)
    if not numbers:
        return None
    available = _with_status(offer, Availability.AVAILABLE)
    shown = _best(available, numbers[0]) if len(numbers) == 1 else available
    return _Set(shown, numbers, available, numbers[0], is_open=True)


def _locked_set(offer: OfferRead, quantity: int) -> _Set | None:
    """Return the seats that the offer could give if its locked tickets came back."""
    locked = _with_status(offer, Availability.LOCKED)
    available = _with_status(offer, Availability.AVAILABLE)
    seats = sorted([*available, *locked], key=lambda seat: seat.position)
    positions = [seat.position for seat in seats]
    possible = quantities(offer.split, positions, is_side_by_side=offer.is_side_by_side)
    numbers = _fitting(possible, quantity)
    if not locked or not numbers:
        return None
    shown = _best(seats, numbers[0]) if len(numbers) == 1 else locked
    deciding = [seat for seat in shown if seat.status is Availability.LOCKED] or locked
    return _Set(shown, numbers, deciding, len(deciding), is_open=False)


def _fitting(possible: list[int], quantity: int) -> list[int]:
    if quantity == 0:
        return possible
    return [quantity] if quantity in possible else []


def _best(seats: Sequence[OfferSeat], quantity: int) -> list[OfferSeat]:
    chosen = set(best_seats([seat.position for seat in seats], quantity))
    return [seat for seat in seats if seat.position in chosen]


def _with_status(offer: OfferRead, status: Availability) -> list[OfferSeat]:
    return [seat for seat in offer.seats if seat.status is status]


def _back_at(found: _Set) -> str:
    known = [seat.locked_until for seat in found.deciding if seat.locked_until]
    # A payment that is being confirmed has no end.
    return formatting.iso(max(known)) if len(known) == len(found.deciding) else ""


def _notes(offer: OfferRead, found: _Set, amounts: _Amounts) -> str:
    count = len(found.shown)
    is_together = offer.is_side_by_side and is_run(found.shown)
    notes = list[str]()
    if count > 1:
        together = f"{count} side by side" if amounts.numbers else f"{count} together"
        notes.append(together if is_together else count_line(count))
    locked = len(_with_status(offer, Availability.LOCKED))
    if found.is_open and locked:
        notes.append(f"{locked} being bought")
    if offer.face_value_cents is not None:
        amount = formatting.format_amount(offer.face_value_cents, offer.currency)
        notes.append(f"Face value {amount}")
    return " · ".join(notes)


def _doubt(offer: OfferRead) -> str:
    if not offer.is_listed_twice:
        return ""
    # Another seller offers the seat, perhaps without the ticket.
    return "Listed twice" if badges.is_checked(offer.delivery) else LISTED_TWICE


def is_run(seats: Sequence[OfferSeat]) -> bool:
    """Whether the positions of these seats follow each other."""
    return all(after.position - seat.position == 1 for seat, after in pairwise(seats))


def _describe_purchase(amounts: _Amounts, place: str) -> str:
    """Return the accessible name of the button, which is the same word in each row."""
    if amounts.numbers:
        return f"Purchase, {place}"
    number = f" {amounts.quantity} tickets" if amounts.quantity > 1 else ""
    return f"Purchase{number}, {place}, {amounts.total}"


def _group_place(section: str | None, row: str | None, seats: Sequence[OfferSeat]) -> str:
    names = [seat.seat for seat in seats if seat.seat]
    is_single = len(names) == 1 and len(seats) == 1
    parts = [
        # A number alone could be anything.
        f"Section {section}" if section and section.isdecimal() else section or "",
        f"Row {row}" if row else "",
        f"Seat {names[0]}" if is_single else _ranges(names),
    ]
    return " · ".join(part for part in parts if part)


def _ranges(names: Sequence[str]) -> str:
    """Join the names of seats, with ranges of neighbouring numbers."""
    numbered = enumerate(names)
    runs = groupby(
        numbered,
        # Names that are no numbers stand alone.
        key=lambda item: int(item[1]) - item[0] if item[1].isdecimal() else item[1],
    )
    ranges = list[str]()
    for _, run in runs:
        seats = [name for _, name in run]
        ranges.append(seats[0] if len(seats) == 1 else f"{seats[0]}\N{EN DASH}{seats[-1]}")
    return ", ".join(ranges)
