"""My Listings: cards, rows and sums."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from ticketing_app import routes
from ticketing_app.core.clock import utc_now
from ticketing_app.core.formatting import (
    date_parts,
    format_amount,
    format_day,
    format_event_start,
    iso,
)
from ticketing_app.tickets.rules import Availability, DeliveryMethod, has_begun
from ticketing_app.tickets.schemas.listings import OfferSeat, OwnListingRead
from ticketing_app.ui.deliveries import badges
from ticketing_app.ui.listings.queries import Sums
from ticketing_app.ui.listings.split import split_line
from ticketing_app.ui.listings.views import price_input, seat_label, split_choice
from ticketing_app.ui.tickets.views import (
    CATEGORY_LABELS,
    NO_DATE,
    OVER,
    OVER_LABEL,
    TicketStub,
    local_start,
    why_off_sale,
)
from ticketing_app.vault.schemas import FileRead

STATE_LABELS = {
    Availability.AVAILABLE: "For sale",
    Availability.LOCKED: "Being bought",
    Availability.SOLD: "Sold",
    Availability.PAUSED: "Paused",
    Availability.WITHDRAWN: "Withdrawn",
}
MAY_BE_OVER = frozenset({Availability.AVAILABLE, Availability.PAUSED})
UNSOLD = "Nobody bought it before the event began."
TOO_LATE = "It cannot come in time any more."
PAUSE = "Pause"
RESUME = "Resume"
PAUSED = "Paused: buyers do not see it until you resume it. Somebody who is buying right now may still pay."
RESUMED = "For sale again."
MAY_STILL_PAY = "Somebody may still pay for it."
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
    version: int = 0
    price_input: str = ""
    count_line: str = ""
    edit_href: str = ""
    edit_label: str = ""
    withdraw_label: str = ""
    price_label: str = ""
    can_change: bool = False
    can_pause: bool = False
    is_paused: bool = False
    pause_label: str = ""
    rule_line: str = ""
    delivery: str = ""
    is_checked: bool = False
    attached: str = ""
    twice_line: str = ""
    seats: tuple[SeatRow, ...] = ()

    @classmethod
    def from_listing(
        cls,
        listing: OwnListingRead,
        now: datetime,
        relistable_ids: Collection[UUID] = (),
        slug: str = "",
        files: Mapping[UUID, FileRead] | None = None,
    ) -> Self:
        first = listing.seats[0]
        can_sell = listing.quantity > 0 and not has_begun(listing.starts_at, utc_now())
        can_change = can_sell and not any(seat.is_held for seat in listing.seats)
        is_paused = any(seat.status is Availability.PAUSED for seat in listing.seats)
        return cls(
            id=str(listing.id),
            listing_id=str(listing.listing_id or ""),
            version=listing.version,
            href=routes.event_detail(slug) if slug else routes.ticket_detail(first.ticket_id),
            price=format_amount(listing.price_cents, listing.currency),
            price_input=price_input(listing.price_cents),
            count_line="" if why_off_sale(listing) else count_line(listing),
            edit_href=routes.ticket_edit(first.ticket_id) if can_change else "",
            edit_label=f"Edit {listing.title}",
            withdraw_label=f"Withdraw all tickets for {listing.title}",
            price_label=f"Change the price of {listing.title}",
            can_change=can_change,
            can_pause=can_sell and listing.listing_id is not None,
            is_paused=is_paused,
            pause_label=f"{RESUME if is_paused else PAUSE} {listing.title}",
            rule_line=split_line(split_choice(listing)) if can_sell else "",
            delivery=badges.badge(listing.delivery) if can_sell else "",
            is_checked=badges.is_checked(listing.delivery),
            attached=attached_line(listing, files or {}) if can_sell else "",
            twice_line=TWICE if listing.is_listed_twice else "",
            seats=tuple(
                SeatRow.from_seat(seat, listing, now, can_relist=seat.ticket_id in relistable_ids)
                for seat in listing.seats
            ),
            **_event_fields(listing),
        )


def _event_fields(listing: OwnListingRead) -> dict[str, Any]:
    category = listing.category or "other"
    at = local_start(listing)
    month, day, weekday = date_parts(at) if at else NO_DATE
    return {
        "title": listing.title,
        "category": category,
        "category_label": CATEGORY_LABELS[category],
        "month": month,
        "day": day,
        "weekday": weekday,
        "when": format_event_start(at) if at else "",
        "place": ", ".join(part for part in (listing.venue, listing.city) if part),
    }


def _is_over(seat: OfferSeat, listing: OwnListingRead) -> bool:
    """Whether it is too late for a sale."""
    return seat.status in MAY_BE_OVER and bool(why_off_sale(listing))


def count_line(listing: OwnListingRead) -> str:
    """Return how many of several tickets are for sale or paused, like "2 of 4 for sale"."""
    count = len(listing.seats)
    if count == 1:
        return ""
    paused = sum(seat.status is Availability.PAUSED for seat in listing.seats)
    return f"{paused} of {count} paused" if paused else f"{listing.available} of {count} for sale"


def attached_line(listing: OwnListingRead, files: Mapping[UUID, FileRead]) -> str:
    """Return the files of the unsold tickets, like "PDF, 1 barcode", and whether they are frozen."""
    file_ids = listing.delivery.file_ids if listing.delivery else []
    labels = Counter(badges.file_label(files[each]) for each in file_ids if each in files)
    parts = [
        label if count == 1 else f"{count} \N{MULTIPLICATION SIGN} {label}"
        for label, count in labels.items()
    ]
    if parts and listing.delivery and listing.delivery.method is DeliveryMethod.REISSUE:
        parts.append(badges.FROZEN)
    return " · ".join(parts)


def sums_line(sums: Sums) -> str:
    """Return the numbers of all own tickets, like "2 for sale · 1 being bought · $120 sold"."""
    counts = {
        "for sale": sums.counts.for_sale,
        "being bought": sums.counts.held,
        "paused": sums.counts.paused,
    }
    parts = [f"{count} {label}" for label, count in counts.items() if count]
    parts += [
        f"{format_amount(cents, currency)} sold" for currency, cents in (sums.sold or {}).items()
    ]
    return " · ".join(parts)


def stale_price(card: ListingCard) -> str:
    return (
        f"This listing changed meanwhile; a ticket costs {card.price} now. "
        "Press Change again to set your price."
    )


def note(seat: OfferSeat, listing: OwnListingRead, now: datetime) -> str:
    """Return the day of the listing, or the day and price of its sale."""
    listed = f"Listed {format_day(listing.created_at, now)}"
    if _is_over(seat, listing):
        has_passed = has_begun(listing.starts_at, utc_now())
        return f"{listed}. {UNSOLD if has_passed else TOO_LATE}"
    if seat.status is Availability.PAUSED and seat.is_held:
        return f"{listed}. {MAY_STILL_PAY}"
    if seat.status is not Availability.SOLD:
        return listed
    price = format_amount(seat.price_cents, listing.currency)
    if seat.sold_at:
        return f"Sold {format_day(seat.sold_at, now)} for {price}"
    return f"Sold for {price}"
