"""Values and sentences of the event pages."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from ticketing_app import routes
from ticketing_app.core.clock import utc_now
from ticketing_app.core.settings import get_settings
from ticketing_app.events.rules import EventStatus, slugify
from ticketing_app.events.schemas import EventRead
from ticketing_app.tickets.rules import Availability, has_begun
from ticketing_app.tickets.schemas.listings import EventOffers, OfferRead, OfferSeat
from ticketing_app.ui import formatting
from ticketing_app.ui.labels import YOURS

SECTION = "section"
SORT = "sort"
# The last ones may be held, and come back.
SOLD_OUT = "Sold out for now"
NONE_FOR_SALE = "None for sale right now"
ONE_LEFT = "1 for sale"
MANY_LEFT = "{count} for sale"
# On a row; a plain offer needs no word.
SEAT_LABELS = {
    Availability.AVAILABLE.value: "",
    Availability.LOCKED.value: "Being bought",
    Availability.SOLD.value: "Sold",
    Availability.PAUSED.value: "Paused",
    Availability.WITHDRAWN.value: "Taken off sale",
    YOURS: "Yours",
}
# For screen readers, which announce changes.
SPOKEN_LABELS = SEAT_LABELS | {Availability.AVAILABLE.value: "Available"}
LISTED_TWICE = "Listed twice, not checked"
CANCELLED = "This event was cancelled. Nothing is for sale any more, and whoever paid has their money on its way back."
BEGUN = "This event has begun, so its tickets are no longer sold."


# The event began.
OVER = "over"


class OfferSort(StrEnum):
    PRICE = "price"
    SECTION = "section"


@dataclass(frozen=True)
class EventHead:
    """An event at the head of its page.

    `status` is scheduled, moved, cancelled, or over once it began; `notice` is the sentence about that.
    `seen_at` is when the tickets left were read, in milliseconds (ui/live).
    """

    id: str = ""
    slug: str = ""
    href: str = ""
    title: str = ""
    category: str = "other"
    month: str = ""
    day: str = ""
    starts: str = ""
    time_line: str = ""
    venue: str = ""
    venue_href: str = ""
    city: str = ""
    city_href: str = ""
    status: str = ""
    notice: str = ""
    is_on_sale: bool = False
    left: int = 0
    left_line: str = ""
    price: str = ""
    price_format: tuple[str, ...] = ()
    seen_at: int = 0
    sold: int = 0
    share_line: str = ""
    calendar_href: str = ""

    @classmethod
    def from_event(cls, event: EventRead, offers: EventOffers, *, seen_at: int) -> "EventHead":
        at = local_start(event)
        status, notice = _status(event, at)
        is_on_sale = status not in {EventStatus.CANCELLED, OVER}
        left = offers.available if is_on_sale else 0
        counted = left_line(left, has_any=offers.sold > 0 or offers.available > 0)
        price = _from_price(offers) if left else ""
        place = f"{event.venue.name}, {event.venue.city}"
        shared = (formatting.format_event_start(at), place, counted, price and f"from {price}")
        return cls(
            **_facts(event, at),
            status=status,
            notice=notice,
            is_on_sale=is_on_sale,
            left=left,
            left_line=counted,
            price=price,
            price_format=formatting.amount_format(_currency(offers)),
            seen_at=seen_at,
            sold=offers.sold,
            share_line=" · ".join(part for part in shared if part),
            calendar_href=routes.event_calendar(event.slug) if is_on_sale else "",
        )


@dataclass(frozen=True)
class SeatRow:
    """A seat of an offer. `status` is its availability, or yours, when `href` leads to the order."""

    ticket_id: str = ""
    href: str = ""
    version: int = 0
    status: str = ""
    status_label: str = ""
    seat: str = ""
    locked_until: str = ""
    now: str = ""


@dataclass(frozen=True)
class OfferRow:
    """An offer: seats of one seller at one price each; a single seat is named by `place`."""

    id: str = ""
    price: str = ""
    price_format: tuple[str, ...] = ()
    place: str = ""
    notes: str = ""
    doubt: str = ""
    is_own: bool = False
    is_single: bool = True
    seats: tuple[SeatRow, ...] = ()

    @classmethod
    def from_offer(cls, offer: OfferRead, viewer_id: object, now: datetime) -> "OfferRow":
        is_single = len(offer.seats) == 1
        first = offer.seats[0]
        return cls(
            id=str(offer.listing_id or first.ticket_id),
            price=formatting.format_amount(offer.price_cents, offer.currency),
            price_format=formatting.amount_format(offer.currency),
            place=_place(first, has_seat=is_single),
            notes=_notes(offer),
            doubt=LISTED_TWICE if offer.is_listed_twice else "",
            is_own=offer.seller_id == viewer_id,
            is_single=is_single,
            seats=tuple(
                _seat_row(seat, number, now, is_own=offer.seller_id == viewer_id)
                for number, seat in enumerate(offer.seats, 1)
            ),
        )


@dataclass(frozen=True)
class Choice:
    """A link that filters or sorts the offers."""

    label: str = ""
    href: str = ""
    is_current: bool = False


def now_ms() -> int:
    """Return the time for `seen_at`; take it before reading."""
    return round(time.time() * 1000)


def local_start(event: EventRead) -> datetime:
    return event.starts_at.astimezone(ZoneInfo(event.venue.timezone))


def left_line(left: int, *, has_any: bool) -> str:
    if left == 0:
        return SOLD_OUT if has_any else NONE_FOR_SALE
    if left == 1:
        return ONE_LEFT
    return MANY_LEFT.format(count=formatting.format_number(left))


def read_choice(parameters: Mapping[str, str], offers: Sequence[OfferRead]) -> dict[str, str]:
    """Return section and sort order of the address, without values that the offers do not have."""
    sections = set(list_sections(offers))
    section = parameters.get(SECTION, "")
    sort = parameters.get(SORT, "")
    return {
        SECTION: section if section in sections else "",
        SORT: sort if sort == OfferSort.SECTION else "",
    }


def list_sections(offers: Iterable[OfferRead]) -> list[str]:
    return sorted({seat.section for offer in offers for seat in offer.seats if seat.section})


def choose(offers: Sequence[OfferRead], choice: Mapping[str, str]) -> list[OfferRead]:
    """Return the offers of the chosen section in the chosen order."""
    section = choice[SECTION]
    chosen = [offer for offer in offers if not section or offer.seats[0].section == section]
    if choice[SORT]:
        return sorted(chosen, key=lambda offer: (offer.seats[0].section or "", offer.price_cents))
    return sorted(chosen, key=lambda offer: offer.price_cents)


def listed_note(count: str) -> str:
    """Return the confirmation after `count` tickets of the event were listed."""
    if not count.isdecimal():
        return ""
    number = int(count[:2])
    return "Your ticket is for sale." if number == 1 else f"Your {number} tickets are for sale."


def is_open(offer: OfferRead) -> bool:
    return any(seat.status is Availability.AVAILABLE for seat in offer.seats)


def section_choices(
    offers: Sequence[OfferRead], href: str, choice: Mapping[str, str]
) -> list[Choice]:
    """Return a link per section, after one to all; none if there is no choice."""
    sections = list_sections(offers)
    if len(sections) < 2:  # noqa: PLR2004  # one section is no choice.
        return []
    return [_choice("All", href, choice, SECTION, "")] + [
        _choice(section, href, choice, SECTION, section) for section in sections
    ]


def sort_choices(offers: Sequence[OfferRead], href: str, choice: Mapping[str, str]) -> list[Choice]:
    """Return a link per sort order; none for a single offer."""
    if len(offers) < 2:  # noqa: PLR2004  # as above.
        return []
    return [
        _choice("Price", href, choice, SORT, ""),
        _choice("Section", href, choice, SORT, OfferSort.SECTION),
    ]


def _choice(label: str, href: str, choice: Mapping[str, str], name: str, value: str) -> Choice:
    query = urlencode({key: text for key, text in {**choice, name: value}.items() if text})
    return Choice(label, f"{href}?{query}" if query else href, choice[name] == value)


def _facts(event: EventRead, at: datetime) -> dict[str, Any]:
    """Return the fields of an `EventHead` that its offers do not change; `at` is its local start."""
    month, day, weekday = formatting.date_parts(at)
    category = event.category or "other"
    return {
        "id": str(event.id),
        "slug": event.slug,
        "href": routes.event_detail(event.slug),
        "title": event.title,
        "category": category,
        "month": month,
        "day": day,
        "starts": at.isoformat(),
        "time_line": _time_line(at, weekday),
        "venue": event.venue.name,
        "venue_href": routes.venue(event.venue.slug),
        "city": event.venue.city,
        "city_href": city_href(event.venue.city),
    }


def _time_line(at: datetime, weekday: str) -> str:
    # The date block beside it has no year.
    is_this_year = at.year == utc_now().year
    day = weekday if is_this_year else f"{weekday} · {at.year}"
    return f"{day} · {formatting.format_clock(at)}"


def _status(event: EventRead, at: datetime) -> tuple[str, str]:
    if event.status is EventStatus.CANCELLED:
        return EventStatus.CANCELLED.value, CANCELLED
    if has_begun(event.starts_at, utc_now()):
        return OVER, BEGUN
    if event.status is EventStatus.MOVED:
        moved = f"This event was moved. It is now on {formatting.format_event_start(at)}."
        return EventStatus.MOVED.value, moved
    return EventStatus.SCHEDULED.value, ""


def city_href(city: str) -> str:
    slug = slugify(city)
    # The name may have no Latin letters.
    return routes.city(slug) if slug else ""


def _from_price(offers: EventOffers) -> str:
    if offers.from_cents is None:
        return ""
    return formatting.format_amount(offers.from_cents, _currency(offers))


def _currency(offers: EventOffers) -> str:
    # An event without tickets has none; its first ticket will have ours.
    return offers.currency or get_settings().currency


def _place(seat: OfferSeat, *, has_seat: bool) -> str:
    parts = [
        seat.section or "",
        f"Row {seat.row}" if seat.row else "",
        f"Seat {seat.seat}" if seat.seat and has_seat else "",
    ]
    return " · ".join(part for part in parts if part) or "Any place"


def _notes(offer: OfferRead) -> str:
    count = len(offer.seats)
    seats = ""
    if count > 1:
        seats = f"{count} seats side by side" if offer.is_side_by_side else f"{count} seats"
    face_value = ""
    if offer.face_value_cents is not None:
        amount = formatting.format_amount(offer.face_value_cents, offer.currency)
        face_value = f"Face value {amount}"
    return " · ".join(part for part in (seats, face_value) if part)


def _seat_row(seat: OfferSeat, number: int, now: datetime, *, is_own: bool) -> SeatRow:
    # A seller sees the order, too.
    order_id = None if is_own else seat.order_id
    status = YOURS if order_id else seat.status.value
    ticket_href = routes.ticket_detail(seat.ticket_id)
    return SeatRow(
        ticket_id=str(seat.ticket_id),
        href=routes.order_detail(order_id) if order_id else ticket_href,
        version=seat.version,
        status=status,
        status_label=SEAT_LABELS[status],
        seat=f"Seat {seat.seat}" if seat.seat else f"No. {number}",
        locked_until=formatting.iso(seat.locked_until),
        now=formatting.iso(seat.locked_until and now),
    )
