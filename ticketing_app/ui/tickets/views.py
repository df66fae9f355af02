"""Values and sentences of the ticket pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from ticketing_app import routes
from ticketing_app.core.clock import utc_now
from ticketing_app.core.settings import get_settings
from ticketing_app.tickets.rules import CATEGORIES, Availability, has_begun
from ticketing_app.tickets.schemas import (
    COUNT_LIMIT,
    OwnershipStep,
    OwnershipStepRead,
    TicketRead,
    TicketWhen,
)
from ticketing_app.ui import formatting

STATUS_LABELS = {
    Availability.AVAILABLE: "Available",
    Availability.LOCKED: "Locked",
    Availability.SOLD: "Sold",
    Availability.PAUSED: "Paused",
    Availability.WITHDRAWN: "Withdrawn",
}
# Held by the viewer.
YOURS = "yours"
YOURS_LABEL = "Yours"
# Unsold when its event began.
OVER = "over"
OVER_LABEL = "Off sale"
CATEGORY_LABELS = {name: name.capitalize() for name in CATEGORIES} | {"other": "Other event"}
WHEN_LABELS = {
    TicketWhen.TODAY.value: "Today",
    TicketWhen.WEEKEND.value: "This weekend",
    TicketWhen.MONTH.value: "This month",
}
OWNERSHIP_LABELS = {
    (OwnershipStep.LISTED, False): "Listed by its first seller",
    (OwnershipStep.LISTED, True): "Listed by you",
    (OwnershipStep.LISTED_AGAIN, False): "Listed again",
    (OwnershipStep.LISTED_AGAIN, True): "Listed again by you",
    (OwnershipStep.BOUGHT, False): "Bought",
    (OwnershipStep.BOUGHT, True): "Bought by you",
}
# Confirmations for the seller, by the `done` parameter of the address.
NOTES = {"listed": "Your ticket is for sale.", "saved": "Your changes are saved."}
WITHDRAWN = "Your listing is off sale. Nobody can buy it any more."
FILTERS = ("category", "city", "when", "from", "to", "minPrice", "maxPrice", "available")
NO_DATE = ("Date", "TBA", "")


@dataclass(frozen=True)
class TicketStub:
    """A ticket on its stub. Instants are ISO 8601 in UTC, empty when there is none.

    `now` is the server's clock, set while a lock counts down. `price_format` is for live prices.
    """

    id: str = ""
    href: str = ""
    version: int = 0
    title: str = ""
    price: str = ""
    price_format: tuple[str, ...] = ()
    status: str = ""
    status_label: str = ""
    category: str = "other"
    category_label: str = ""
    month: str = ""
    day: str = ""
    weekday: str = ""
    when: str = ""
    place: str = ""
    seat: str = ""
    locked_until: str = ""
    now: str = ""

    @classmethod
    def from_ticket(cls, ticket: TicketRead) -> "TicketStub":
        return cls(**_stub_values(ticket))


@dataclass(frozen=True)
class TicketDetail(TicketStub):
    """A ticket on its page, as one viewer sees it."""

    price_line: str = ""
    status_line: str = ""
    variant: str = ""
    badge_label: str = ""
    description: str = ""
    face_value_line: str = ""
    can_buy: bool = False
    can_wait: bool = False
    can_change: bool = False
    my_order_href: str = ""
    reason: str = ""
    share_line: str = ""
    available_line: str = ""

    @property
    def offer(self) -> tuple[str, ...]:
        """The terms that a buyer agrees to."""
        return (
            self.title,
            self.price,
            self.when,
            self.place,
            self.seat,
            self.face_value_line,
            self.description,
        )

    @classmethod
    def from_ticket_for(cls, ticket: TicketRead, viewer_id: object) -> "TicketDetail":
        is_mine = ticket.seller_id == viewer_id
        is_my_order = ticket.order_id is not None and not is_mine
        why_not = reason(ticket, is_mine=is_mine, is_my_order=is_my_order)
        is_held_by_me = is_my_order and ticket.status is Availability.LOCKED
        values = _stub_values(ticket)
        variant, badge_label = _badge(ticket, is_held_by_viewer=is_held_by_me)
        return cls(
            **values,
            variant=variant,
            badge_label=badge_label,
            price_line=f"Price - {values['price']}",
            status_line=f"Status - {values['status_label']}",
            description=ticket.description or "",
            face_value_line=face_value_line(ticket),
            can_buy=not why_not,
            can_wait=ticket.status is Availability.LOCKED and not (is_mine or is_my_order),
            can_change=is_mine and ticket.status is Availability.AVAILABLE,
            my_order_href=routes.order_detail(ticket.order_id or "") if is_my_order else "",
            reason=why_not,
            share_line=share_line(ticket),
            available_line=f"{ticket.title} is available again",
        )


@dataclass(frozen=True)
class OwnershipLine:
    """A step of the ownership history; `day` is empty if unknown."""

    text: str = ""
    day: str = ""

    @classmethod
    def from_step(cls, step: OwnershipStepRead, now: datetime) -> "OwnershipLine":
        label = OWNERSHIP_LABELS[step.step, step.is_mine]
        return cls(label, formatting.format_day(step.at, now) if step.at else "")


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


def place(ticket: TicketRead) -> str:
    return ", ".join(part for part in (ticket.venue, ticket.city) if part)


def seat(ticket: TicketRead) -> str:
    parts = (("Section", ticket.section), ("Row", ticket.row), ("Seat", ticket.seat))
    return " · ".join(f"{name} {value}" for name, value in parts if value)


def share_line(ticket: TicketRead) -> str:
    """Return the description for link previews."""
    stub = TicketStub.from_ticket(ticket)
    parts = (stub.when, stub.place, stub.seat, stub.price, stub.status_label)
    return " · ".join(part for part in parts if part)


def face_value_line(ticket: TicketRead) -> str:
    if ticket.face_value_cents is None:
        return ""
    return f"Face value {formatting.format_amount(ticket.face_value_cents, ticket.currency)}"


def reason(ticket: TicketRead, *, is_mine: bool, is_my_order: bool) -> str:
    """Return why this viewer cannot buy, empty if they can."""
    if is_my_order:
        if ticket.status is Availability.LOCKED:
            return "You hold this ticket."
        return "You bought it."
    if is_over(ticket):
        begun = "The event has begun, so this ticket is no longer sold."
        if is_mine:
            return f"This is your own listing. {begun}"
        return begun
    if is_mine:
        return {
            Availability.AVAILABLE: "This is your own listing.",
            Availability.LOCKED: "Somebody is buying your ticket right now.",
            Availability.SOLD: "You sold this ticket.",
            Availability.PAUSED: "You paused the sale of this ticket.",
            Availability.WITHDRAWN: "You withdrew this ticket.",
        }[ticket.status]
    return {
        Availability.AVAILABLE: "",
        Availability.LOCKED: "Someone was quicker and is buying this ticket right now.",
        Availability.SOLD: "This ticket is sold.",
        Availability.PAUSED: "The seller paused the sale of this ticket.",
        Availability.WITHDRAWN: "The seller took this ticket off sale.",
    }[ticket.status]


def is_over(ticket: TicketRead) -> bool:
    """Whether the event began before a sale."""
    is_free = ticket.status is Availability.AVAILABLE
    return is_free and has_begun(ticket.starts_at, utc_now())


def _badge(ticket: TicketRead, *, is_held_by_viewer: bool = False) -> tuple[str, str]:
    """Return the variant and the label of the status badge."""
    if is_held_by_viewer:
        return YOURS, YOURS_LABEL
    if is_over(ticket):
        return OVER, OVER_LABEL
    return ticket.status.value, STATUS_LABELS[ticket.status]


def _stub_values(ticket: TicketRead) -> dict[str, Any]:
    at = local_start(ticket)
    month, day, weekday = formatting.date_parts(at) if at else NO_DATE
    status, status_label = _badge(ticket)
    return {
        "id": str(ticket.id),
        "href": routes.ticket_detail(ticket.id),
        "version": ticket.version,
        "title": ticket.title,
        "price": formatting.format_amount(ticket.price_cents, ticket.currency),
        "price_format": formatting.amount_format(ticket.currency),
        "status": status,
        "status_label": status_label,
        "category": ticket.category or "other",
        "category_label": CATEGORY_LABELS[ticket.category or "other"],
        "month": month,
        "day": day,
        "weekday": weekday,
        "when": formatting.format_event_start(at) if at else "",
        "place": place(ticket),
        "seat": seat(ticket),
        "locked_until": iso(ticket.locked_until),
        "now": iso(ticket.locked_until and utc_now()),
    }


def iso(at: datetime | None) -> str:
    if at is None:
        return ""
    return at.isoformat()


def local_start(ticket: TicketRead) -> datetime | None:
    if ticket.starts_at is None or ticket.timezone is None:
        return None
    return ticket.starts_at.astimezone(ZoneInfo(ticket.timezone))


def parse_price(text: str) -> Decimal | str:
    """Parse a localised price; an invalid text is returned for the API to refuse."""
    number = formatting.parse_amount(text, get_settings().currency)
    if number is None:
        return text
    return number
