"""The backfill of items of orders."""

from uuid import UUID

import pytest
from sqlalchemy import text

from tests import factories
from tests.integration.cli.command_line import run
from ticketing_app.core import db
from ticketing_app.orders.service import release

pytestmark = pytest.mark.usefixtures("database")


async def items() -> set[tuple[UUID, UUID, int, bool]]:
    query = "SELECT order_id, ticket_id, price_cents, is_order_live FROM order_items"
    async with db.autocommit() as connection:
        return {tuple(row) for row in await connection.execute(text(query))}


class TestBackfill:
    async def test_adds_what_is_missing_and_can_be_repeated(self) -> None:
        orders = [await factories.hold(await factories.make_ticket()) for _ in range(5)]
        await factories.hold_tickets((await factories.make_tickets_together())[:2])
        async with db.transaction() as session:
            ended = orders[0]
            await release.cancel_order(session, buyer_id=ended.buyer_id, order_id=ended.id)
        before = await items()
        async with db.autocommit() as connection:
            lost = [order.id for order in orders[:3]]
            delete = text("DELETE FROM order_items WHERE order_id = ANY(:ids)")
            await connection.execute(delete, {"ids": lost})
        code, out, _ = await run("backfill-order-items", "--batch", "4")
        assert code == 0
        assert out.splitlines() == [
            "4 of 6 orders, 3 items added",
            "6 of 6 orders, 3 items added",
        ]
        assert await items() == before
        code, out, _ = await run("backfill-order-items")
        assert out.splitlines()[-1] == "6 of 6 orders, 0 items added"
        assert await items() == before
