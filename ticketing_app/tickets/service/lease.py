"""Leases of tickets: called by orders in its transactions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.tickets.models import Ticket
from ticketing_app.tickets.repository import resale
from ticketing_app.tickets.repository import tickets as repository
from ticketing_app.tickets.rules import TicketStatus
from ticketing_app.tickets.schemas import TicketLease
from ticketing_app.tickets.service import tickets


async def lock_seat(session: AsyncSession, *, ticket_id: UUID) -> None:
    # Every transaction locks tickets before orders, to avoid deadlocks. The refund of an earlier sale
    # and a later listing of the same seat serialise on its first listing.
    await resale.lock_listings(session, ticket_id)


async def extend_lease(
    session: AsyncSession, *, ticket_id: UUID, order_id: UUID, until: datetime
) -> TicketLease | None:
    """Extend this order's running lease; None if it has ended or belongs to another order."""
    changes: dict[str, object] = {"locked_until": until}
    return _lease(await repository.change_running_lease(session, ticket_id, order_id, changes))


async def keep_for_capture(
    session: AsyncSession, *, ticket_id: UUID, order_id: UUID
) -> TicketLease | None:
    """Remove the end of this order's running lease; None if it has ended or is another order's."""
    changes: dict[str, object] = {"locked_until": repository.NEVER_AT}
    return _lease(await repository.change_running_lease(session, ticket_id, order_id, changes))


async def mark_sold(
    session: AsyncSession, *, ticket_id: UUID, order_id: UUID
) -> TicketLease | None:
    """Sell the ticket to this order; None if it is another order's or relisted already."""
    changes: dict[str, object] = {
        "status": TicketStatus.SOLD,
        "locked_until": None,
        "sold_at": repository.NOW,
    }
    try:
        async with session.begin_nested():
            return _lease(await repository.change_lease(session, ticket_id, order_id, changes))
    except IntegrityError:
        # Only the previous version of the program relists a ticket while an earlier listing may be paid.
        return None


async def withdraw(session: AsyncSession, *, ticket_id: UUID, order_id: UUID) -> None:
    """Take this order's ticket off sale and end its lease, unless it is another order's."""
    changes: dict[str, object] = {
        "status": TicketStatus.WITHDRAWN,
        "order_id": None,
        "holder_id": None,
        "locked_until": None,
    }
    row = await repository.change_lease(session, ticket_id, order_id, changes)
    if row is not None:
        tickets.record_update(session, row)


async def release(session: AsyncSession, *, ticket_id: UUID, order_id: UUID) -> TicketLease | None:
    """End this order's lease; None if the ticket is another order's by now."""
    changes: dict[str, object] = {"order_id": None, "holder_id": None, "locked_until": None}
    return _lease(await repository.change_lease(session, ticket_id, order_id, changes))


async def lock_lapsed(session: AsyncSession, *, limit: int) -> list[UUID]:
    """Lock up to `limit` tickets with an ended lease; return the orders that held them."""
    rows = await repository.list_lapsed_for_update(session, limit)
    return [row.order_id for row in rows if row.order_id]


async def get_expiry_lag_seconds(session: AsyncSession) -> float:
    """Return the age of the oldest ended lease that is not closed yet, 0 without any."""
    # Affects only the pages: the hold itself compares with the database clock.
    lapsed = await repository.measure_lapsed(session)
    return lapsed.total_seconds() if lapsed else 0.0


def _lease(row: Ticket | None) -> TicketLease | None:
    if row is None:
        return None
    return TicketLease(
        version=row.version,
        seller_id=row.seller_id,
        status=TicketStatus(row.status),
        locked_until=row.locked_until if repository.has_end(row.locked_until) else None,
    )
