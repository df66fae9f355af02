"""Tickets follow their event: when it moves, is merged into another one, or is cancelled.

Each call works on one batch. The caller repeats it, each time in a transaction of its own.
"""

from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.events.rules import EventStatus
from ticketing_app.events.service import events
from ticketing_app.tickets import rules
from ticketing_app.tickets.models import Ticket
from ticketing_app.tickets.repository import event_changes as repository
from ticketing_app.tickets.repository import search
from ticketing_app.tickets.repository.tickets import TicketRow
from ticketing_app.tickets.rules import TicketStatus
from ticketing_app.tickets.service import promises, tickets


class Withdrawal(NamedTuple):
    """Orders that hold tickets of the batch, and whether there may be more tickets."""

    order_ids: list[UUID]
    is_full: bool


async def follow_event(session: AsyncSession, *, event_id: UUID, limit: int) -> bool:
    """Copy place and time of the event to up to `limit` of its tickets; whether there may be more.

    Tickets of a merged event become tickets of its target. Title and price of a locked or sold ticket stay
    (rule 5).
    """
    # The lock waits for a merge in progress, and blocks the next one until this batch is committed.
    event = await events.lock_event(session, event_id=event_id)
    copies = tickets.copies_of_event(event)
    title = copies.pop("title")
    copies["utc_offset_minutes"] = rules.utc_offset_minutes(event.starts_at, event.venue.timezone)
    batch = await repository.lock_batch(session, event_id, limit, repository.differs(**copies))
    if event.id == event_id:
        for row in batch.rows:
            await _change(session, row, copies)
    elif batch.rows:
        await _move(session, batch.rows, copies, title)
        if event.status is EventStatus.CANCELLED:
            await events.repeat_cancellation(session, event_id=event.id)
    return batch.is_full


async def _move(
    session: AsyncSession, rows: list[TicketRow], copies: dict[str, Any], title: str
) -> None:
    """Make the rows, whole listings, tickets of the event that theirs was merged into."""
    ids = [row.ticket.id for row in rows]
    doubles = await repository.list_doubles(session, ids, copies["event_id"])
    for row in rows:
        changes = dict(copies)
        if rules.can_change(TicketStatus(row.ticket.status), is_locked=row.is_locked):
            changes["title"] = title
        if row.ticket.id in doubles:
            # A seller offers a seat of an event once. A running order can still pay for this one.
            changes["status"] = TicketStatus.WITHDRAWN
        await _change(session, row, changes)
    listing_ids = {row.ticket.listing_id for row in rows if row.ticket.listing_id}
    await repository.move_listings(session, listing_ids, copies["event_id"])
    await search.add_search_words(session, ids[0])


async def withdraw_unsold(session: AsyncSession, *, event_id: UUID, limit: int) -> Withdrawal:
    """Withdraw up to `limit` unsold tickets of a cancelled event, with the others of their listings.

    Locked tickets are withdrawn, too: the caller then cancels their orders.
    """
    batch = await repository.lock_batch(session, event_id, limit, repository.is_unsold())
    unsold = [row.ticket for row in batch.rows if TicketStatus(row.ticket.status) in rules.UNSOLD]
    for ticket in unsold:
        ticket.status = TicketStatus.WITHDRAWN
        await tickets.save_new_version(session, ticket)
    await promises.release(session, unsold)
    order_ids = {ticket.order_id for ticket in unsold if ticket.order_id}
    return Withdrawal(sorted(order_ids), batch.is_full)


async def _change(session: AsyncSession, row: TicketRow, changes: dict[str, Any]) -> None:
    ticket: Ticket = row.ticket
    for name, value in changes.items():
        setattr(ticket, name, value)
    promises.follow_start(ticket)
    if row.is_locked:
        # The version of a locked ticket belongs to its order. An event would show it as available.
        await session.flush()
    else:
        await tickets.save_new_version(session, ticket)
