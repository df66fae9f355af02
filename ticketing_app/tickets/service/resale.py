"""Resale: the listings and owners of one seat. Called by orders, which know whether a sale is valid."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.logging import get_logger
from ticketing_app.tickets.repository import resale as repository
from ticketing_app.tickets.repository.resale import SeatRows
from ticketing_app.tickets.rules import TicketStatus
from ticketing_app.tickets.schemas.resale import ChainListing, Seat, SeatListing
from ticketing_app.tickets.service import tickets

log = get_logger()


async def list_seats(session: AsyncSession, *, ticket_ids: list[UUID]) -> list[Seat]:
    """Return the seats of the sold ones among these tickets, in any order."""
    return [_seat(rows) for rows in await repository.list_seats(session, ticket_ids)]


async def find_sold(session: AsyncSession, *, file_id: UUID) -> UUID | None:
    """Return the ticket with this file that was sold last."""
    return await repository.find_sold(session, file_id)


def _seat(found: SeatRows) -> Seat:
    listings = [(row.status, SeatListing(**row.model_dump())) for row in found.rows]
    active = [listing for status, listing in listings if status != TicketStatus.SOLD]
    return Seat(
        ticket_id=found.ticket_id,
        sold=[listing for status, listing in listings if status == TicketStatus.SOLD],
        listed=next(iter(active), None),
    )


async def end_relisting(session: AsyncSession, *, ticket_id: UUID) -> None:
    """Take a listing off sale because its seller has lost the ticket."""
    # A hold promises the buyer time to pay: the listing stays active until the hold ends, and does not
    # return to sale afterwards.
    row = await repository.get_listing_for_update(session, ticket_id)
    if row is None:
        return
    row.status = TicketStatus.WITHDRAWN
    await tickets.save_new_version(session, row)
    log.info("ticket.relisting_ended", ticket_id=str(row.id), is_held=row.locked_until is not None)


async def list_chain(session: AsyncSession, *, ticket_id: UUID) -> list[ChainListing]:
    """Return the listings of the same seat, oldest first; of withdrawn ones only this ticket."""
    rows = await repository.list_ownership(session, ticket_id)
    # The holder of an unsold ticket is not an owner yet.
    return [
        ChainListing(
            **row.model_dump(exclude={"holder_id"}),
            buyer_id=row.holder_id if row.status == TicketStatus.SOLD else None,
        )
        for row in rows
    ]
