"""SQL of what similar tickets cost."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.tickets.models import Ticket
from ticketing_app.tickets.repository import search
from ticketing_app.tickets.schemas import PriceQuestion

MOST_LOOKED_AT = 500
"""The soonest ones are enough, and a hint for a common title must not cost more than for a rare one."""


class Prices(NamedTuple):
    """How many tickets there are and, in cents, what one of ten, half and nine of ten cost at most."""

    found: int
    low_cents: int
    typical_cents: int
    high_cents: int


async def list_prices(
    session: AsyncSession, asked: PriceQuestion, *, seller_id: UUID, currency: str
) -> list[Prices]:
    """Return what others ask for the same title, then for the same kind in the same city."""
    likenesses = search.likenesses(asked.title, asked.category, asked.city)
    others = [Ticket.seller_id != seller_id, Ticket.currency == currency]
    return [await _prices(session, *alike, *others) for alike in likenesses]


async def _prices(session: AsyncSession, *conditions: ColumnElement[bool] | bool) -> Prices:
    found = (
        select(Ticket.price_cents)
        .where(*search.ahead_and_for_sale(), *conditions)
        .order_by(*search.SOONEST)
        .limit(MOST_LOOKED_AT)
        .subquery()
    )
    at_most = [
        func.percentile_disc(share).within_group(found.c.price_cents) for share in (0.1, 0.5, 0.9)
    ]
    row = (await session.exec(select(func.count(), *at_most).select_from(found))).one()
    return Prices(*row)
