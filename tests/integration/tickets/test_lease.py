"""Leases that end during a transaction."""

import pytest
from sqlalchemy import text

from tests import factories
from ticketing_app.core import db
from ticketing_app.orders.schemas import OrderRead
from ticketing_app.tickets.service import lease as leases
from ticketing_app.tickets.service import tickets


@pytest.mark.usefixtures("database")
class TestLease:
    async def test_ends_during_a_transaction(self) -> None:
        ticket = await factories.make_ticket()
        order = await factories.hold(ticket)
        async with db.transaction() as session:
            # now() is this moment until the transaction ends.
            await (await session.connection()).execute(text("SELECT 1"))
            await end_lease(order)
            kept = await leases.keep_for_capture(session, ticket_ids=[ticket.id], order_id=order.id)
            assert kept == []
            shown = await tickets.get_ticket(session, ticket_id=ticket.id)
            assert shown.status == "available"


async def end_lease(order: OrderRead) -> None:
    """End the lease of this hold now."""
    async with db.transaction() as session:
        connection = await session.connection()
        now = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
        values = {"now": now, "id": order.id}
        for statement in (
            "UPDATE tickets SET locked_until = :now WHERE order_id = :id",
            "UPDATE orders SET expires_at = :now WHERE id = :id",
        ):
            await connection.execute(text(statement), values)
