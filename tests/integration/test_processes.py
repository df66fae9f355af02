"""The background processes: the scheduler, and the supervisor of all."""

import os
import sys
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID

import psutil
import pytest
import time_machine
from rq import Queue
from rq.job import JobStatus
from rq.scheduler import RQScheduler
from sqlalchemy import text

from tests import factories, invariants
from tests.integration.payments import emulator, sales
from tests.integration.sample_jobs import tick
from tests.outages import stopped
from tests.waiting import eventually
from ticketing_app import processes
from ticketing_app.core import db, queues, redis
from ticketing_app.core import logging as core_logging
from ticketing_app.devstack.stack import ROOT, Stack
from ticketing_app.orders.service import order_payment
from ticketing_app.processes import CronTable, Scheduler

pytestmark = pytest.mark.usefixtures("database")

CRON: CronTable = {tick: 1}
LOCK = "rq:scheduler-lock:default"
NOW = datetime.now(UTC)


@pytest.fixture
def queue() -> Generator[Queue]:
    with redis.sync_client() as connection:
        yield Queue(connection=connection, serializer=queues.Serializer)


def entries(queue: Queue, key: str) -> list[bytes]:
    """Return a list from Redis, cast because redis-py types all results as possibly awaitable."""
    return cast("list[bytes]", queue.connection.lrange(key, 0, -1))


@pytest.fixture
def two_schedulers() -> Generator[tuple[Scheduler, Scheduler]]:
    schedulers = Scheduler(CRON), Scheduler(CRON)
    yield schedulers
    for scheduler in schedulers:
        scheduler.stop()


class TestScheduler:
    def test_queues_cron_jobs_once_with_several_schedulers(
        self, queue: Queue, two_schedulers: tuple[Scheduler, Scheduler]
    ) -> None:
        with time_machine.travel(NOW, tick=False) as traveller:
            for _ in range(10):
                for scheduler in two_schedulers:
                    scheduler.tick()
                    scheduler.tick()
                traveller.shift(1)
        assert len(entries(queue, queue.key)) == 10

    def test_queues_delayed_jobs_in_time_and_once(
        self, queue: Queue, two_schedulers: tuple[Scheduler, Scheduler]
    ) -> None:
        with time_machine.travel(NOW, tick=False) as traveller:
            job = queue.enqueue_at(NOW + timedelta(seconds=3), "tests.tick")
            for _ in range(2):
                two_schedulers[0].tick()
                two_schedulers[1].tick()
                assert job.get_status() is JobStatus.SCHEDULED
                traveller.shift(1)
            traveller.shift(1)
            two_schedulers[1].tick()
            two_schedulers[0].tick()
            assert job.get_status() is JobStatus.QUEUED
            assert entries(queue, queue.key).count(job.id.encode()) == 1

    def test_hands_over_at_once_when_it_stops(
        self, queue: Queue, two_schedulers: tuple[Scheduler, Scheduler]
    ) -> None:
        first, second = two_schedulers
        first.tick()
        first.stop()
        job = queue.enqueue_at(NOW - timedelta(seconds=1), "tests.tick")
        second.tick()
        assert job.get_status() is JobStatus.QUEUED

    def test_lease_ends_ten_seconds_after_a_crash(
        self, queue: Queue, two_schedulers: tuple[Scheduler, Scheduler]
    ) -> None:
        two_schedulers[0].tick()
        milliseconds = cast("int", queue.connection.pttl(LOCK))
        assert 0 < milliseconds <= 10_000

    def test_stands_by_after_losing_the_lease(
        self, queue: Queue, two_schedulers: tuple[Scheduler, Scheduler]
    ) -> None:
        first, second = two_schedulers
        first.tick()
        queue.connection.delete(LOCK)  # As if the first one had been stopped for too long.
        second.tick()
        queued = entries(queue, queue.key)
        with time_machine.travel(datetime.now(UTC) + timedelta(minutes=1), tick=False):
            first.tick()
        assert entries(queue, queue.key) == queued

    def test_excludes_the_scheduler_of_the_version_before(
        self, queue: Queue, two_schedulers: tuple[Scheduler, Scheduler]
    ) -> None:
        former = RQScheduler([queues.DEFAULT], queue.connection, interval=-50)
        two_schedulers[0].tick()
        assert not former.acquire_locks()
        two_schedulers[0].stop()
        assert former.acquire_locks()
        queued = entries(queue, queue.key)
        two_schedulers[1].tick()
        assert entries(queue, queue.key) == queued

    def test_resumes_after_an_outage_of_redis(
        self, stack: Stack, queue: Queue, two_schedulers: tuple[Scheduler, Scheduler]
    ) -> None:
        first, second = two_schedulers
        first.tick()
        with stopped(stack, "redis"):
            for scheduler in two_schedulers:
                with pytest.raises(redis.RedisError):
                    scheduler.tick()
        job = queue.enqueue_at(NOW - timedelta(seconds=1), "tests.tick")
        second.tick()
        first.tick()
        assert job.get_status() is JobStatus.QUEUED


@asynccontextmanager
async def all_running() -> AsyncGenerator[psutil.Popen]:
    """Run `worker.py all` during the block, then kill it and its children."""
    process = psutil.Popen([sys.executable, "worker.py", "all"], cwd=ROOT, env=os.environ)
    try:
        await eventually(lambda: len(children(process)) == 5, seconds=60)
        await eventually(is_working, seconds=30)
        yield process
    finally:
        family = [process, *process.children(recursive=True)] if process.is_running() else []
        for member in family:
            member.kill()
        process.wait()


