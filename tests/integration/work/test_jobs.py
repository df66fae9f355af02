"""The jobs of deferred work: nudged, delayed, swept, limited, stopped between two things."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from rq import Queue
from rq.registry import ScheduledJobRegistry

from tests.integration.sample_jobs import leave, marks
from tests.waiting import eventually
from ticketing_app.core import db, queues, redis
from ticketing_app.core.clock import utc_now
from ticketing_app.core.queue_worker import QueueWorker
from ticketing_app.core.queues import DEFAULT, OUTSIDE, OUTSIDE_LATER
from ticketing_app.work import due, jobs, nudge
from ticketing_app.work.due import Kind

KIND = "tests.sample"

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Callable[[Kind], None]:
    """Registers the kind of this test."""
    monkeypatch.setattr(jobs, "KINDS", {})
    monkeypatch.setattr(jobs, "_buckets", {})
    monkeypatch.setattr(jobs, "_stopping", set())
    monkeypatch.setattr(jobs, "_takers", Counter())
    monkeypatch.setattr(jobs, "_runs", {})
    return lambda kind: jobs.register({KIND: kind})


async def want(*keys: str, **options: object) -> None:
    async with db.transaction() as session:
        for key in keys:
            await due.want(session, KIND, key, **options)  # pyright: ignore[reportArgumentType]
    await nudge.finish()


async def mark(_: db.Transaction, key: str) -> None:
    await leave(key)


async def wait_for_go(_: db.Transaction, key: str) -> None:
    await leave(f"{key} begins")
    await eventually(lambda: redis.client().exists(f"tests.go.{key}"), seconds=60)
    await leave(f"{key} ends")


async def let_go(key: str) -> None:
    await redis.client().set(f"tests.go.{key}", 1)


async def has_marks(count: int) -> bool:
    return len(await marks()) >= count


@asynccontextmanager
async def working() -> AsyncGenerator[QueueWorker]:
    worker = QueueWorker({OUTSIDE: 2, OUTSIDE_LATER: 2})
    task = asyncio.create_task(worker.run())
    try:
        yield worker
        worker.stop()
        await task
    finally:
        task.cancel()


class TestNudge:
    async def test_starts_work_after_the_commit(self, register: Callable[[Kind], None]) -> None:
        register(Kind(mark))
        async with working():
            await want("a", "b")
            await eventually(lambda: has_marks(2))
        assert sorted(await marks()) == ["a", "b"]

    @pytest.mark.parametrize("queue", [DEFAULT, OUTSIDE, OUTSIDE_LATER])
    async def test_uses_the_queue_of_the_kind(
        self, register: Callable[[Kind], None], queue: str
    ) -> None:
        register(Kind(mark, queue=queue))
        await want("a")
        counts = {name: queues.get_queue(name).count for name in queues.QUEUES}
        assert counts == dict.fromkeys(queues.QUEUES, 0) | {queue: 1}

    async def test_delays_one_job_for_all_work_of_a_second(
        self, register: Callable[[Kind], None]
    ) -> None:
        register(Kind(mark))
        at = (utc_now() + timedelta(minutes=1)).replace(microsecond=0)
        await want("a", "b", at=at - timedelta(milliseconds=400))
        await want("c", at=at)
        await want("d", at=at + timedelta(milliseconds=1))
        scheduled = ScheduledJobRegistry(DEFAULT, connection=redis.sync_client())
        assert scheduled.count == 2
        assert queues.get_queue(OUTSIDE_LATER).count == 0

    async def test_outage_of_redis_is_only_logged(
        self, register: Callable[[Kind], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise redis.RedisError

        register(Kind(mark))
        monkeypatch.setattr(Queue, "enqueue", refuse)
        await want("a")
        monkeypatch.undo()
        async with db.transaction() as session:
            assert await due.list_due_kinds(session) == [KIND]

    async def test_is_sent_in_the_last_step_of_the_one_before(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sent: list[str] = []

        async def enqueue(kind: str, _second: int | None) -> None:
            sent.append(kind)

        monkeypatch.setattr(nudge, "_enqueue", enqueue)
        await nudge.nudge("first")
        sender = next(each for each in nudge._senders if not each.done())
        while not sender.done():  # noqa: ASYNC110  # to act in its last step.
            await asyncio.sleep(0)
        await nudge.nudge("second")
        await nudge.finish()
        assert sent == ["first", "second"]


class TestSweep:
    async def test_finds_work_whose_nudge_is_lost(self, register: Callable[[Kind], None]) -> None:
        register(Kind(mark))
        await want("a")
        await redis.client().flushall()
        await jobs.do_all_due()
        await nudge.finish()
        async with working():
            await eventually(lambda: has_marks(1))

    async def test_leaves_work_of_unknown_kinds(self, register: Callable[[Kind], None]) -> None:
        register(Kind(mark))
        await want("a")
        await redis.client().flushall()
        jobs.KINDS.clear()
        await jobs.do_all_due()
        await nudge.finish()
        assert queues.get_queue(OUTSIDE_LATER).count == 0


class TestDoDue:
    async def test_acts_at_most_so_often_at_once(self, register: Callable[[Kind], None]) -> None:
        register(Kind(wait_for_go, at_once=2))
        await want("a", "b", "c")
        first = asyncio.create_task(jobs.do_due(KIND))
        await eventually(lambda: has_marks(2))
        await jobs.do_due(KIND)  # No taker is free.
        assert set(await marks()) == {"a begins", "b begins"}
        for key in ("a", "b", "c"):
            await let_go(key)
        await first
        assert len(await marks()) == 6

    async def test_hanging_kind_delays_no_other(self, register: Callable[[Kind], None]) -> None:
        register(Kind(wait_for_go, at_once=2))
        jobs.register({"tests.other": Kind(mark)})
        async with working():
            for key in ("a", "b", "c", "d"):
                await want(key)
            await eventually(lambda: has_marks(2))
            async with db.transaction() as session:
                await due.want(session, "tests.other", "quick")
            await eventually(lambda: has_marks(3))
            assert (await marks())[2] == "quick"
            for key in ("a", "b", "c", "d"):
                await let_go(key)

    async def test_nudge_during_the_last_look_is_not_lost(
        self, register: Callable[[Kind], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        register(Kind(mark))
        do_next = due.do_next
        keys = ["late"]

        async def want_after_the_look(name: str, kind: Kind) -> bool:
            found = await do_next(name, kind)
            if not found and keys:
                await want(keys.pop())
                await jobs.do_due(KIND)
            return found

        monkeypatch.setattr(due, "do_next", want_after_the_look)
        await jobs.do_due(KIND)
        assert await marks() == ["late"]

    async def test_failure_does_not_stop_the_others(self, register: Callable[[Kind], None]) -> None:
        async def act(transaction: db.Transaction, key: str) -> None:
            if key == "broken":
                raise ZeroDivisionError
            await mark(transaction, key)

        register(Kind(act, at_once=2))
        await want("broken", "a", "b")
        await jobs.do_due(KIND)
        assert sorted(await marks()) == ["a", "b"]

    async def test_outage_of_one_taker_does_not_cancel_another(
        self, register: Callable[[Kind], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        register(Kind(wait_for_go, at_once=2))
        await want("a")
        do_next = due.do_next
        lost = asyncio.Event()

        async def fail_second(name: str, kind: Kind) -> bool:
            if await has_marks(1):
                lost.set()
                raise ConnectionError
            return await do_next(name, kind)

        first = asyncio.create_task(jobs.do_due(KIND))
        await eventually(lambda: has_marks(1))
        monkeypatch.setattr(due, "do_next", fail_second)
        await jobs.do_due(KIND)
        await let_go("a")
        await first
        assert await marks() == ["a begins", "a ends"]

    async def test_keeps_to_the_rate(
        self, register: Callable[[Kind], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        naps: list[float] = []

        async def nap(seconds: float) -> None:
            naps.append(seconds)

        register(Kind(mark, per_second=lambda: 2))
        await want("a", "b", "c", "d")
        monkeypatch.setattr(jobs.asyncio, "sleep", nap)
        await jobs.do_due(KIND)
        assert [round(seconds, 1) for seconds in naps] == [0, 0, 0.5, 1.0]

    @pytest.mark.parametrize("limit", ["stop", "time"])
    async def test_stops_between_two_things_and_another_job_continues(
        self, register: Callable[[Kind], None], monkeypatch: pytest.MonkeyPatch, limit: str
    ) -> None:
        async def act(transaction: db.Transaction, key: str) -> None:
            await mark(transaction, key)
            if limit == "stop":
                jobs.stop()
            else:
                monkeypatch.setattr(jobs, "monotonic", lambda: float("inf"))

        register(Kind(act))
        await want("a", "b")
        await redis.client().delete("rq:queue:outside-later")
        await jobs.do_due(KIND)
        monkeypatch.undo()
        await nudge.finish()
        assert len(await marks()) == 1
        assert queues.get_queue(OUTSIDE_LATER).count == 1
