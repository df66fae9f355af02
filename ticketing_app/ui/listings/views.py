"""Values and sentences of My Listings and the seller's form."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import InvalidInputError
from ticketing_app.core.formatting import (
    format_amount,
    format_day,
)
from ticketing_app.core.money import MINIMUM_CENTS
from ticketing_app.tickets.rules import MAX_SEATS, Availability, Place, seats_line
from ticketing_app.tickets.schemas.listings import ListingRead, SeatFacts
from ticketing_app.tickets.schemas.prices import PriceHint
from ticketing_app.tickets.schemas.tickets import TicketFields, TicketRead
from ticketing_app.tickets.service.offers import UNSOLD
from ticketing_app.ui.listings.split import NO, YES, SplitChoice
from ticketing_app.ui.tickets.views import (
    TicketStub,
    local_start,
    parse_price,
)
from ticketing_app.vault.schemas import FileRead

NO_SEAT = "No seat number"


def seat_label(seat: SeatFacts) -> str:
    return seats_line([Place(seat.section, seat.row, seat.seat)]) or NO_SEAT


@dataclass(frozen=True)
class TicketForm:
    """The form's fields as text, named as in the API."""

    title: str = ""
    price: str = ""
    category: str = ""
    venue: str = ""
    city: str = ""
    startsAt: str = ""  # noqa: N815  # the API's name: its errors refer to it
    timezone: str = ""
    section: str = ""
    row: str = ""
    seat: str = ""
    faceValue: str = ""  # noqa: N815  # the API's name
    description: str = ""
    previousTicketId: str = ""  # noqa: N815  # the API's name; set when a bought ticket is resold
    # The event of a ticket that has one: then title, place and time are fixed.
    eventId: str = ""  # noqa: N815  # the API's name

    @classmethod
    def from_ticket(cls, ticket: TicketRead) -> "TicketForm":
        same = ("title", "category", "venue", "city", "timezone", "section", "row", "seat")
        return cls(
            **{name: getattr(ticket, name) or "" for name in (*same, "description")},
            price=price_input(ticket.price_cents),
            faceValue=price_input(ticket.face_value_cents),
            startsAt=f"{at:%Y-%m-%dT%H:%M}" if (at := local_start(ticket)) else "",
            eventId=str(ticket.event_id or ""),
        )


def read_form(form: object) -> dict[str, Any]:
    """Convert the form's texts to the API's values: numbers and one instant.

    Raises:
        InvalidInputError: not a form, a field is not a text, or the time zone is unknown.
    """
    if not isinstance(form, dict):
        raise InvalidInputError([(None, "Fill in the form.")])
    # Reflex sends null for a field that is not on the page, as the venue of a ticket with an event.
    texts = {field.name: form.get(field.name) or "" for field in fields(TicketForm)}
    if not all(isinstance(text, str) for text in texts.values()):
        raise InvalidInputError([(None, "Fill in the form.")])
    values: dict[str, Any] = {name: text.strip() for name, text in texts.items() if text.strip()}
    for name in ("price", "faceValue"):
        if name in values:
            values[name] = parse_price(values[name])
    if "startsAt" in values:
        values["startsAt"] = _instant(values["startsAt"], values.get("timezone", ""))
    else:
        values.pop("timezone", None)
    return values


def listing_line(listing: ListingRead) -> str:
    """Return the tickets that an edit changes, like "2 tickets: Row F · Seats 5, 6"."""
    places = _unsold_places(listing)
    seats = seats_line(places) or NO_SEAT
    return f"{len(places)} {'ticket' if len(places) == 1 else 'tickets'}: {seats}"


def split_choice(listing: ListingRead) -> SplitChoice:
    """Return the present rule for the tickets that an edit changes."""
    side = YES if listing.is_side_by_side else NO
    return SplitChoice.of(_unsold_places(listing), listing.split, side)


def _unsold_places(listing: ListingRead) -> list[Place]:
    unsold = (seat for seat in listing.seats if seat.status in UNSOLD)
    return [Place(seat.section, seat.row, seat.seat) for seat in unsold]


