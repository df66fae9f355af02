"""SQL of all tickets of a seller."""

from collections.abc import Collection
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.tickets.models import Ticket
from ticketing_app.tickets.repository import resale
from ticketing_app.tickets.repository.tickets import TicketRow, is_locked
from ticketing_app.tickets.rules import UNSOLD, TicketStatus


class Sales(NamedTuple):
    """Tickets of a seller that belong to an order."""

    is_any_locked: bool
    is_any_coming: bool  # Sold, and the event has not begun.
    order_ids: list[UUID]


async def read_sales(session: AsyncSession, seller_id: UUID, undated: timedelta) -> Sales:
    """Return the sales of a seller; a sale without a date counts as coming for `undated`."""
    is_sold = col(Ticket.status) == TicketStatus.SOLD
    is_coming = or_(
        col(Ticket.starts_at) > func.now(),
        and_(
            col(Ticket.starts_at).is_(None),
            col(Ticket.sold_at) > func.now() - undated,
        ),
    )
    query = select(Ticket.order_id, and_(is_locked(), ~is_sold), and_(is_sold, is_coming)).where(
        Ticket.seller_id == seller_id, or_(is_locked(), is_sold)
    )
    rows = (await session.exec(query)).all()
    return Sales(
        is_any_locked=any(row[1] for row in rows),
        is_any_coming=any(row[2] for row in rows),
        order_ids=[row[0] for row in rows if row[0]],
    )


async def count_coming(session: AsyncSession, ticket_ids: Collection[UUID]) -> int:
    query = (
        select(func.count())
        .select_from(Ticket)
        .where(col(Ticket.id).in_(ticket_ids), col(Ticket.starts_at) > func.now())
    )
    return (await session.exec(query)).one()


async def list_by_seller(
    session: AsyncSession, seller_id: UUID, *, after: UUID | None, limit: int
) -> list[TicketRow]:
    """Return up to `limit` tickets of the seller in any status, oldest first."""
    query = select(Ticket, is_locked()).where(Ticket.seller_id == seller_id)
    if after:
        query = query.where(col(Ticket.id) > after)
    rows = await session.exec(query.order_by(col(Ticket.id)).limit(limit))
    return [TicketRow(*row) for row in rows.all()]


async def lock_unsold(session: AsyncSession, seller_id: UUID) -> list[TicketRow]:
    """Lock the tickets for sale, and paused ones, with the earlier listings of their seats."""
    wanted = (Ticket.seller_id == seller_id, col(Ticket.status).in_(UNSOLD))
    ids = (await session.exec(select(Ticket.id).where(*wanted).order_by(col(Ticket.id)))).all()
    await resale.lock_seats(session, ids)
    # Read again: the rows may have changed while this transaction waited for them.
    fresh = select(Ticket, is_locked()).where(*wanted).order_by(col(Ticket.id))
    rows = await session.exec(fresh.execution_options(populate_existing=True))
    return [TicketRow(*row) for row in rows.all()]


async def erase_words(session: AsyncSession, seller_id: UUID) -> None:
    """Delete what the seller wrote about the tickets."""
    await session.exec(
        update(Ticket)
        .where(col(Ticket.seller_id) == seller_id, col(Ticket.description).is_not(None))
        .values(description=None)
    )
