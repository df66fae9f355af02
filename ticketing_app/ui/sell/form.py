"""Reading and validation of the sell form in steps."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ticketing_app.core.errors import InvalidInputError
from ticketing_app.core.money import CENTS, MAXIMUM_CENTS
from ticketing_app.tickets.rules import MAX_SEATS, Place, UnclearSeatsError, parse_seats
from ticketing_app.tickets.schemas.listings import ListingCreate
from ticketing_app.tickets.service.listings import TOTAL_TOO_HIGH
from ticketing_app.ui import transactions
from ticketing_app.ui.listings.split import SplitChoice
from ticketing_app.ui.tickets.views import parse_price

NOT_A_FORM = "Fill in the form."


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
    split: str = ""
    sideBySide: str = ""  # noqa: N815  # as in the API
    description: str = ""
    delivery: str = ""
    issuer: str = ""
    transferOn: str = ""  # noqa: N815  # as its neighbours
    readyOn: str = ""  # noqa: N815  # as in the API
    # Of uploaded tickets: their ids, and the price that the first one says.
    files: str = ""
    fileValue: str = ""  # noqa: N815  # as its neighbours
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
    "tickets": (
        "eventId",
        "quantity",
        "section",
        "row",
        "seats",
        "split",
        "sideBySide",
        "description",
        "delivery",
        "issuer",
        "transferOn",
        "readyOn",
    ),
    "price": ("price", "faceValue"),
}


def read_step(form: object, step: str) -> dict[str, str]:
    """Return the fields of a step; a field that is missing, as an unchecked box, is empty.

    Raises:
        InvalidInputError: not a form, or a field is not a text.
    """
    if not isinstance(form, dict):
        raise InvalidInputError([(None, NOT_A_FORM)])
    # Reflex sends null for a field that is not on the page, as the city of a known venue.
    values = {name: form.get(name) or "" for name in STEP_FIELDS[step]}
    if not all(isinstance(value, str) for value in values.values()):
        raise InvalidInputError([(None, NOT_A_FORM)])
    return values


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
        **read_split(form).values(),
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


def read_split(form: SellForm) -> SplitChoice:
    """Return the answers on how these tickets may be sold."""
    return SplitChoice.of(places(form), form.split, form.sideBySide)


def places(form: SellForm) -> list[Place]:
    return [Place(form.section.strip(), form.row.strip(), seat) for seat in known_seats(form)]


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


def read_price(form: SellForm) -> int | None:
    """Return the price of one ticket in cents, None if it is missing or invalid."""
    if not form.price.strip() or "price" in check_price(form):
        return None
    price = parse_price(form.price.strip())
    return round(price * CENTS) if isinstance(price, Decimal) else None


def read_file_price(price: object) -> str:
    """Return the price that a page read from a file, empty if no ticket may have it."""
    return price if isinstance(price, str) and not check_price(SellForm(price=price)) else ""


def read_edited(names: object, fields: Iterable[str]) -> list[str]:
    """Return those of these fields that the page reports as edited; `names` may be anything."""
    return [name for name in fields if isinstance(names, list) and name in names]


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
