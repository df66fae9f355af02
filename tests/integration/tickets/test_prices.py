"""Price hints for sellers from similar tickets."""

from typing import Any

import pytest

from tests import factories
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.tickets.schemas.prices import PriceHint, PriceQuestion
from ticketing_app.tickets.service import prices

HERE: dict[str, Any] = {"category": "concert", "city": "Rotterdam"}


async def hint(
    seller: UserRead | None = None,
    *,
    title: str = "Lanterns",
    **asked: Any,  # noqa: ANN401  # JSON.
) -> tuple[int, int, int] | None:
    seller = seller or await factories.make_user()
    async with db.transaction() as session:
        found: PriceHint | None = await prices.find_price_hint(
            session, seller_id=seller.id, asked=PriceQuestion(title=title, **asked)
        )
    return (found.low_cents, found.typical_cents, found.high_cents) if found else None


@pytest.mark.usefixtures("database")
class TestFindPriceHint:
    async def test_needs_three_tickets(self) -> None:
        for price in (35, 42):
            await factories.make_ticket(title="Lanterns", price=price)
        assert await hint() is None
        await factories.make_ticket(title="LANTERNS", price=60)
        assert await hint() == (3500, 4200, 6000)

    async def test_falls_back_to_category_and_city(self) -> None:
        await factories.make_ticket(title="Lanterns", price=900)
        for price in (10, 20, 30):
            await factories.make_ticket(title=f"Other {price}", price=price, **HERE)
        await factories.make_ticket(title="Far", price=500, category="concert", city="Oslo")
        assert await hint(category="concert", city="rotterdam") == (1000, 2000, 3000)
        assert await hint(category="concert") is None

    async def test_ignores_own_and_unavailable_tickets(self) -> None:
        seller = await factories.make_user()
        for price in (10, 20):
            await factories.make_ticket(title="Lanterns", price=price)
        await factories.make_ticket(seller, title="Lanterns", price=30)
        over = await factories.make_ticket(title="Lanterns", price=40)
        await factories.let_event_begin(over.id)
        assert await hint(seller) is None
        assert await hint() == (1000, 2000, 3000)

    async def test_ignores_outliers(self) -> None:
        for price in (*range(20, 40), 900_000):
            await factories.make_ticket(title="Lanterns", price=price)
        assert await hint() == (2200, 3000, 3800)


@pytest.mark.usefixtures("database")
class TestFindEventPrices:
    async def test_returns_the_lowest_and_the_usual_prices(self) -> None:
        event, seller = await factories.make_event(), await factories.make_user()

        async def found() -> tuple[int | None, tuple[int, int] | None]:
            async with db.transaction() as session:
                known = await prices.find_event_prices(
                    session, seller_id=seller.id, event_id=event.id
                )
            usual = known.usual
            return known.lowest_cents, (usual.low_cents, usual.high_cents) if usual else None

        assert await found() == (None, None)
        await factories.make_listing("1", seller=seller, event=event, price=5)
        await factories.make_listing("1", price=5)
        await factories.make_listing("1", "2", event=event, price=40)
        assert await found() == (4000, None)
        cheap = await factories.make_ticket(eventId=str(event.id), price=30)
        assert await found() == (3000, (3000, 4000))
        await factories.hold(cheap)
        assert await found() == (4000, (3000, 4000))
