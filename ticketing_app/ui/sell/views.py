"""Values and sentences of the sell form in steps."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from ticketing_app import routes
from ticketing_app.core.errors import InvalidInputError
from ticketing_app.core.money import CENTS, MAXIMUM_CENTS
from ticketing_app.events.schemas import CityRead, EventRead, VenueRead
from ticketing_app.tickets.rules import MAX_SEATS, UnclearSeatsError, parse_seats
from ticketing_app.tickets.schemas import EventPrices, ListingCreate
from ticketing_app.tickets.service.listings import TOTAL_TOO_HIGH
from ticketing_app.ui import formatting, transactions
from ticketing_app.ui.tickets.views import CATEGORY_LABELS, TicketStub, parse_price

NO_LISTING_FORM = "Fill in the form."
NONE_FOUND = "No event with these words yet. Add it below."


@dataclass(frozen=True)
class SellForm:
    """The fields of all steps as text, by the names of the draft."""

    eventId: str = ""  # noqa: N815  # as in the API
    name: str = ""
    category: str = ""
    date: str = ""
    time: str = ""
    venueId: str = ""  # noqa: N815  # as in the API
    venue: str = ""
    cityId: str = ""  # noqa: N815  # as in the API
    city: str = ""
    quantity: str = "1"
    section: str = ""
    row: str = ""
    seats: str = ""
    sideBySide: str = ""  # noqa: N815  # as in the API
    description: str = ""
    price: str = ""
    faceValue: str = ""  # noqa: N815  # as in the API

    @classmethod
    def from_fields(cls, content: Mapping[str, str]) -> "SellForm":
        """Read a draft, which may be of another version of the form."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: text for name, text in content.items() if name in known})

    @property
    def starts_local(self) -> datetime | None:
        try:
            return datetime.fromisoformat(f"{date.fromisoformat(self.date)}T{self.time}")
        except ValueError:
            return None


# A form has the fields of its step.
STEP_FIELDS = {
    "find": ("name",),
    "event": ("name", "category", "date", "time", "venueId", "venue", "cityId", "city"),
    "tickets": ("eventId", "quantity", "section", "row", "seats", "sideBySide", "description"),
    "price": ("price", "faceValue"),
}


def read_step(form: object, step: str) -> dict[str, str]:
    """Return the fields of a step; a field that is missing, as an unchecked box, is empty.

    Raises:
        InvalidInputError: not a form, or a field is not a text.
    """
    names = STEP_FIELDS[step]
    if not isinstance(form, dict) or not all(isinstance(form.get(n, ""), str) for n in names):
        raise InvalidInputError([(None, NO_LISTING_FORM)])
    return {name: form.get(name, "") for name in names}


class EventFacts(NamedTuple):
    """An event that exists, or that the draft describes."""

    title: str
    category: str | None
    starts_local: datetime
    starts_at: datetime
    venue: str
    city: str

    @classmethod
    def from_event(cls, event: EventRead) -> "EventFacts":
        return cls(
            event.title,
            event.category,
            event.starts_local,
            event.starts_at,
            event.venue.name,
            event.venue.city,
        )


def event_stub(facts: EventFacts) -> TicketStub:
    month, day, weekday = formatting.date_parts(facts.starts_local)
    category = facts.category or "other"
    return TicketStub(
        title=facts.title,
        category=category,
        category_label=CATEGORY_LABELS[category],
        month=month,
        day=day,
        weekday=weekday,
        when=formatting.format_event_start(facts.starts_local),
        place=f"{facts.venue}, {facts.city}",
    )


@dataclass(frozen=True)
class PlaceOption:
    """A venue or a city to choose."""

    id: str = ""
    label: str = ""
    is_chosen: bool = False


def event_options(events: Iterable[EventRead]) -> list[TicketStub]:
    return [
        replace(
            event_stub(EventFacts.from_event(event)),
            id=str(event.id),
            href=routes.sell_for(event.id),
        )
        for event in events
    ]


def venue_options(venues: Iterable[VenueRead], chosen_id: str) -> list[PlaceOption]:
    return [
        PlaceOption(str(venue.id), f"{venue.name}, {venue.city}", str(venue.id) == chosen_id)
        for venue in venues
    ]


def city_options(cities: Iterable[CityRead], chosen_id: str) -> list[PlaceOption]:
    return [
        PlaceOption(str(city.id), city_label(city), str(city.id) == chosen_id) for city in cities
    ]


