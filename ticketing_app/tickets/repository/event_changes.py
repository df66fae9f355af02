"""SQL of tickets that follow a change of their event."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, or_, text, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.tickets.models import Listing, Ticket
from ticketing_app.tickets.repository import resale
from ticketing_app.tickets.repository.tickets import TicketRow, is_locked
from ticketing_app.tickets.rules import TicketStatus


class Batch(NamedTuple):
    """Locked tickets in the order of their ids; there may be more if it is full."""

    rows: list[TicketRow]
    is_full: bool


def differs(**values: object) -> ColumnElement[bool]:
    """Match tickets that lack one of these values."""
    return or_(*(getattr(Ticket, name).is_distinct_from(value) for name, value in values.items()))


def is_unsold() -> ColumnElement[bool]:
    return col(Ticket.status).in_([TicketStatus.FOR_SALE, TicketStatus.PAUSED])


async def lock_batch(
    session: AsyncSession, event_id: UUID, limit: int, *conditions: ColumnElement[bool]
) -> Batch:
    """Lock up to `limit` tickets that match, all tickets of their listings, and the seats of all these."""
    query = select(Ticket.id, Ticket.listing_id).where(Ticket.event_id == event_id, *conditions)
    found = (await session.exec(query.order_by(col(Ticket.id)).limit(limit))).all()
    listing_ids = {listing_id for _, listing_id in found if listing_id}
    is_one = or_(
        col(Ticket.id).in_([ticket_id for ticket_id, _ in found]),
        col(Ticket.listing_id).in_(listing_ids),
    )
    ids = (await session.exec(select(Ticket.id).where(is_one))).all()
    # At once, as the end of an order locks the earlier listings of its seats, which have lower ids.
    await resale.lock_seats(session, ids)
    # Read again: the rows may have changed while this transaction waited for them.
    fresh = select(Ticket, is_locked()).where(col(Ticket.id).in_(ids)).order_by(col(Ticket.id))
    rows = await session.exec(fresh.execution_options(populate_existing=True))
    return Batch([TicketRow(*row) for row in rows.all()], len(found) == limit)


async def list_doubles(
    session: AsyncSession, ticket_ids: Sequence[UUID], event_id: UUID
) -> set[UUID]:
    """Return the tickets with a seat that their seller offers at the other event already."""
    statement = text("""
        SELECT t.id FROM tickets t JOIN tickets there
          ON there.event_id = :event_id AND there.seller_id = t.seller_id AND there.id <> t.id
          AND there.status IN ('for_sale', 'paused')
          AND search_key(there.seat) = search_key(t.seat)
          AND search_key(coalesce(there."row", '')) = search_key(coalesce(t."row", ''))
          AND search_key(coalesce(there.section, '')) = search_key(coalesce(t.section, ''))
        WHERE t.id = ANY(:ticket_ids) AND t.status IN ('for_sale', 'paused')
    """)
    values = {"event_id": event_id, "ticket_ids": list(ticket_ids)}
    return set((await (await session.connection()).execute(statement, values)).scalars())


async def move_listings(session: AsyncSession, listing_ids: set[UUID], event_id: UUID) -> None:
    statement = update(Listing).where(col(Listing.id).in_(listing_ids))
    await session.exec(statement.values(event_id=event_id))
