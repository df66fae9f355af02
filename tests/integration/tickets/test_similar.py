from typing import Any

import pytest
from sqlalchemy import text

from tests import factories
from ticketing_app.core import db
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.tickets.service import search, tickets

HERE: dict[str, Any] = {"category": "concert", "city": "Rotterdam"}

# Enough for a plan by cost.
FILL = """
    INSERT INTO tickets (id, seller_id, title, price_cents, currency, status, version, created_at, category, city,
      starts_at, timezone)
    SELECT gen_random_uuid(), :seller_id, 'Title ' || n % 100, 4000, 'usd', 'for_sale', 1, now(), 'concert',
      'City ' || n % 100, now() + n * interval '1 h', 'UTC'
    FROM generate_series(1, 5000) n
"""


def starting(day: str) -> dict[str, Any]:
    return {"startsAt": f"{day}T20:00:00Z", "timezone": "UTC"}


async def similar_to(ticket: TicketRead) -> list[str]:
    async with db.transaction() as session:
        return [other.title for other in await search.list_similar(session, ticket_id=ticket.id)]


@pytest.mark.usefixtures("database")
class TestListSimilar:
    async def test_same_title_or_category_and_city_soonest_first(self) -> None:
        ticket = await factories.make_ticket(title="The Lanterns", **HERE)
        await factories.make_ticket(title="Without a date", **HERE)
        await factories.make_ticket(title="Late", **HERE, **starting("2098-01-01"))
        await factories.make_ticket(title="the lanterns", **starting("2097-01-01"))
        await factories.make_ticket(title="Elsewhere", category="concert", city="Porto")
        await factories.make_ticket(title="Another kind", category="sports", city="Rotterdam")
        assert await similar_to(ticket) == ["the lanterns", "Late", "Without a date"]

    async def test_returns_up_to_four_without_duplicates(self) -> None:
        ticket = await factories.make_ticket(title="Same", **HERE)
        for day in range(1, 7):
            await factories.make_ticket(title="Same", **HERE, **starting(f"2097-01-0{day}"))
        async with db.transaction() as session:
            found = await search.list_similar(session, ticket_id=ticket.id)
        assert [other.starts_at.day for other in found if other.starts_at] == [1, 2, 3, 4]

    async def test_only_available_tickets_of_upcoming_events(self) -> None:
        seller = await factories.make_user()
        ticket = await factories.make_ticket(**HERE)
        await factories.let_event_begin((await factories.make_ticket(**HERE)).id)
        gone = await factories.make_ticket(seller, **HERE)
        async with db.transaction() as session:
            await tickets.withdraw_ticket(session, seller_id=seller.id, ticket_id=gone.id)
        order = await factories.hold(await factories.make_ticket(**HERE))
        assert await similar_to(ticket) == []
        await factories.let_hold_lapse(order.id)
        assert await similar_to(ticket) == ["The Paper Lanterns"]

    async def test_works_with_a_title_alone(self) -> None:
        ticket = await factories.make_ticket(city="Rotterdam")
        await factories.make_ticket()
        await factories.make_ticket(title="Other", city="Rotterdam")
        assert await similar_to(ticket) == ["The Paper Lanterns"]

    async def test_unknown_ticket_has_none(self) -> None:
        async with db.transaction() as session:
            assert await search.list_similar(session, ticket_id=db.new_id()) == []

    async def test_both_halves_use_a_sorted_index(self) -> None:
        conditions = {
            "ix_tickets_title": "lower(title) = 'title 1'",
            "ix_tickets_city": "category = 'concert' AND city_key = 'city 1'",
        }
        starts_at = "coalesce(starts_at, 'infinity'::timestamptz)"
        seller = await factories.make_user()
        async with db.transaction() as session:
            connection = await session.connection()
            await connection.execute(text(FILL), {"seller_id": seller.id})
            await connection.execute(text("ANALYZE tickets"))
            for index, condition in conditions.items():
                query = (
                    f"EXPLAIN SELECT id FROM tickets WHERE status = 'for_sale' AND {condition} "
                    f"AND now() < {starts_at} ORDER BY {starts_at}, id LIMIT 4"
                )
                plan = "\n".join((await connection.execute(text(query))).scalars())
                assert index in plan
                assert "Sort" not in plan
            await session.rollback()