def found_line(count: int, text: str) -> str:
    """Return the number of results, for screen readers, too; empty before anything was typed."""
    if not text.strip():
        return ""
    if count == 0:
        return NONE_FOUND
    return "1 event" if count == 1 else f"{count} events"


# Fields of the services, by the fields of the form that they come from.
_FIELDS = {
    "title": "name",
    "startsLocal": "date",
    "venueId": "venue",
    "venue.name": "venue",
    "venue.cityId": "city",
    "cityId": "city",
}


def by_field(error: InvalidInputError) -> dict[str, str]:
    """Return the problems by fields of the form; that of a seat is one of all seats."""
    return {
        _FIELDS.get(field, field.partition(".")[0]): text for field, text in error.problems if field
    }


def event_gaps(form: SellForm) -> dict[str, str]:
    """Return the gaps of a new event, by field."""
    gaps: dict[str, str] = {}
    if not form.name.strip():
        gaps["name"] = "Type the name of the event."
    if not _is_date(form.date):
        gaps["date"] = "Choose the day of the event."
    elif form.starts_local is None:
        gaps["time"] = "Choose the time at which it starts."
    if not form.venueId and not form.venue.strip():
        gaps["venue"] = "Type the name of the venue."
    elif not form.venueId and not form.cityId:
        gaps["city"] = "Type the city of the venue, then choose it from the list."
    return gaps


def city_line(count: int, text: str) -> str:
    """Return that no city was found, empty otherwise."""
    if count or not text.strip():
        return ""
    return "We do not know a city of this name. Try another spelling, or the next bigger city."


def check_tickets(form: SellForm) -> dict[str, str]:
    """Return the problems of the tickets, by field."""
    problems: dict[str, str] = {}
    try:
        transactions.parse(ListingCreate, read_listing(form, known_seats(form)) | _PRICED)
    except InvalidInputError as error:
        problems = by_field(error)
    try:
        read_seats(form)
    except InvalidInputError as error:
        problems |= by_field(error)
    return problems


def check_price(form: SellForm) -> dict[str, str]:
    """Return the problems of the prices, by field."""
    values = read_listing(form, known_seats(form))
    prices = {name: values[name] for name in ("price", "faceValue") if name in values}
    try:
        priced = transactions.parse(ListingCreate, prices | {"title": "x", "quantity": 1})
    except InvalidInputError as error:
        return by_field(error)
    if priced.price_cents * len(known_seats(form)) > MAXIMUM_CENTS:
        return {"price": TOTAL_TOO_HIGH}
    return {}


def read_event(form: SellForm) -> dict[str, Any]:
    """Return the fields of `EventCreate`."""
    place = (
        {"venueId": form.venueId}
        if form.venueId
        else {"venue": {"name": form.venue, "cityId": form.cityId}}
    )
    return {
        "title": form.name,
        "category": form.category or None,
        "startsLocal": form.starts_local and form.starts_local.isoformat(),
        **place,
    }


def read_listing(form: SellForm, seats: list[str | None]) -> dict[str, Any]:
    """Return the fields of `ListingCreate`, without its event."""
    values: dict[str, Any] = {
        "section": form.section.strip() or None,
        "row": form.row.strip() or None,
        "description": form.description.strip() or None,
        "sideBySide": bool(form.sideBySide) and len(seats) != 1,
    }
    values |= {
        name: parse_price(text)
        for name, text in (("price", form.price.strip()), ("faceValue", form.faceValue.strip()))
        if text
    }
    named = [{"seat": seat} for seat in seats if seat]
    return values | ({"seats": named} if named else {"quantity": len(seats)})


# A price for tickets that have none yet.
_PRICED = {"title": "x", "price": 1, "faceValue": None}


def read_seats(form: SellForm) -> list[str | None]:
    """Return a name per ticket, None without a seat number.

    Raises:
        InvalidInputError: the seats cannot be read, or are not as many as the tickets.
    """
    count = quantity(form)
    try:
        # The number of tickets follows from the seats, unless the seller chose another one.
        return parse_seats(form.seats, count=count if count > 1 or not form.seats.strip() else None)
    except UnclearSeatsError as error:
        raise InvalidInputError([("seats", str(error))]) from None


def known_seats(form: SellForm) -> list[str | None]:
    """Return the seats as far as they can be read, also if they are more or fewer than the tickets."""
    with suppress(InvalidInputError):
        return read_seats(form)
    with suppress(UnclearSeatsError):
        return parse_seats(form.seats)
    return [None] * quantity(form)


