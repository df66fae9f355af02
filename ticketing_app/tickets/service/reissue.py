"""Promise of a re-issue: made for listed files once the issuer has frozen their tickets."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.clock import utc_now
from ticketing_app.tickets import rules
from ticketing_app.tickets.models import Ticket
from ticketing_app.tickets.repository import promises as promises_repository
from ticketing_app.tickets.repository import resale
from ticketing_app.tickets.repository import tickets as repository
from ticketing_app.tickets.repository.tickets import TicketRow
from ticketing_app.tickets.rules import UNSOLD, DeliveryMethod, TicketStatus
from ticketing_app.tickets.service import promises, tickets

WITH_FILE = (DeliveryMethod.FILE, DeliveryMethod.REISSUE)


class Offer(NamedTuple):
    """A ticket with a file; `can_promise` is false if the event is too near for a re-issue."""

    file_id: UUID
    status: TicketStatus
    order_id: UUID | None
    can_promise: bool
    sellable_until: datetime | None


class Promised(StrEnum):
    YES = "yes"
    NO = "no"
    LATER = "later"  # A buyer holds a ticket of the listing: its promise must not change now.


async def find_offer(session: AsyncSession, *, ticket_id: UUID) -> Offer | None:
    """Return the ticket if it is listed or sold with a file."""
    found = await repository.get_ticket(session, ticket_id)
    row = found.ticket if found else None
    if row is None or row.vault_file_id is None or row.delivery_method not in WITH_FILE:
        return None
    return Offer(
        file_id=row.vault_file_id,
        status=TicketStatus(row.status),
        order_id=row.order_id,
        can_promise=_can_promise(row),
        sellable_until=rules.sellable_until(DeliveryMethod.REISSUE, row.starts_at),
    )


async def list_listed_files(session: AsyncSession, *, ticket_id: UUID) -> list[UUID]:
    """Return the files of the unsold tickets of this listing."""
    found = await repository.get_ticket(session, ticket_id)
    rows = await _list_unsold(session, found) if found else []
    return [row.ticket.vault_file_id for row in rows if row.ticket.vault_file_id]


async def promise_reissue(
    session: AsyncSession, *, ticket_id: UUID, file_ids: Collection[UUID]
) -> Promised:
    """Promise the re-issue of the unsold tickets of this listing, if all have one of these frozen files."""
    found = await repository.get_ticket_for_update(session, ticket_id)
    if found is None:
        return Promised.NO
    unsold = await _list_unsold(session, found)
    if not unsold or any(
        row.ticket.vault_file_id not in file_ids or not _can_promise(row.ticket) for row in unsold
    ):
        return Promised.NO
    # An ended lease may still be paid in its grace; it is closed with all tickets of the listing.
    if any(row.is_locked or row.ticket.order_id for row in unsold):
        return Promised.LATER
    for row in unsold:
        if row.ticket.delivery_method != DeliveryMethod.REISSUE:
            row.ticket.delivery_method = DeliveryMethod.REISSUE
            promises.follow_start(row.ticket)
            await tickets.save_new_version(session, row.ticket)
    return Promised.YES


async def _list_unsold(session: AsyncSession, found: TicketRow) -> list[TicketRow]:
    rows = [found]
    if found.ticket.listing_id:
        rows = await repository.list_by_listing(session, found.ticket.listing_id)
    return [row for row in rows if row.ticket.status in UNSOLD]


def _can_promise(row: Ticket) -> bool:
    until = rules.sellable_until(DeliveryMethod.REISSUE, row.starts_at)
    return row.delivery_method in WITH_FILE and not rules.is_too_late(until, utc_now())


async def replace_file(
    session: AsyncSession, *, ticket_id: UUID, from_id: UUID, to_id: UUID
) -> None:
    """Put the re-issued file in the place of the old one, in each listing of its seat."""
    await resale.lock_seats(session, [ticket_id])
    rows = [row for seat in await resale.list_seats(session, [ticket_id]) for row in seat.rows]
    rows += await promises_repository.list_offered(session, [from_id])
    for row in rows:
        if row.vault_file_id == from_id:
            row.vault_file_id = to_id
    await session.flush()
