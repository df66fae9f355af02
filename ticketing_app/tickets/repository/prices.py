from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.tickets.models import Ticket
from ticketing_app.tickets.repository import search
from ticketing_app.tickets.repository.tickets import is_locked
from ticketing_app.tickets.schemas.prices import PriceQuestion

# Limits the cost of a common title; the prices of the soonest events are enough.
MAX_PRICES_READ = 500


class Prices(NamedTuple):
    """Number of tickets, and the 10th, 50th and 90th percentile of their prices."""

    found: int
    low_cents: int
    typical_cents: int
    high_cents: int


async def list_prices(
    session: AsyncSession, asked: PriceQuestion, *, seller_id: UUID, currency: str
) -> list[Prices]:
    """Return prices of other sellers: same title first, then same category in the same city."""
    similar = search.similarity_conditions(asked.title, asked.category, asked.city)
    others = [Ticket.seller_id != seller_id, Ticket.currency == currency]
    return [await _prices(session, *alike, *others) for alike in similar]


async def list_event_prices(
    session: AsyncSession, event_id: UUID, *, seller_id: UUID, currency: str
) -> Prices:
    """Return prices of other sellers for this event."""
    return await _prices(
        session,
        Ticket.event_id == event_id,
        Ticket.seller_id != seller_id,
        Ticket.currency == currency,
    )


async def get_lowest(
    session: AsyncSession, event_id: UUID, *, seller_id: UUID, currency: str
) -> int | None:
    """Return the lowest price of other sellers that can be bought now."""
    query = select(func.min(Ticket.price_cents)).where(
        Ticket.event_id == event_id,
        Ticket.seller_id != seller_id,
        Ticket.currency == currency,
        ~is_locked(),
        *search.for_sale_and_upcoming(),
    )
    return (await session.exec(query)).one()


async def _prices(session: AsyncSession, *conditions: ColumnElement[bool] | bool) -> Prices:
    found = (
        select(Ticket.price_cents)
        .where(*search.for_sale_and_upcoming(), *conditions)
        .order_by(*search.SOONEST)
        .limit(MAX_PRICES_READ)
        .subquery()
    )
    percentiles = [
        func.percentile_disc(share).within_group(found.c.price_cents) for share in (0.1, 0.5, 0.9)
    ]
    row = (await session.exec(select(func.count(), *percentiles).select_from(found))).one()
    return Prices(*row)