def quantity(form: SellForm) -> int:
    """Return the number of tickets, within its limits."""
    text = form.quantity.strip()
    if text.isascii() and text.isdigit() and len(text) < 4:  # noqa: PLR2004  # three digits are enough
        return min(max(int(text), 1), MAX_SEATS)
    return 1


def seats_line(form: SellForm) -> str:
    """Return the number of tickets and their seats, like "2 tickets: seats 5 and 6"."""
    seats = known_seats(form)
    named = [seat for seat in seats if seat]
    if not named:
        return f"{count_line(len(seats))} without seat numbers"
    return f"{count_line(len(seats))}: {seats_named(named)}"


def seats_named(seats: list[str]) -> str:
    if len(seats) == 1:
        return f"seat {seats[0]}"
    *others, last = seats
    return f"seats {', '.join(others)} and {last}"


def count_line(count: int) -> str:
    return "1 ticket" if count == 1 else f"{count} tickets"


def all_of(count: int) -> str:
    if count == 2:  # noqa: PLR2004  # a pair
        return "both"
    return f"all {count}"


def scale_line(prices: EventPrices, currency: str) -> str:
    """Return the prices of others, like "Lowest now $62 · usual $68 to $75"."""
    parts: list[str] = []
    if prices.lowest_cents is not None:
        parts.append(f"lowest now {formatting.format_amount(prices.lowest_cents, currency)}")
    if hint := prices.usual:
        low = formatting.format_amount(hint.low_cents, hint.currency)
        high = formatting.format_amount(hint.high_cents, hint.currency)
        parts.append(f"usual {low}" if low == high else f"usual {low} to {high}")
    line = " · ".join(parts)
    return line[:1].upper() + line[1:]


def total_line(form: SellForm, currency: str) -> str:
    """Return the payment and the payout of this price; sellers are not paid out yet."""
    price_cents = read_price(form)
    if price_cents is None:
        return ""
    each, total = amounts(form, price_cents, currency)
    line = f"The buyer pays {each}"
    if (count := len(known_seats(form))) > 1:
        line = f"{line} per ticket, {total} for {all_of(count)}"
    return f"{line}. We take no fee. Payouts to sellers have not started yet."


def read_price(form: SellForm) -> int | None:
    """Return the price of one ticket in cents, None if it is missing or invalid."""
    if not form.price.strip() or "price" in check_price(form):
        return None
    price = parse_price(form.price.strip())
    return round(price * CENTS) if isinstance(price, Decimal) else None


def amounts(form: SellForm, price_cents: int, currency: str) -> tuple[str, str]:
    """Return the price of one ticket, and of all."""
    total = price_cents * len(known_seats(form))
    return (
        formatting.format_amount(price_cents, currency),
        formatting.format_amount(total, currency),
    )


def offered_stubs(facts: EventFacts, form: SellForm, currency: str) -> list[TicketStub]:
    """Return a stub per ticket, as on the page of the event."""
    price, _ = amounts(form, read_price(form) or 0, currency)
    place = (("Section", form.section.strip()), ("Row", form.row.strip()))
    event = event_stub(facts)
    return [
        replace(
            event,
            id=str(number),
            price=price,
            seat=" · ".join(f"{name} {text}" for name, text in (*place, ("Seat", seat)) if text),
        )
        for number, seat in enumerate(known_seats(form))
    ]


def terms(form: SellForm, currency: str, *, hold_minutes: int) -> list[str]:
    """Return the terms of the offer."""
    each, total = amounts(form, read_price(form) or 0, currency)
    count = len(known_seats(form))
    one_by_one = f"Each ticket is sold on its own: {total} when {all_of(count)} are sold."
    locked = (
        f"Whoever presses Purchase has {hold_minutes} minutes to pay. In that time nobody else can "
        "buy the ticket, and its price stays."
    )
    return [
        f"The buyer pays {each} per ticket and not a cent more. We take no fee.",
        *([one_by_one] if count > 1 else []),
        locked,
        "Before that you can change the price, or take a ticket off sale, at any time.",
        "Payouts to sellers have not started yet.",
    ]


def read_version(form: object) -> int:
    """Return the version of the draft that the form showed; no draft has version 0."""
    text = form.get("version", "") if isinstance(form, dict) else ""
    is_number = isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 10  # noqa: PLR2004  # fits the column
    return int(text) if is_number else 0


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def city_label(city: CityRead) -> str:
    parts = (city.name, city.region, city.country)
    return ", ".join(part for part in parts if part)
