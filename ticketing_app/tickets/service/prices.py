from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.settings import get_settings
from ticketing_app.tickets.repository import prices as repository
from ticketing_app.tickets.rules import MIN_SIMILAR
from ticketing_app.tickets.schemas.prices import EventPrices, PriceHint, PriceQuestion


async def find_price_hint(
    session: AsyncSession, *, seller_id: UUID, asked: PriceQuestion
) -> PriceHint | None:
    """Return prices of the same title or else of the same category and city, if there are enough."""
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


async def find_event_prices(
    session: AsyncSession, *, seller_id: UUID, event_id: UUID
) -> EventPrices:
    """Return prices of other sellers for this event; the usual ones only if there are enough."""
    currency = get_settings().currency
    found = await repository.list_event_prices(
        session, event_id, seller_id=seller_id, currency=currency
    )
    usual = None
    if found.found >= MIN_SIMILAR:
        usual = PriceHint(**found._asdict(), currency=currency)
    lowest = await repository.get_lowest(session, event_id, seller_id=seller_id, currency=currency)
    return EventPrices(lowest_cents=lowest, usual=usual)
