"""Values and sentences of the event pages."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ticketing_app import routes
from ticketing_app.core import formatting
from ticketing_app.core.clock import utc_now
from ticketing_app.core.settings import get_settings
from ticketing_app.events.rules import EventStatus, slugify
from ticketing_app.events.schemas import EventRead
from ticketing_app.tickets.rules import has_begun
from ticketing_app.tickets.schemas.listings import EventOffers

# The last ones may be held, and come back.
SOLD_OUT = "Sold out for now"
NONE_FOR_SALE = "None for sale right now"
ONE_LEFT = "1 for sale"
MANY_LEFT = "{count} for sale"
CANCELLED = "This event was cancelled. Nothing is for sale any more, and whoever paid has their money on its way back."
BEGUN = "This event has begun, so its tickets are no longer sold."


# The event began.
OVER = "over"


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


def listed_note(count: str) -> str:
    """Return the confirmation after `count` tickets of the event were listed."""
    if not count.isdecimal():
        return ""
    number = int(count[:2])
    return "Your ticket is for sale." if number == 1 else f"Your {number} tickets are for sale."


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
