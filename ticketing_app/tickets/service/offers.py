"""Offers of events: what a buyer chooses from."""

from collections.abc import Collection, Iterable
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.tickets.models import Ticket
from ticketing_app.tickets.repository import offers as repository
from ticketing_app.tickets.repository.offers import OfferRow
from ticketing_app.tickets.rules import Availability, Split, quantities
from ticketing_app.tickets.schemas.listings import (
    EventOffers,
    OfferRead,
    OfferSeat,
    SeatListedTwice,
)
from ticketing_app.tickets.service import promises, tickets


class PublicOffers(NamedTuple):
    """`insiders` are the sellers and holders of the tickets: they see their orders, too."""

    items: list[OfferRead]
    insiders: frozenset[UUID]


UNSOLD = frozenset({Availability.AVAILABLE, Availability.LOCKED, Availability.PAUSED})


async def list_event_offers(
    session: AsyncSession, *, event_id: UUID, viewer_id: UUID | None = None
) -> list[OfferRead]:
    """Return the offers of an event, the cheapest first; locked tickets are included."""
    return _to_offers(await repository.list_by_event(session, event_id), viewer_id)


async def list_public_offers(session: AsyncSession, *, event_id: UUID) -> PublicOffers:
    """Return the offers of an event as strangers see them."""
    rows = await repository.list_by_event(session, event_id)
    insiders = {each for row in rows for each in (row.ticket.seller_id, row.ticket.holder_id)}
    return PublicOffers(_to_offers(rows, None), frozenset(filter(None, insiders)))


def find_next_change(found: Iterable[OfferRead]) -> datetime | None:
    """Return the earliest time at which a lease ends or a sale is over by itself, if there is one."""
    offers = list(found)
    leases = [seat.locked_until for offer in offers for seat in offer.seats]
    sales = [offer.delivery.sellable_until for offer in offers if offer.delivery]
    return min(filter(None, (*leases, *sales)), default=None)


def _to_offers(rows: list[OfferRow], viewer_id: UUID | None) -> list[OfferRead]:
    groups = [
        list(group)
        for _, group in groupby(rows, key=lambda row: row.ticket.listing_id or row.ticket.id)
    ]
    if len(rows) == repository.MAX_TICKETS_READ:
        # Only a part of the last listing may have been read.
        groups.pop()
    return [
        OfferRead(listing_id=seats[0].ticket.listing_id, **offer_fields(seats, viewer_id))
        for seats in groups
    ]


async def summarize_events(
    session: AsyncSession, *, event_ids: Collection[UUID]
) -> dict[UUID, EventOffers]:
    """Return a summary for each of these events, also without offers."""
    found = await repository.summarize_events(session, list(event_ids))
    return {summary.event_id: summary for summary in found}


async def list_event_ids(
    session: AsyncSession, *, ticket_ids: Collection[UUID]
) -> dict[UUID, UUID]:
    """Return the events of these tickets, by ticket; those without an event are left out."""
    return await repository.list_event_ids(session, ticket_ids)


async def list_listed_twice(session: AsyncSession, *, limit: int) -> list[SeatListedTwice]:
    """Return seats of coming events that several sellers offer, for operators."""
    return await repository.list_listed_twice(session, limit)


def offer_fields(rows: list[OfferRow], viewer_id: UUID | None) -> dict[str, Any]:
    """Return the fields that an offer and a listing share; `rows` are of one listing, in seat order."""
    seats = [_seat(row, viewer_id) for row in rows]
    first = _first_unsold(rows, seats)
    listing = rows[0].listing
    split = Split(listing.split) if listing else Split.ANY
    is_side_by_side = listing.is_side_by_side if listing else False
    available = [seat.position for seat in seats if seat.status is Availability.AVAILABLE]
    return {
        "split": split,
        "is_side_by_side": is_side_by_side,
        "seats": seats,
        "available": len(available),
        "quantities": quantities(split, available, is_side_by_side=is_side_by_side),
        "quantity": sum(seat.status in UNSOLD for seat in seats),
        "delivery": promises.to_read(_promised(rows, seats), viewer_id),
        "is_listed_twice": any(seat.is_listed_twice for seat in seats),
        "event_id": first.ticket.event_id,
        "price_cents": first.ticket.price_cents,
        "currency": first.ticket.currency,
        "seller_id": first.ticket.seller_id,
        "face_value_cents": first.ticket.face_value_cents,
        "description": first.ticket.description,
    }


def _promised(rows: list[OfferRow], seats: list[OfferSeat]) -> list[Ticket]:
    unsold = [row.ticket for row, seat in zip(rows, seats, strict=True) if seat.status in UNSOLD]
    return unsold or [row.ticket for row in rows]


def _first_unsold(rows: list[OfferRow], seats: list[OfferSeat]) -> OfferRow:
    # Edits change unsold tickets only, so the others may have an earlier price.
    unsold = (row for row, seat in zip(rows, seats, strict=True) if seat.status in UNSOLD)
    return next(unsold, rows[0])


def _seat(row: OfferRow, viewer_id: UUID | None) -> OfferSeat:
    ticket = row.ticket
    lease = tickets.visible_lease(ticket, viewer_id, is_locked=row.is_locked)
    return OfferSeat(
        ticket_id=ticket.id,
        section=ticket.section,
        row=ticket.row,
        seat=ticket.seat,
        version=ticket.version,
        price_cents=ticket.price_cents,
        is_listed_twice=row.is_listed_twice,
        sold_at=ticket.sold_at if ticket.seller_id == viewer_id else None,
        is_held=row.is_locked,
        position=ticket.position or 0,
        **lease,
    )
