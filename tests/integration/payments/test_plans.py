"""Queries about one order or one buyer do not read the rows of others."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import NamedTuple, Self
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from tests import factories
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.orders.repository import hold as orders
from ticketing_app.orders.repository import orders as open_orders
from ticketing_app.orders.repository.hold import HoldLimits
from ticketing_app.orders.rules import Choice
from ticketing_app.payments import repository as payments

SIZE = 5_000
FEW = 100
FILL = (
    """
    INSERT INTO orders (id, buyer_id, ticket_id, quantity, title, price_cents, currency, status, expires_at, ended_at,
                        is_grace_used, is_excused, version, created_at)
    SELECT CAST(lpad(to_hex(CAST(extract(epoch FROM at) * 1000 AS bigint)), 12, '0') || '7000'
             || lpad(to_hex(n), 16, '8') AS uuid),
           :buyer_id, :ticket_id, 1, 'Derby', 4000, 'usd', 'expired', at, at, false, false, 2, at
    FROM (SELECT n, now() - make_interval(days => 3, mins => n) AS at
          FROM generate_series(1, :size) AS n) AS old
    """,
    """
    INSERT INTO charges (id, order_id, status, stripe_id, amount_cents, currency, key, attempt, declines, checks,
                         refund_attempt, next_check_at, version, created_at)
    SELECT gen_random_uuid(), id, 'completed', id, 4000, 'usd', gen_random_uuid(), 0, 0, 0, 0, created_at, 1, created_at
    FROM orders
    """,
    "ANALYZE orders",
    "ANALYZE charges",
)
READ = """
    SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)
    FROM pg_stat_xact_user_tables WHERE relname IN ('orders', 'charges')
"""


class History(NamedTuple):
    """An open transaction in which a buyer has many orders, each with a charge."""

    session: AsyncSession
    buyer_id: UUID
    order_id: UUID


@pytest.fixture
async def history(database: None) -> AsyncGenerator[History]:  # noqa: ARG001  # order only.
    buyer = await factories.make_user()
    ticket = await factories.make_ticket()
    async with db.transaction() as session:
        connection = await session.connection()
        values = {"buyer_id": buyer.id, "ticket_id": ticket.id, "size": SIZE}
        for statement in FILL:
            await connection.execute(text(statement), values if ":size" in statement else {})
        order_id = await connection.scalar(text("SELECT max(order_id::text) FROM charges"))
        yield History(session, buyer.id, UUID(order_id))
        await session.rollback()


class RowsRead:
    """Counts the rows of orders and charges that a block reads, as PostgreSQL does."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self.count = 0

    async def _total(self) -> int:
        return int(await (await self.session.connection()).scalar(text(READ)) or 0)

    async def __aenter__(self) -> Self:
        self.count = -await self._total()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.count += await self._total()


class TestOrderPage:
    async def test_reads_the_charges_of_its_order_only(self, history: History) -> None:
        async with RowsRead(history.session) as rows:
            await payments.list_declines(history.session, history.order_id)
            await payments.get_paid_charge(history.session, history.order_id)
        assert rows.count < FEW


class TestAudit:
    async def test_reads_the_charges_of_its_days_only(self, history: History) -> None:
        async with RowsRead(history.session) as rows:
            await payments.list_completed(history.session, since=utc_now() - timedelta(days=2))
        assert rows.count < FEW


class TestExpiry:
    async def test_reads_the_orders_that_are_due_only(self, history: History) -> None:
        async with RowsRead(history.session) as rows:
            await open_orders.list_due(history.session, 100)
            await open_orders.measure_due(history.session)
        assert rows.count < FEW

    async def test_alone_uses_the_index_of_deadlines(self, history: History) -> None:
        connection = await history.session.connection()
        # The index is empty, so the planner would like to read all of it.
        for condition in (
            "id = :id AND status IN ('created', 'awaiting_payment')",
            "id = :id AND (status IN ('created', 'awaiting_payment')) IS TRUE",
        ):
            plan = await connection.execute(
                text(f"EXPLAIN SELECT FROM orders WHERE {condition}"), {"id": history.order_id}
            )
            assert "ix_orders_due" not in "".join(row[0] for row in plan)


class TestHold:
    async def test_reads_the_orders_of_the_buyers_last_day_only(self, history: History) -> None:
        async with RowsRead(history.session) as rows:
            limits = HoldLimits(hold_seconds=900, max_open_holds=5, cooldown_seconds=60)
            await orders.get_ticket_facts(
                history.session,
                buyer_id=history.buyer_id,
                ticket_id=db.new_id(),
                limits=limits,
            )
            for chosen in ((), (db.new_id(),)):
                await orders.get_listing_facts(
                    history.session,
                    buyer_id=history.buyer_id,
                    choice=Choice(db.new_id(), 1, chosen),
                    limits=limits,
                )
        assert rows.count < FEW