def read_split(form: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rule for the API to check; a question that is not on the page changes nothing."""
    side = {YES: True, NO: False}.get(f"{form.get('sideBySide')}")
    return {"split": form.get("split") or None, "sideBySide": side}


def read_price_form(form: object) -> tuple[str, dict[str, Any]]:
    """Return the id of the listing, and its new price and seen version for the API to check.

    Raises:
        InvalidInputError: not this form.
    """
    match form:
        case {"listingId": str(listing_id), "price": str(price), "version": str(version)}:
            return listing_id, {"price": parse_price(price.strip()), "version": version}
        case _:
            raise InvalidInputError([(None, "Fill in the price.")])


def price_input(cents: int | None) -> str:
    """Return an amount as typed: "40", "40.50"."""
    if cents is None:
        return ""
    if cents % 100 == 0:
        return f"{cents // 100}"
    return f"{cents / 100:.2f}"


def _instant(text: str, timezone: str) -> str:
    """Return the local time with its offset; an invalid time is returned for the API to refuse.

    Raises:
        InvalidInputError: unknown time zone.
    """
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        return text
    if timezone not in available_timezones():
        raise InvalidInputError(
            [("timezone", "Tell the time zone of the event, like Europe/Berlin.")]
        )
    return local.replace(tzinfo=ZoneInfo(timezone)).isoformat()


def listed_line(count: str) -> str:
    """Return the confirmation of several new listings; empty if `count`, from the address, is no valid number."""
    is_several = count.isascii() and count.isdigit() and 1 < int(count) <= MAX_SEATS
    if is_several:
        return f"{int(count)} tickets are for sale now, each on its own."
    return ""


def split_seats(values: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a listing per seat of a list such as "11, 12, 13".

    Raises:
        InvalidInputError: too many seats, a duplicate, or the resale of a bought ticket.
    """
    seats = [seat for part in values.get("seat", "").split(",") if (seat := part.strip())]
    if len(seats) < 2:  # noqa: PLR2004  # none or one
        return [values | {"seat": seat} for seat in seats] or [values]
    twice = [seat for seat, count in Counter(seats).items() if count > 1]
    if "previousTicketId" in values:
        problem = "A ticket that you bought has one seat."
    elif twice:
        problem = f"Seat {twice[0]} is named twice."
    elif len(seats) > MAX_SEATS:
        problem = f"List at most {MAX_SEATS} seats at once."
    else:
        return [values | {"seat": seat} for seat in seats]
    raise InvalidInputError([("seat", problem)])


def price_hint_line(hint: PriceHint | None) -> str:
    """Return the price range of similar tickets, empty if unknown."""
    if hint is None:
        return ""
    low, high, typical = (
        format_amount(cents, hint.currency)
        for cents in (hint.low_cents, hint.high_cents, hint.typical_cents)
    )
    if low == high:
        return f"Similar tickets: {low}"
    return f"Similar tickets: {low} to {high}, typically {typical}"


def file_line(files: Sequence[FileRead], now: datetime) -> str:
    """Return what buyers see of the files that go on with bought tickets; empty without any."""
    if not files:
        return ""
    opened = [file.opened_at for file in files if file.opened_at]
    goes = "The ticket file goes with it" if len(files) == 1 else "The ticket files go with them"
    seen = f"opened on {format_day(min(opened), now)}" if opened else "never opened"
    return f"{goes}: there is nothing to upload. Buyers see: {seen}."


def price_rule_line(currency: str) -> str:
    return f"What the buyer pays, from {format_amount(MINIMUM_CENTS, currency, to_the_cent=True)}"


def amount_line(price_cents: int | None, currency: str) -> str:
    """Return the payment and the payout of this price; sellers are not paid out yet."""
    if price_cents is None:
        return ""
    price = format_amount(price_cents, currency)
    return f"The buyer pays {price}, and we take no fee. Payouts to sellers have not started yet."


def preview(facts: TicketFields, currency: str, *, has_price: bool) -> TicketStub:
    nobody = UUID(int=0)
    ticket = TicketRead(
        **facts.model_dump(include=set(TicketFields.model_fields)),
        event_id=None,
        listing_id=None,
        available=1,
        quantity=1,
        previous_ticket_id=None,
        id=nobody,
        seller_id=nobody,
        order_id=None,
        currency=currency,
        status=Availability.AVAILABLE,
        locked_until=None,
        version=0,
        created_at=utc_now(),
    )
    stub = TicketStub.from_ticket(ticket)
    if has_price:
        return stub
    return replace(stub, price="")
