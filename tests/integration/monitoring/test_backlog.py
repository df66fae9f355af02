"""Backlogs of events and jobs, and the liveness of processes."""

import pickle
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from rq import Queue
from sqlalchemy import text

from tests import factories
from tests.integration.messaging.samples import (
    column,
    consumer_of,
    envelope_of,
    note,
    note_and_fail,
    record,
    relay_to,
)
from tests.integration.sample_jobs import Trap, call_outside
from tests.waiting import eventually, running
from ticketing_app.core import db, queues, redis
from ticketing_app.core.queue_worker import QueueWorker
from ticketing_app.messaging import inbox, relay
from ticketing_app.monitoring import events as monitored
from ticketing_app.monitoring.events import EventBacklog, SubscriberBacklog, get_event_backlog
from ticketing_app.monitoring.jobs import QueueState, WorkerState, get_worker_state
from ticketing_app.orders.service.release import get_expiry_lag_seconds
from ticketing_app.processes import Scheduler

pytestmark = pytest.mark.usefixtures("_effects")

ROLES_OF_QUEUES = ("is_jobs_alive", "is_outside_alive")

NAME = inbox.subscriber_name(note)
FAILING = inbox.subscriber_name(note_and_fail)


async def events() -> EventBacklog:
    async with db.transaction() as session:
        return await get_event_backlog(session)


async def register() -> None:
    async with db.transaction() as session:
        await inbox.register(session, relay_to(note, note_and_fail).subscriptions)


async def change(statement: str) -> None:
    await column(f"{statement} RETURNING 1")


async def send() -> None:
    async with db.engine().connect() as connection:
        await relay.publish_unsent(connection)


class TestEventBacklog:
    async def test_is_empty_when_nothing_happened(self) -> None:
        assert await events() == EventBacklog(0, 0, is_relay_alive=False, subscribers={})

    async def test_measures_unsent_events(self) -> None:
        await record()
        await change("UPDATE outbox SET occurred_at = now() - interval '40 s'")
        await record()
        found = await events()
        assert found.unsent == 2
        assert 40 <= found.oldest_unsent_seconds < 60
        await send()
        assert (await events())[:2] == (0, 0)

    async def test_measures_the_lag_of_each_subscriber(self) -> None:
        await register()
        first = await envelope_of(await record())
        await change("UPDATE outbox SET occurred_at = now() - interval '40 s'")
        await change("UPDATE subscribers SET since = 'epoch'")
        await record()
        await send()
        consumer = consumer_of(first_retry_seconds=100)
        await consumer.handle([note], [first])
        found = (await events()).subscribers
        assert 0 < found[NAME].lag_seconds < 20
        assert 40 <= found[FAILING].lag_seconds < 60
        await consumer.handle([note_and_fail], [first])
        failing = (await events()).subscribers[FAILING]
        assert failing.lag_seconds < 20
        assert failing[1:] == (1, 0)
        await change("UPDATE inbox SET status = 'dead' WHERE status = 'retrying'")
        assert (await events()).subscribers[FAILING][1:] == (0, 1)

    async def test_ignores_events_before_a_subscription(self) -> None:
        await record()
        await change("UPDATE outbox SET occurred_at = now() - interval '40 s'")
        await register()
        await change("UPDATE subscribers SET since = now()")
        assert (await events()).subscribers[NAME] == SubscriberBacklog(0, 0, 0)

    async def test_detects_a_relay(self) -> None:
        async with relay._leadership():
            assert (await events()).is_relay_alive
        await eventually(is_without_relay)


async def is_without_relay() -> bool:
    return not (await events()).is_relay_alive


