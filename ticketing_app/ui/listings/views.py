"""Values and sentences of My Listings and the seller's form."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from ticketing_app import routes
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import InvalidInputError
from ticketing_app.core.money import MINIMUM_CENTS
from ticketing_app.tickets.rules import MAX_SEATS, Availability, Place, has_begun
from ticketing_app.tickets.schemas.listings import ListingRead, OfferSeat, OwnListingRead, SeatFacts
from ticketing_app.tickets.schemas.prices import PriceHint
from ticketing_app.tickets.schemas.tickets import TicketFields, TicketRead
from ticketing_app.tickets.service.offers import UNSOLD
from ticketing_app.ui.formatting import (
    date_parts,
    format_amount,
    format_day,
    format_event_start,
    iso,
)
from ticketing_app.ui.listings.split import NO, YES, SplitChoice
from ticketing_app.ui.tickets.views import (
    CATEGORY_LABELS,
    NO_DATE,
    OVER,
    OVER_LABEL,
    TicketStub,
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
TWICE = (
    "Somebody else offers one of these seats, too. Buyers see that it is listed twice; please check "
    "your section, row and seat."
)


@dataclass(frozen=True)
class SeatRow:
    """A ticket of the seller. Instants are ISO 8601; `now` is the server's clock."""

    id: str = ""
    href: str = ""
    label: str = ""
    status: str = ""
    state_label: str = ""
    note: str = ""
    deadline: str = ""
    now: str = ""
    can_withdraw: bool = False
    resale_href: str = ""
    withdraw_label: str = ""

    @classmethod
    def from_seat(
        cls, seat: OfferSeat, listing: OwnListingRead, now: datetime, *, can_relist: bool
    ) -> Self:
        label = seat_label(seat)
        is_over = _is_over(seat, listing)
        return cls(
            id=str(seat.ticket_id),
            href=routes.ticket_detail(seat.ticket_id),
            label=label,
            status=OVER if is_over else seat.status.value,
            state_label=OVER_LABEL if is_over else STATE_LABELS[seat.status],
            note=GIVEN_BACK if can_relist else note(seat, listing, now),
            deadline=iso(seat.locked_until),
            now=now.isoformat(),
            can_withdraw=seat.status is Availability.AVAILABLE,
            resale_href=routes.ticket_resale(seat.ticket_id) if can_relist else "",
            withdraw_label=f"Withdraw {listing.title}, {label}",
        )


@dataclass(frozen=True)
class ListingCard(TicketStub):
    """A listing of the seller with its tickets, or a ticket without one (`listing_id` is empty)."""

    listing_id: str = ""
    price_input: str = ""
    count_line: str = ""
    edit_href: str = ""
    edit_label: str = ""
    withdraw_label: str = ""
    price_label: str = ""
    can_change: bool = False
    twice_line: str = ""
    seats: tuple[SeatRow, ...] = ()

    @classmethod
    def from_listing(
        cls, listing: OwnListingRead, now: datetime, relistable_ids: Collection[UUID] = ()
    ) -> Self:
        first = listing.seats[0]
        category = listing.category or "other"
        at = local_start(listing)
        month, day, weekday = date_parts(at) if at else NO_DATE
        is_held = any(seat.status is Availability.LOCKED for seat in listing.seats)
        can_change = listing.available > 0 and not is_held
        return cls(
            id=str(listing.id),
            listing_id=str(listing.listing_id or ""),
            title=listing.title,
            href=routes.ticket_detail(first.ticket_id),
            category=category,
            category_label=CATEGORY_LABELS[category],
            month=month,
            day=day,
            weekday=weekday,
            when=format_event_start(at) if at else "",
            place=", ".join(part for part in (listing.venue, listing.city) if part),
            price=format_amount(listing.price_cents, listing.currency),
            price_input=price_input(listing.price_cents),
            count_line=count_line(listing.available, len(listing.seats)),
            edit_href=routes.ticket_edit(first.ticket_id) if can_change else "",
            edit_label=f"Edit {listing.title}",
            withdraw_label=f"Withdraw all tickets for {listing.title}",
            price_label=f"Change the price of {listing.title}",
            can_change=can_change,
            twice_line=TWICE if listing.is_listed_twice else "",
            seats=tuple(
                SeatRow.from_seat(seat, listing, now, can_relist=seat.ticket_id in relistable_ids)
                for seat in listing.seats
            ),
        )


def seat_label(seat: SeatFacts) -> str:
    parts = (("Section", seat.section), ("Row", seat.row), ("Seat", seat.seat))
    return " · ".join(f"{name} {value}" for name, value in parts if value) or "No seat number"


def _is_over(seat: OfferSeat, listing: OwnListingRead) -> bool:
    """Whether the event began before a sale."""
    return seat.status is Availability.AVAILABLE and has_begun(listing.starts_at, utc_now())


def count_line(free: int, count: int) -> str:
    """Return how many of several tickets are for sale, like "2 of 4 for sale"."""
    if count == 1:
        return ""
    return f"{free} of {count} for sale"


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
    """Return the tickets that an edit changes, like "2 tickets: Row F · Seat 5, Row F · Seat 6"."""
    unsold = _unsold(listing)
    seats = ", ".join(seat_label(seat) for seat in unsold)
    return f"{len(unsold)} {'ticket' if len(unsold) == 1 else 'tickets'}: {seats}"


def split_choice(listing: ListingRead) -> SplitChoice:
    """Return the present rule for the tickets that an edit changes."""
    places = [Place(seat.section, seat.row, seat.seat) for seat in _unsold(listing)]
    return SplitChoice.of(places, listing.split, str(listing.is_side_by_side).lower())


def _unsold(listing: ListingRead) -> list[OfferSeat]:
    return [seat for seat in listing.seats if seat.status in UNSOLD]


def read_split(form: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rule for the API to check; a question that is not on the page changes nothing."""
    side = {YES: True, NO: False}.get(f"{form.get('sideBySide')}")
    return {"split": form.get("split") or None, "sideBySide": side}


def read_price_form(form: object) -> tuple[str, Any]:
    """Return the id of the listing, and its new price for the API to check.

    Raises:
        InvalidInputError: not this form.
    """
    match form:
        case {"listingId": str(listing_id), "price": str(price)}:
            return listing_id, parse_price(price.strip())
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


def note(seat: OfferSeat, listing: OwnListingRead, now: datetime) -> str:
    """Return the day of the listing, or the day and price of its sale."""
    listed = f"Listed {format_day(listing.created_at, now)}"
    if _is_over(seat, listing):
        return f"{listed}. Nobody bought it before the event began."
    if seat.status is not Availability.SOLD:
        return listed
    price = format_amount(seat.price_cents, listing.currency)
    if seat.sold_at:
        return f"Sold {format_day(seat.sold_at, now)} for {price}"
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
