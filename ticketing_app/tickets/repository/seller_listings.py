from uuid import UUID

from sqlalchemy import ColumnElement, func, not_, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.tickets.models import Ticket
from ticketing_app.tickets.repository.tickets import is_locked
from ticketing_app.tickets.rules import UNSOLD, TicketStatus
from ticketing_app.tickets.schemas.listings import OwnCounts


async def count_open(session: AsyncSession, seller_id: UUID, limit: int) -> int:
    """Count the tickets that are for sale, or paused and may be resumed, up to `limit`."""
    found = select(Ticket.id).where(
        Ticket.seller_id == seller_id, col(Ticket.status).in_(UNSOLD), _is_upcoming()
    )
    query = select(func.count()).select_from(found.limit(limit).subquery())
    return (await session.exec(query)).one()


async def count_open_listings(session: AsyncSession, seller_id: UUID) -> int:
    """Count the listings with tickets as `count_open` counts them; a ticket without one is a listing."""
    listing_id = func.coalesce(col(Ticket.listing_id), col(Ticket.id))
    query = select(func.count(listing_id.distinct())).where(
        Ticket.seller_id == seller_id, col(Ticket.status).in_(UNSOLD), _is_upcoming()
    )
    return (await session.exec(query)).one()


async def count_unsold(session: AsyncSession, seller_id: UUID) -> OwnCounts:
    """Count the seller's tickets of coming events by what becomes of them."""
    is_free = not_(is_locked())
    query = (
        select(
            func.count().filter(is_free, col(Ticket.status) == TicketStatus.FOR_SALE),
            func.count().filter(is_locked()),
            func.count().filter(is_free, col(Ticket.status) == TicketStatus.PAUSED),
        )
        .select_from(Ticket)
        .where(
            Ticket.seller_id == seller_id,
            Ticket.status != TicketStatus.SOLD,
            _is_upcoming(),
        )
    )
    for_sale, held, paused = (await session.exec(query)).one()
    return OwnCounts(for_sale=for_sale, held=held, paused=paused)


def _is_upcoming() -> ColumnElement[bool]:
    return or_(col(Ticket.starts_at).is_(None), col(Ticket.starts_at) > func.now())


async def list_sold(session: AsyncSession, seller_id: UUID, limit: int) -> list[UUID]:
    """Return up to `limit` tickets that the seller sold, also those that were refunded since."""
    query = select(Ticket.id).where(
        Ticket.seller_id == seller_id, Ticket.status == TicketStatus.SOLD
    )
    return list((await session.exec(query.limit(limit))).all())