class TestPlans:
    """Queries that run every few seconds must not scan a month of events."""

    async def test_use_indexes(self) -> None:
        await register()
        await change(
            "INSERT INTO outbox (id, name, schema_version, occurred_at, aggregate_id, aggregate_version,"
            " payload, published_at, settled_at) SELECT gen_random_uuid(), 'UserCreated', 1, now(),"
            " gen_random_uuid(), 1, '{}', now(), now() FROM generate_series(1, 20000)"
        )
        async with db.autocommit() as connection:
            await connection.execute(text("ANALYZE outbox"))
            for query in (monitored._OUTBOX, monitored._SUBSCRIBERS):
                values = {"most": 100, "relay_lock": 1} if query is monitored._OUTBOX else {}
                explained = text(f"EXPLAIN {query.text}")
                plan = "\n".join((await connection.execute(explained, values)).scalars())
                assert "Seq Scan on outbox" not in plan
                assert "ix_outbox_uns" in plan


class TestExpiryLag:
    async def test_is_the_age_of_the_oldest_lapsed_hold(self) -> None:
        async def lag() -> float:
            async with db.transaction() as session:
                return await get_expiry_lag_seconds(session)

        order = await factories.hold(await factories.make_ticket())
        assert await lag() == 0
        await factories.let_hold_lapse(order.id, seconds_ago=50)
        assert 50 <= await lag() < 70


@pytest.fixture
def queue() -> Generator[Queue]:
    with redis.sync_client() as connection:
        yield Queue(connection=connection, serializer=queues.Serializer)


class TestWorkerState:
    def test_no_process_is_alive_in_an_empty_redis(self) -> None:
        nothing = QueueState(0, 0, is_worked=False)
        assert get_worker_state() == WorkerState(
            dict.fromkeys(queues.QUEUES, nothing), is_scheduler_alive=False, is_consumer_alive=False
        )

    @pytest.mark.parametrize("is_behind_a_younger_one", [True, False])
    def test_measures_the_age_of_the_oldest_job(self, *, is_behind_a_younger_one: bool) -> None:
        with time_machine.travel(datetime.now(UTC) - timedelta(seconds=30), tick=False):
            queues.enqueue(call_outside, "old")
        queues.enqueue(call_outside, "young", at_front=is_behind_a_younger_one)
        found = get_worker_state().queues[queues.OUTSIDE]
        assert found.queued == 2
        assert 30 <= found.oldest_seconds < 50

    def test_loads_no_pickle(self, queue: Queue, tmp_path: Path) -> None:
        job = queue.enqueue("tests.tick")
        queue.connection.hset(job.key, mapping={"meta": pickle.dumps(Trap(tmp_path / "proof"))})
        assert get_worker_state().queues[queues.DEFAULT].queued == 1
        assert not (tmp_path / "proof").exists()

    def test_ignores_a_deleted_job(self, queue: Queue) -> None:
        job = queue.enqueue("tests.tick")
        queue.connection.delete(job.key)
        assert get_worker_state().queues[queues.DEFAULT][:2] == (1, 0)

    def test_detects_a_running_and_a_stopped_scheduler(self) -> None:
        scheduler = Scheduler({})
        scheduler.tick()
        assert get_worker_state().is_scheduler_alive
        scheduler.stop()
        assert not get_worker_state().is_scheduler_alive

    @pytest.mark.parametrize(
        ("name", "role"),
        [(queues.DEFAULT, "is_jobs_alive"), (queues.OUTSIDE, "is_outside_alive")],
    )
    def test_detects_a_live_and_a_silent_worker(self, name: str, role: str) -> None:
        def alive() -> set[str]:
            state = get_worker_state()
            return {each for each in ROLES_OF_QUEUES if getattr(state, each)}

        worker = QueueWorker({name: 1})
        worker.register_birth()
        assert alive() == {role}
        with time_machine.travel(datetime.now(UTC) + timedelta(minutes=2), tick=False):
            assert alive() == set()
        worker.register_death()
        assert alive() == set()

    async def test_detects_a_consumer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async with running(consumer_of(note).run()):
            await eventually(lambda: get_worker_state().is_consumer_alive)
        monkeypatch.setattr("ticketing_app.monitoring.jobs.UNREAD_AFTER_SECONDS", 0)
        assert not get_worker_state().is_consumer_alive

    def test_unread_stream_has_no_consumer(self, queue: Queue) -> None:
        queue.connection.xadd("ticketing.events", {"event": "{}"})
        assert not get_worker_state().is_consumer_alive
