"""Expiry of holds."""

from uuid import UUID

import pytest

from tests import factories
from tests.waiting import eventually, running
from ticketing_app import processes
from ticketing_app.core import db
from ticketing_app.devstack.stack import Stack
from ticketing_app.expiration import jobs
from ticketing_app.orders.repository import orders as repository
from ticketing_app.orders.service import order_payment
from ticketing_app.tickets.rules import Availability

pytestmark = pytest.mark.usefixtures("database")


async def statuses(*order_ids: UUID) -> list[str]:
    async with db.transaction() as session:
        return [
            (await order_payment.get_payable(session, order_id=item)).status for item in order_ids
        ]


class TestExpireDueOrders:
    async def test_frees_the_tickets_of_due_orders_only(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(jobs, "BATCH", 2)
        lapsed = [await factories.hold(await factories.make_ticket()) for _ in range(5)]
        running_order = await factories.hold(await factories.make_ticket())
        for order in lapsed:
            await factories.let_hold_lapse(order.id)
        await jobs.expire_due_orders()
        assert await statuses(*(order.id for order in lapsed)) == ["expired"] * 5
        assert await statuses(running_order.id) == ["created"]
        tickets = [await factories.read_ticket(order.ticket.id) for order in lapsed]
        assert {ticket.status for ticket in tickets} == {Availability.AVAILABLE}
        events = await factories.recorded_events("OrderExpired")
        assert {event["order_id"] for event in events} == {str(order.id) for order in lapsed}

    async def test_adds_the_step_to_the_history(self) -> None:
        order = await factories.hold(await factories.make_ticket())
        await factories.let_hold_lapse(order.id)
        await jobs.expire_due_orders()
        async with db.transaction() as session:
            steps = await repository.list_steps(session, order.id)
        assert [(step.version, step.status) for step in steps] == [(1, "created"), (2, "expired")]

    async def test_is_idempotent(self) -> None:
        ticket = await factories.make_ticket()
        first = await factories.hold(ticket)
        await factories.let_hold_lapse(first.id)
        second = await factories.hold(ticket)
        await jobs.expire_due_orders()
        await jobs.expire_due_orders()
        assert await statuses(first.id, second.id) == ["expired", "created"]
        assert (await factories.read_ticket(ticket.id)).locked_until == second.expires_at
        assert len(await factories.recorded_events("OrderExpired")) == 1


class TestExpireForever:
    async def test_expires_orders_without_redis(self, stack: Stack) -> None:
        order = await factories.hold(await factories.make_ticket())
        stack.stop_part("redis")
        try:
            await factories.let_hold_lapse(order.id)

            async def is_expired() -> bool:
                return await statuses(order.id) == ["expired"]

            async with running(jobs.expire_forever()):
                await eventually(is_expired)
        finally:
            stack.start_part("redis")

    def test_runs_beside_the_jobs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        beside: list[object] = []
        monkeypatch.setattr(processes, "work_queues", lambda _, *others: beside.extend(others))
        processes.ROLES["jobs"]()
        assert beside == [jobs.expire_forever]
