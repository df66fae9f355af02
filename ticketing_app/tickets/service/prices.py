"""Tell sellers what similar tickets cost."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.settings import get_settings
from ticketing_app.tickets.repository import prices as repository
from ticketing_app.tickets.rules import MIN_SIMILAR
from ticketing_app.tickets.schemas import PriceHint, PriceQuestion


async def find_price_hint(
    session: AsyncSession, *, seller_id: UUID, asked: PriceQuestion
) -> PriceHint | None:
    """Return what others ask for similar tickets; none where there are fewer than MIN_SIMILAR.

    Similar means of the same title; where those are too few, of the same kind in the same city.
    """
    currency = get_settings().currency
    found = await repository.list_prices(session, asked, seller_id=seller_id, currency=currency)
    return next(
        (
            PriceHint(**prices._asdict(), currency=currency)
            for prices in found
            if prices.found >= MIN_SIMILAR
        ),
        None,
    )
