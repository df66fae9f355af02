"""Concurrent holds of a listing: a locked row must not use up the pool of connections."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests import factories
from tests.waiting import eventually
from ticketing_app.core import db
from ticketing_app.core.errors import AppError
from ticketing_app.orders.rules import Choice
from ticketing_app.orders.schemas import OrderRead
from ticketing_app.orders.service import hold
from ticketing_app.orders.service.hold import HOLDS_AT_ONCE
from ticketing_app.tickets.schemas.tickets import TicketRead

pytestmark = pytest.mark.usefixtures("database")

Hold = Coroutine[Any, Any, OrderRead]

LOCK = text("SELECT FROM tickets WHERE listing_id = :id ORDER BY id FOR NO KEY UPDATE")


class Connections:
    """Counts the connections of the holds."""

    def __init__(self) -> None:
        self.opened = 0
        self.closed = 0

    @asynccontextmanager
    async def connect(self) -> AsyncGenerator[AsyncConnection]:
        self.opened += 1
        try:
            async with db.autocommit() as connection:
                yield connection
        finally:
            self.closed += 1

    def hold_in_every_way(self, buyer_id: UUID, tickets: list[TicketRead]) -> list[Hold]:
        """Hold each ticket, all of them, and the best; all but the last read the listing first."""
        listing_id = tickets[0].listing_id
        assert listing_id
        ids = [ticket.id for ticket in tickets]
        return [
            *(hold.create_order(self.connect, buyer_id=buyer_id, ticket_id=each) for each in ids),
            *(
                hold.create_order_of_tickets(self.connect, buyer_id=buyer_id, ticket_ids=chosen)
                for chosen in (ids, ids[::-1])
            ),
            hold.create_listing_order(
                self.connect, buyer_id=buyer_id, choice=Choice(listing_id, 1)
            ),
        ]


async def test_holds_of_a_listing_share_their_turns() -> None:
    tickets = await factories.make_tickets_together(seats=6)
    buyer = await factories.make_user()
    connections = Connections()
    async with db.transaction() as session:
        await (await session.connection()).execute(LOCK, {"id": tickets[0].listing_id})
        holds = connections.hold_in_every_way(buyer.id, tickets)
        tasks = [asyncio.create_task(each) for each in holds]
        # All but the last have found the listing.
        await eventually(lambda: connections.closed == len(tasks) - 1)
        assert connections.opened - connections.closed == HOLDS_AT_ONCE
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert {isinstance(end, OrderRead | AppError) for end in ends} == {True}
