"""Offers of an event without a database."""

from datetime import UTC, datetime, timedelta
from typing import Any

from ticketing_app.core.db import new_id
from ticketing_app.events.rules import EventStatus
from ticketing_app.events.schemas import EventRead, VenueRead
from ticketing_app.tickets.rules import Availability, Split, quantities
from ticketing_app.tickets.schemas.listings import EventOffers, OfferRead, OfferSeat

STARTS_AT = datetime(2097, 12, 5, 19, 30, tzinfo=UTC)
VIEWER = new_id()


def event(**fields: Any) -> EventRead:  # noqa: ANN401  # any field, as below.
    venue = VenueRead(
        id=new_id(),
        slug="lantern-hall-london",
        name="Lantern Hall",
        city="London",
        country="GB",
        timezone="Europe/London",
        latitude=None,
        longitude=None,
    )
    facts: dict[str, Any] = {
        "id": new_id(),
        "slug": "velvet-meridian-london-2097-12-05",
        "title": "Velvet Meridian",
        "category": "concert",
        "venue": venue,
        "starts_local": STARTS_AT.replace(tzinfo=None),
        "starts_at": STARTS_AT,
        "status": EventStatus.SCHEDULED,
        "version": 1,
    }
    return EventRead(**facts | fields)


def summary(of: EventRead, **fields: Any) -> EventOffers:  # noqa: ANN401
    facts = {
        "from_cents": 4250,
        "currency": "usd",
        "available": 7,
        "sold": 5,
    }
    return EventOffers.model_validate({"event_id": of.id, **facts, **fields})


def seat(**fields: Any) -> OfferSeat:  # noqa: ANN401
    facts: dict[str, Any] = {
        "ticket_id": new_id(),
        "section": "Stalls",
        "row": "F",
        "seat": "12",
        "status": Availability.AVAILABLE,
        "locked_until": None,
        "order_id": None,
        "version": 1,
        "price_cents": 6800,
        "is_listed_twice": False,
    }
    return OfferSeat(**facts | fields)


def held_seat(**fields: Any) -> OfferSeat:  # noqa: ANN401
    until = datetime.now(UTC) + timedelta(minutes=12)
    return seat(status=Availability.LOCKED, locked_until=until, **fields)


def row_of_seats(*statuses: Availability, start: int = 12) -> list[OfferSeat]:
    """Return neighbouring seats, from the number `start` on."""
    until = datetime.now(UTC) + timedelta(minutes=12)
    return [
        seat(
            seat=str(start + position),
            position=position,
            status=status,
            locked_until=until if status is Availability.LOCKED else None,
        )
        for position, status in enumerate(statuses)
    ]


def listing(*seats: OfferSeat, split: Split = Split.ANY, **fields: Any) -> OfferRead:  # noqa: ANN401
    """Return an offer of several tickets side by side, with the numbers that can be bought."""
    is_side_by_side = fields.pop("is_side_by_side", True)
    available = [each.position for each in seats if each.status is Availability.AVAILABLE]
    possible = quantities(split, available, is_side_by_side=is_side_by_side)
    facts: dict[str, Any] = {
        "listing_id": new_id(),
        "split": split,
        "is_side_by_side": is_side_by_side,
        "available": len(available),
        "quantities": possible,
    }
    return offer(*seats, **facts | fields)


def offer(*seats: OfferSeat, price: int = 68, **fields: Any) -> OfferRead:  # noqa: ANN401
    facts: dict[str, Any] = {
        "listing_id": None,
        "event_id": None,
        "price_cents": price * 100,
        "currency": "usd",
        "seller_id": new_id(),
        "split": Split.ANY,
        "is_side_by_side": False,
        "seats": list(seats) or [seat()],
        "available": 1,
        "quantities": [1],
        "quantity": 1,
        "face_value_cents": None,
        "description": None,
        "is_listed_twice": False,
    }
    return OfferRead(**facts | fields)
