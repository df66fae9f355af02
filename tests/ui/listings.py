"""Listings of a seller, as read by My Listings."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.tickets.rules import Availability, Split
from ticketing_app.tickets.schemas.listings import OfferSeat, OwnListingRead
from ticketing_app.tickets.service.offers import UNSOLD

SignIn = Callable[[UserRead], Awaitable[str]]
NOW = datetime(2027, 11, 3, 20, tzinfo=UTC)


def seat(**changes: Any) -> OfferSeat:  # noqa: ANN401  # any field
    facts: dict[str, Any] = dict.fromkeys(OfferSeat.model_fields)
    facts |= {
        "ticket_id": db.new_id(),
        "status": Availability.AVAILABLE,
        "version": 1,
        "price_cents": 4000,
        "is_listed_twice": False,
        "position": 1,
        "is_held": False,
    }
    return OfferSeat(**facts | changes)


def listing(*seats: OfferSeat, **changes: Any) -> OwnListingRead:  # noqa: ANN401  # any field
    offered = list(seats or (seat(),))
    facts: dict[str, Any] = dict.fromkeys(OwnListingRead.model_fields)
    facts |= {
        "id": db.new_id(),
        "seller_id": db.new_id(),
        "title": "Kites",
        "price_cents": 4000,
        "currency": "usd",
        "split": Split.ANY,
        "is_side_by_side": False,
        "seats": offered,
        "available": sum(each.status is Availability.AVAILABLE for each in offered),
        "quantities": [],
        "quantity": sum(each.status in UNSOLD for each in offered),
        "is_listed_twice": False,
        "version": 1,
        "created_at": NOW,
    }
    return OwnListingRead(**facts | changes)
