"""Values and sentences of the ticket pages."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from ticketing_app import routes
from ticketing_app.core import formatting
from ticketing_app.core.clock import utc_now
from ticketing_app.core.settings import get_settings
from ticketing_app.orders.schemas import ChainRead, OwnershipStep, OwnershipStepRead
from ticketing_app.tickets.rules import Availability, has_begun, is_too_late, seats_line
from ticketing_app.tickets.schemas.listings import ListingRead, OfferRead
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.ui.deliveries import badges
from ticketing_app.ui.events.offers import OfferRow, offer_rows
from ticketing_app.ui.events.views import EventHead
from ticketing_app.ui.labels import CATEGORY_LABELS, YOURS, YOURS_LABEL
from ticketing_app.ui.purchases.views import Offer
from ticketing_app.ui.tickets.sets import (
    APART,
    QuantityChoice,
    best_of,
    offer_of,
    quantity_choices,
    set_line,
)

STATUS_LABELS = {
    Availability.AVAILABLE: "Available",
    Availability.LOCKED: "Locked",
    Availability.SOLD: "Sold",
    Availability.PAUSED: "Paused",
    Availability.WITHDRAWN: "Withdrawn",
}
# Unsold when its event began.
OVER = "over"
OVER_LABEL = "Off sale"
OWNERSHIP_LABELS = {
    (OwnershipStep.LISTED, False): "Listed by its first seller",
    (OwnershipStep.LISTED, True): "Listed by you",
    (OwnershipStep.LISTED_AGAIN, False): "Listed again",
    (OwnershipStep.LISTED_AGAIN, True): "Listed again by you",
    (OwnershipStep.BOUGHT, False): "Bought",
    (OwnershipStep.BOUGHT, True): "Bought by you",
    (OwnershipStep.GIVEN, False): "Given to a friend",
    (OwnershipStep.GIVEN, True): "Given to you",
    (OwnershipStep.OPENED, False): "Opened",
}
# Confirmations for the seller, by the `done` parameter of the address.
NOTES = {"listed": "Your ticket is for sale.", "saved": "Your changes are saved."}
WITHDRAWN = "Your listing is off sale. Nobody can buy it any more."
HOLD_NOTE = "Purchase locks the ticket for you while you pay. You are not charged yet."
HOLD_NOTE_SEVERAL = "Purchase locks the tickets for you while you pay. You are not charged yet."
# Offers of the same event on the page of a ticket.
MAX_OTHERS = 4
TWO = 2
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
    chain_line: str = ""
    delivery: str = ""
    is_checked: bool = False
    promise: tuple[str, ...] = ()
    can_buy: bool = False
    can_wait: bool = False
    can_change: bool = False
    my_order_href: str = ""
    reason: str = ""
    share_line: str = ""
    available_line: str = ""
    hold_note: str = ""
    # Sold in one set of several tickets only.
    is_set: bool = False
    # The purchase form, in which the buyer may choose the quantity.
    key: str = ""
    fields: dict[str, str] = field(default_factory=dict[str, str])
    choices: tuple[QuantityChoice, ...] = ()
    has_choices: bool = False

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
            self.delivery,
        )

    @classmethod
    def from_ticket_for(
        cls, ticket: TicketRead, viewer_id: object, listing: ListingRead | None = None
    ) -> "TicketDetail":
        """Return the ticket; `listing` is its own, which sets the quantities to buy."""
        is_mine = ticket.seller_id == viewer_id
        is_my_order = ticket.order_id is not None and not is_mine
        why_not = reason(ticket, is_mine=is_mine, is_my_order=is_my_order)
        if listing and not why_not and not listing.quantities:
            why_not = APART
        is_held_by_me = is_my_order and ticket.status is Availability.LOCKED
        values = _stub_values(ticket)
        variant, badge_label = _badge(ticket, is_held_by_viewer=is_held_by_me)
        values |= {
            "variant": variant,
            "badge_label": badge_label,
            "price_line": f"Price - {values['price']}",
            "status_line": f"Status - {values['status_label']}",
            "description": ticket.description or "",
            "face_value_line": face_value_line(ticket),
            "delivery": badges.badge(ticket.delivery),
            "is_checked": badges.is_checked(ticket.delivery),
            "promise": tuple(badges.promise_lines(ticket.delivery)),
            "can_buy": not why_not,
            "can_wait": ticket.status is Availability.LOCKED and not (is_mine or is_my_order),
            "can_change": is_mine and ticket.status is Availability.AVAILABLE,
            "my_order_href": routes.order_detail(ticket.order_id or "") if is_my_order else "",
            "reason": why_not,
            "share_line": share_line(ticket),
            "available_line": f"{ticket.title} is available again",
        }
        return cls(**values | _purchase_values(ticket, None if why_not else listing))


def _purchase_values(ticket: TicketRead, listing: ListingRead | None) -> dict[str, Any]:
    """Return the values of the purchase; of one ticket without a listing that offers others, too."""
    if listing is None or listing.quantities == [1]:
        offer = Offer(ticket_id=ticket.id, price_cents=ticket.price_cents)
        return {"key": offer.key, "fields": offer.fields, "hold_note": HOLD_NOTE}
    offer = offer_of(listing, ticket.id)
    choices = quantity_choices(listing)
    values = {
        "key": offer.key,
        "fields": offer.fields,
        "hold_note": HOLD_NOTE_SEVERAL,
        "choices": tuple(choices),
        "has_choices": bool(choices),
    }
    if choices:
        return values
    return values | {
        "is_set": True,
        "price_line": set_line(offer.quantity, offer.price_cents, listing.currency),
        "seat": seats_line(best_of(listing, offer.quantity)),
    }


@dataclass(frozen=True)
class NightView:
    """The event of a ticket; `more_line` is empty without other tickets for sale."""

    href: str = ""
    all_line: str = ""
    more_line: str = ""
    has_other_dates: bool = False

    @classmethod
    def from_event(cls, event: EventHead, *, own_left: int, has_other_dates: bool) -> "NightView":
        """`own_left` tickets are offered by the page itself."""
        more = event.left - own_left
        number = formatting.format_number(event.left)
        return cls(
            href=event.href,
            all_line=f"All {number} tickets for this night" if event.left > 1 else "See the event",
            more_line=f"{formatting.format_number(more)} more for this night" if more > 0 else "",
            has_other_dates=has_other_dates,
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


def chain_line(chain: ChainRead | None, now: datetime) -> str:
    """Return the history in short, like "3 owners, never opened"; empty for a first listing."""
    if chain is None or chain.owners < TWO:
        return ""
    owners = f"{chain.owners} owners"
    if chain.opened_at:
        return f"{owners}, opened on {formatting.format_day(chain.opened_at, now)}"
    return f"{owners}, never opened" if chain.is_sealed else owners


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


def other_offers(
    offers: Iterable[OfferRead], ticket: TicketRead, viewer_id: object
) -> list[OfferRow]:
    """Return the cheapest offers of the event that the page of this ticket does not make itself."""
    is_offered = ticket.status is Availability.AVAILABLE
    others = [
        offer
        for offer in offers
        if offer.quantities
        and not (is_offered and any(seat.ticket_id == ticket.id for seat in offer.seats))
    ]
    return offer_rows(others[:MAX_OTHERS], viewer_id, utc_now())


def face_value_line(ticket: TicketRead) -> str:
    """Return the face value compared with the price, like "11% below the face value of $45"."""
    if ticket.face_value_cents is None:
        return ""
    amount = formatting.format_amount(ticket.face_value_cents, ticket.currency)
    percent = round(100 * (ticket.price_cents / ticket.face_value_cents - 1))
    if percent == 0:
        return f"Face value {amount}"
    return f"{abs(percent)}% {'below' if percent < 0 else 'above'} the face value of {amount}"


def reason(ticket: TicketRead, *, is_mine: bool, is_my_order: bool) -> str:
    """Return why this viewer cannot buy, empty if they can."""
    if is_my_order:
        if ticket.status is Availability.LOCKED:
            return "You hold this ticket."
        return "You bought it."
    if is_over(ticket):
        why = why_off_sale(ticket)
        return f"This is your own listing. {why}" if is_mine else why
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
    """Whether it is too late for a sale."""
    return ticket.status is Availability.AVAILABLE and bool(why_off_sale(ticket))


def why_off_sale(offer: TicketRead | ListingRead) -> str:
    """Return why it is too late to buy, empty if it is not."""
    if has_begun(offer.starts_at, utc_now()):
        return "The event has begun, so this ticket is no longer sold."
    if offer.delivery and is_too_late(offer.delivery.sellable_until, utc_now()):
        return "This ticket cannot come in time any more, so it is no longer sold."
    return ""


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
        "locked_until": formatting.iso(ticket.locked_until),
        "now": formatting.iso(ticket.locked_until and utc_now()),
    }


def local_start(ticket: TicketRead | ListingRead) -> datetime | None:
    if ticket.starts_at is None or ticket.timezone is None:
        return None
    return ticket.starts_at.astimezone(ZoneInfo(ticket.timezone))


def parse_price(text: str) -> Decimal | str:
    """Parse a localised price; an invalid text is returned for the API to refuse."""
    number = formatting.parse_amount(text, get_settings().currency)
    if number is None:
        return text
    return number