def children(process: psutil.Popen) -> set[psutil.Process]:
    return {child for child in process.children() if is_alive(child)}


def is_alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


async def is_working() -> bool:
    """Return whether relay, consumer, scheduler and workers are up."""
    client = redis.client()
    is_listening = (await client.pubsub_numsub("ticketing.outbox"))[0][1] > 0
    return is_listening and await client.exists(LOCK, "rq:workers") == 2


async def has_expired(order_id: UUID) -> bool:
    async with db.transaction() as session:
        return (await order_payment.get_payable(session, order_id=order_id)).status == "expired"


async def lapse_by_itself() -> None:
    """Hold a ticket for the configured time, and wait until its order has expired."""
    order = await factories.hold(await factories.make_ticket())
    await eventually(lambda: has_expired(order.id), seconds=30)


async def column(query: str) -> list[object]:
    async with db.autocommit() as connection:
        return list((await connection.execute(text(query))).scalars())


@pytest.mark.usefixtures("stripe_books")
class TestCron:
    """Real processes with the real cron table; the test itself queues no job and sends no event."""

    async def test_runs_due_work(self, stack: Stack) -> None:
        lapsed = await factories.hold(await factories.make_ticket())
        await factories.let_hold_lapse(lapsed.id)
        released = await sales.start_sale()
        missed = await sales.start_sale()
        await sales.release(released)
        # Stripe cancels it, and its webhook never arrives: only the audit can detect that.
        await emulator.act_in_dashboard(missed.secret, "cancel")
        await column("DELETE FROM outbox RETURNING 1")
        await column("UPDATE work SET due_at = now() RETURNING 1")
        await column(
            "INSERT INTO stripe_events (id, kind, received_at, next_attempt_at, attempts)"
            " VALUES ('evt_stored', 'payment_intent.succeeded', now(), now(), 0) RETURNING 1"
        )
        async with all_running():
            await eventually(lambda: has_expired(lapsed.id))
            for undone in (
                f"SELECT 1 FROM charges WHERE id = '{released.payment.id}' AND status = 'created'",
                "SELECT 1 FROM stripe_events WHERE id = 'evt_stored' AND handled_at IS NULL",
            ):
                await eventually(lambda query=undone: is_empty(query), seconds=30)
            await eventually(is_missed_event_known, seconds=30)
        # The deleted events would break the invariants of later tests.
        await invariants.empty(stack.env["DATABASE_URL"], stack.env["STRIPE_API_BASE"])


async def is_empty(query: str) -> bool:
    return not await column(query)


async def is_missed_event_known() -> bool:
    return bool(await column("SELECT 1 FROM stripe_events WHERE kind = 'payment_intent.canceled'"))


@pytest.fixture
def _short_holds(change_settings: Callable[..., None]) -> None:
    change_settings(order_hold_seconds=1)


@pytest.mark.usefixtures("_short_holds")
class TestAll:
    async def test_expires_a_hold_and_ends_all_children_at_sigterm(self) -> None:
        async with all_running() as process:
            await lapse_by_itself()
            family = children(process)
            process.terminate()
            assert process.wait(20) == 0
            assert not any(is_alive(child) for child in family)

    async def test_restarts_a_role_that_died_and_leaves_no_children_at_sigkill(self) -> None:
        async with all_running() as process:
            for child in children(process):
                child.kill()
                await eventually(lambda: len(children(process)) == 5)
            await lapse_by_itself()
            family = children(process)
            process.kill()
            await eventually(lambda: not any(is_alive(child) for child in family))

    @pytest.mark.parametrize("seconds", [1, pytest.param(60, marks=pytest.mark.slow)])
    async def test_resumes_after_outages(self, stack: Stack, seconds: int) -> None:
        async with all_running():
            await lapse_by_itself()
            for part in ("redis", "postgres"):
                with stopped(stack, part):
                    stopped_at = datetime.now(UTC)
                    await eventually(
                        lambda since=stopped_at: (
                            datetime.now(UTC) - since > timedelta(seconds=seconds)
                        ),
                        seconds=seconds + 5,
                    )
                await db.dispose()  # The test's own connections are broken as well.
                await lapse_by_itself()


class TestMain:
    @pytest.fixture
    def started(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        roles: list[str] = []
        monkeypatch.setattr(core_logging, "configure", lambda: None)
        monkeypatch.setattr(processes, "_work", roles.append)
        return roles

    @pytest.mark.parametrize("role", processes.ROLES)
    def test_starts_the_role(
        self, monkeypatch: pytest.MonkeyPatch, started: list[str], role: str
    ) -> None:
        monkeypatch.setattr(sys, "argv", ["worker.py", role])
        processes.main()
        assert started == [role]

    def test_starts_the_scheduler_under_its_former_name(
        self, monkeypatch: pytest.MonkeyPatch, started: list[str]
    ) -> None:
        monkeypatch.setattr(sys, "argv", ["worker.py", "clock"])
        processes.main()
        assert started == ["scheduler"]

    def test_lists_the_roles_when_the_role_is_unknown(
        self, monkeypatch: pytest.MonkeyPatch, started: list[str]
    ) -> None:
        monkeypatch.setattr(sys, "argv", ["worker.py", "everything"])
        with pytest.raises(SystemExit) as ended:
            processes.main()
        assert ended.value.code == "usage: worker.py jobs|scheduler|relay|consumer|outside|all"
        assert started == []
