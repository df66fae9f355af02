"""Values and sentences of My Listings and the seller's form."""

from collections import Counter
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from ticketing_app import routes
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import InvalidInputError
from ticketing_app.core.money import MINIMUM_CENTS
from ticketing_app.tickets.rules import MAX_SEATS, Availability
from ticketing_app.tickets.schemas import OwnTicketRead, PriceHint, TicketFields, TicketRead
from ticketing_app.ui.formatting import format_amount, format_day, iso
from ticketing_app.ui.tickets.views import (
    OVER_LABEL,
    TicketStub,
    is_over,
    local_start,
    parse_price,
)

STATE_LABELS = {
    Availability.AVAILABLE: "For sale",
    Availability.LOCKED: "Being bought",
    Availability.SOLD: "Sold",
    Availability.PAUSED: "Paused",
    Availability.WITHDRAWN: "Withdrawn",
}
GIVEN_BACK = "The sale was refunded: the ticket is yours again."


@dataclass(frozen=True)
class ListingRow:
    """A listing in the seller's list. Instants are ISO 8601; `now` is the server's clock."""

    id: str = ""
    href: str = ""
    title: str = ""
    facts: str = ""
    price: str = ""
    status: str = ""
    state_label: str = ""
    note: str = ""
    deadline: str = ""
    now: str = ""
    edit_href: str = ""
    resale_href: str = ""
    edit_label: str = ""
    withdraw_label: str = ""

    @classmethod
    def from_ticket(
        cls, ticket: OwnTicketRead, now: datetime, *, can_relist: bool = False
    ) -> "ListingRow":
        stub = TicketStub.from_ticket(ticket)
        can_change = ticket.status is Availability.AVAILABLE
        return cls(
            id=stub.id,
            href=stub.href,
            title=stub.title,
            facts=" · ".join(part for part in (stub.when, stub.place, stub.seat) if part),
            price=stub.price,
            status=stub.status,
            state_label=OVER_LABEL if is_over(ticket) else STATE_LABELS[ticket.status],
            note=GIVEN_BACK if can_relist else note(ticket, now),
            deadline=iso(ticket.locked_until),
            now=now.isoformat(),
            edit_href=routes.ticket_edit(ticket.id) if can_change else "",
            resale_href=routes.ticket_resale(ticket.id) if can_relist else "",
            edit_label=f"Edit {stub.title}",
            withdraw_label=f"Withdraw {stub.title}",
        )


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

    @classmethod
    def from_ticket(cls, ticket: TicketRead) -> "TicketForm":
        same = ("title", "category", "venue", "city", "timezone", "section", "row", "seat")
        return cls(
            **{name: getattr(ticket, name) or "" for name in (*same, "description")},
            price=price_input(ticket.price_cents),
            faceValue=price_input(ticket.face_value_cents),
            startsAt=f"{at:%Y-%m-%dT%H:%M}" if (at := local_start(ticket)) else "",
        )


def read_form(form: object) -> dict[str, Any]:
    """Convert the form's texts to the API's values: numbers and one instant.

    Raises:
        InvalidInputError: not a form, a field is not a text, or the time zone is unknown.
    """
    names = [field.name for field in fields(TicketForm)]
    if not isinstance(form, dict) or not all(isinstance(form.get(n, ""), str) for n in names):
        raise InvalidInputError([(None, "Fill in the form.")])
    values: dict[str, Any] = {name: text for name in names if (text := form.get(name, "").strip())}
    for name in ("price", "faceValue"):
        if name in values:
            values[name] = parse_price(values[name])
    if "startsAt" in values:
        values["startsAt"] = _instant(values["startsAt"], values.get("timezone", ""))
    else:
        values.pop("timezone", None)
    return values


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


def note(ticket: OwnTicketRead, now: datetime) -> str:
    """Return the day of the listing, or the day and price of its sale."""
    listed = f"Listed {format_day(ticket.created_at, now)}"
    if is_over(ticket):
        return f"{listed}. Nobody bought it before the event began."
    if ticket.status is not Availability.SOLD:
        return listed
    price = format_amount(ticket.price_cents, ticket.currency)
    if ticket.sold_at:
        return f"Sold {format_day(ticket.sold_at, now)} for {price}"
    return f"Sold for {price}"


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
