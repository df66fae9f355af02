"""Leases of tickets: called by orders in its transactions. A lease is that of all tickets of an order."""

from collections.abc import Collection, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.errors import AppError
from ticketing_app.tickets.models import Ticket
from ticketing_app.tickets.repository import resale
from ticketing_app.tickets.repository import tickets as repository
from ticketing_app.tickets.rules import UNSOLD, TicketStatus, availability
from ticketing_app.tickets.schemas.leases import (
    HoldableListing,
    HoldableTicket,
    ListedTicket,
    SeatName,
    TicketLease,
)
from ticketing_app.tickets.service import promises, tickets


class ListingNotFoundError(AppError):
    status = HTTPStatus.NOT_FOUND
    message = "We could not find this offer. It may have been taken down."


async def lock_seats(session: AsyncSession, *, ticket_ids: Sequence[UUID]) -> None:
    """Lock these tickets with the rest of their listings, and the other listings of their seats."""
    # Every transaction locks tickets before orders, in the order of their ids, to avoid deadlocks. A hold
    # judges by all tickets of a listing. The refund of an earlier sale ends a later listing.
    if ticket_ids:
        await resale.lock_seats(session, ticket_ids)


async def lock_free(session: AsyncSession, *, ticket_ids: Collection[UUID]) -> set[UUID]:
    """Lock those of these tickets that no other transaction has locked, without waiting."""
    return await repository.lock_free(session, ticket_ids)


async def extend_lease(
    session: AsyncSession, *, ticket_ids: Sequence[UUID], order_id: UUID, until: datetime
) -> list[TicketLease]:
    """Extend the running lease of this order; empty if it has ended or a ticket is another order's."""
    return _leases(await repository.move_lease(session, ticket_ids, order_id, until))


async def keep_for_capture(
    session: AsyncSession, *, ticket_ids: Sequence[UUID], order_id: UUID
) -> list[TicketLease]:
    """Remove the end of the running lease of this order; empty as in `extend_lease`."""
    return _leases(await repository.move_lease(session, ticket_ids, order_id, repository.NEVER_AT))


async def mark_sold(
    session: AsyncSession, *, ticket_ids: Sequence[UUID], order_id: UUID
) -> list[TicketLease]:
    """Sell all tickets to this order; empty if one is another order's or relisted already."""
    changes: dict[str, object] = {
        "status": TicketStatus.SOLD,
        "locked_until": None,
        "sold_at": repository.NOW,
    }
    try:
        async with session.begin_nested() as savepoint:
            sold = await repository.change_leases(session, ticket_ids, order_id, changes)
            if len(sold) == len(ticket_ids):
                return _leases(sold)
            await savepoint.rollback()
    except IntegrityError:
        # Only the previous version of the program relists a ticket while an earlier listing may be paid.
        return []
    return []


async def withdraw(session: AsyncSession, *, ticket_ids: Collection[UUID], order_id: UUID) -> None:
    """Take the tickets that are this order's off sale and end their lease."""
    changes: dict[str, object] = {
        "status": TicketStatus.WITHDRAWN,
        "order_id": None,
        "holder_id": None,
        "locked_until": None,
    }
    withdrawn = await repository.change_leases(session, ticket_ids, order_id, changes)
    for row in withdrawn:
        tickets.record_update(session, row)
    await promises.release(session, withdrawn)


async def release(
    session: AsyncSession, *, ticket_ids: Collection[UUID], order_id: UUID
) -> list[TicketLease]:
    """End the lease of the tickets that are this order's still; return these."""
    changes: dict[str, object] = {"order_id": None, "holder_id": None, "locked_until": None}
    return _leases(await repository.change_leases(session, ticket_ids, order_id, changes))


async def release_all(
    session: AsyncSession, *, ticket_ids: Collection[UUID], order_ids: Collection[UUID]
) -> dict[UUID, TicketLease]:
    """End the lease of the tickets that belong to one of these orders still; return them by id."""
    rows = await repository.release_all(session, ticket_ids, order_ids)
    return {
        row.id: TicketLease(
            row.id, row.version, row.seller_id, row.event_id, TicketStatus(row.status), None
        )
        for row in rows
    }


async def list_seat_names(
    session: AsyncSession, *, ticket_ids: Collection[UUID]
) -> dict[UUID, SeatName]:
    """Return section, row and seat of these tickets."""
    rows = await repository.list_by_ids(session, ticket_ids)
    return {row.id: SeatName(section=row.section, row=row.row, seat=row.seat) for row in rows}


async def list_listing_ids(
    session: AsyncSession, *, ticket_ids: Collection[UUID]
) -> set[UUID | None]:
    """Return the listings of these tickets; raises TicketNotFoundError if there is not each of them."""
    rows = await repository.list_by_ids(session, ticket_ids)
    if len(rows) < len(ticket_ids):
        raise tickets.TicketNotFoundError
    return {row.listing_id for row in rows}


async def get_lapsed_order_id(session: AsyncSession, *, ticket_id: UUID) -> UUID | None:
    """Return the order that held this ticket of a listing until its lease ended."""
    row = await repository.get_ticket(session, ticket_id)
    if row is None or row.ticket.listing_id is None or row.ticket.status not in UNSOLD:
        return None
    return None if row.is_locked else row.ticket.order_id


async def get_ticket(session: AsyncSession, *, ticket_id: UUID) -> HoldableTicket:
    """Raises TicketNotFoundError if there is none with this id."""
    row = await repository.get_holdable(session, ticket_id)
    if row is None:
        raise tickets.TicketNotFoundError
    return HoldableTicket.model_validate(_holdable(row))


async def get_listing(session: AsyncSession, *, listing_id: UUID) -> HoldableListing:
    """Raises ListingNotFoundError if there is none with this id."""
    rows = await repository.list_holdable(session, listing_id)
    if not rows:
        raise ListingNotFoundError
    return HoldableListing(
        id=listing_id,
        seller_id=rows[0]["seller_id"],
        split=rows[0]["split"],
        is_side_by_side=rows[0]["is_side_by_side"],
        version=rows[0]["listing_version"],
        tickets=[_listed_ticket(nth, row) for nth, row in enumerate(rows)],
    )


def _listed_ticket(nth: int, row: RowMapping) -> ListedTicket:
    position = nth if row["position"] is None else row["position"]
    return ListedTicket.model_validate({**_holdable(row), "position": position})


def _holdable(row: RowMapping) -> dict[str, Any]:
    status = availability(TicketStatus(row["status"]), is_locked=row["is_locked"])
    return {**row, "status": status}


def _leases(rows: Sequence[Ticket]) -> list[TicketLease]:
    return [
        TicketLease(
            id=row.id,
            version=row.version,
            seller_id=row.seller_id,
            event_id=row.event_id,
            status=TicketStatus(row.status),
            locked_until=row.locked_until if repository.has_end(row.locked_until) else None,
        )
        for row in rows
    ]
