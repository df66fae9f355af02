"""Expiry of a hold: scheduled when it begins, run when it is due, swept if missed."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from rq.registry import ScheduledJobRegistry

from tests import factories
from tests.outages import stopped
from tests.waiting import eventually, running
from ticketing_app.core import db, queues
from ticketing_app.devstack.stack import Stack
from ticketing_app.expiration import jobs, scheduler
from ticketing_app.messaging.consumer import Consumer
from ticketing_app.messaging.relay import Relay
from ticketing_app.orders.repository import orders as repository
from ticketing_app.orders.service import order_payment
from ticketing_app.subscriptions import SUBSCRIPTIONS
from ticketing_app.tickets.rules import Availability
from ticketing_app.tickets.service import lease as leases

pytestmark = pytest.mark.usefixtures("database")

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def planned() -> dict[str, datetime]:
    """Return the delayed jobs and when they will start."""
    registry = ScheduledJobRegistry(queue=queues.get_queue(queues.DEFAULT))
    return {job_id: registry.get_scheduled_time(job_id) for job_id in registry.get_job_ids()}


def job_id_of(moment: datetime) -> str:
    return f"expire-orders-{int(moment.timestamp())}"


async def statuses(*order_ids: UUID) -> list[str]:
    async with db.transaction() as session:
        return [
            (await order_payment.get_payable(session, order_id=item)).status for item in order_ids
        ]


class TestScheduleExpiry:
    async def test_schedules_one_job_per_second(self) -> None:
        for milliseconds in (0, 400, 999):
            await scheduler.schedule_expiry(NOON + timedelta(milliseconds=milliseconds))
        second = NOON + timedelta(seconds=1)
        await scheduler.schedule_expiry(second)
        assert planned() == {job_id_of(NOON): NOON, job_id_of(second): second}

    async def test_asks_redis_once_for_the_holds_of_a_second(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []
        monkeypatch.setattr(
            queues, "schedule", lambda *_args, job_id, **_kwargs: asked.append(job_id)
        )
        for _ in range(3):
            await scheduler.schedule_expiry(NOON)
        assert asked == [job_id_of(NOON)]

    async def test_leaves_expiry_to_the_sweep_without_redis(self, stack: Stack) -> None:
        with stopped(stack, "redis"):
            await scheduler.schedule_expiry(NOON)
        await scheduler.schedule_expiry(NOON)
        assert list(planned()) == [job_id_of(NOON)]


class TestSubscribers:
    async def test_schedules_new_orders_and_moved_deadlines(
        self, change_settings: Callable[..., None]
    ) -> None:
        change_settings(order_hold_seconds=60, payment_grace_seconds=120)
        relay = Relay(SUBSCRIPTIONS)
        consumer = Consumer(SUBSCRIPTIONS)
        async with running(relay.run(), consumer.run()):
            order = await factories.hold(await factories.make_ticket())
            await eventually(lambda: len(planned()) == 1)
            async with db.transaction() as session:
                extended = await order_payment.start_confirming(session, order_id=order.id)
            assert extended.expires_at - order.expires_at > timedelta(seconds=30)
            await eventually(lambda: planned_for(extended.expires_at))
        assert planned_for(order.expires_at)


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

    async def test_waits_for_the_holds_of_the_second_that_begins(self) -> None:
        ending, later = [await factories.hold(await factories.make_ticket()) for _ in range(2)]
        await factories.let_hold_lapse(ending.id, seconds_ago=-0.3)
        await factories.let_hold_lapse(later.id, seconds_ago=-30)
        started = time.monotonic()
        await jobs.expire_due_orders()
        assert time.monotonic() - started < jobs.RUN_SECONDS
        assert await statuses(ending.id, later.id) == ["expired", "created"]

    async def test_expires_an_order_whose_ticket_was_locked_for_a_moment(self) -> None:
        order = await factories.hold(await factories.make_ticket())
        await factories.let_hold_lapse(order.id)
        async with db.transaction() as session:
            await leases.lock_free(session, ticket_ids=[order.ticket.id])
            job = asyncio.create_task(jobs.expire_due_orders())
            done, _ = await asyncio.wait([job], timeout=5 * jobs.PAUSE_SECONDS)
            assert not done
        await job
        assert await statuses(order.id) == ["expired"]

    async def test_leaves_an_order_whose_ticket_stays_locked(self) -> None:
        order = await factories.hold(await factories.make_ticket())
        await factories.let_hold_lapse(order.id)
        async with db.transaction() as session:
            await leases.lock_free(session, ticket_ids=[order.ticket.id])
            await jobs.expire_due_orders()
        assert await statuses(order.id) == ["created"]

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


def planned_for(deadline: datetime) -> bool:
    return any(
        timedelta() <= deadline - starts < timedelta(seconds=1) for starts in planned().values()
    )
