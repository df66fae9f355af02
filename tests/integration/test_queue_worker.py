"""The job worker: one event loop, concurrent jobs, registered functions only."""

import asyncio
import os
import pickle
import signal
import threading
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue
from rq.job import Job, JobStatus

from tests.integration.sample_jobs import (
    MARKS,
    Trap,
    call_outside,
    leave_mark,
    let_go,
    marks,
    note_loop,
)
from tests.waiting import eventually
from ticketing_app import processes
from ticketing_app.core import queue_worker, queues, redis
from ticketing_app.core.queue_worker import QueueWorker
from ticketing_app.core.queues import DEFAULT, OUTSIDE, OUTSIDE_LATER
from ticketing_app.subscriptions import WORK

pytestmark = pytest.mark.usefixtures("database")


@asynccontextmanager
async def working(widths: Mapping[str, int]) -> AsyncGenerator[QueueWorker]:
    """Run a worker during the block, then stop it after its running jobs."""
    worker = QueueWorker(widths)
    task = asyncio.create_task(worker.run())
    try:
        yield worker
        worker.stop()
        await task
    finally:
        task.cancel()


@pytest.fixture
def connection() -> Redis:
    return redis.sync_client()


async def is_failed(job: Job) -> bool:
    return await asyncio.to_thread(job.get_status) is JobStatus.FAILED


async def has_marks(count: int) -> bool:
    return len(await marks()) >= count


class TestQueueWorker:
    async def test_runs_every_job_on_its_own_loop(self) -> None:
        for _ in range(20):
            queues.enqueue(note_loop)
        async with working({DEFAULT: 1}):
            await eventually(lambda: has_marks(20))
        assert set(await marks()) == {str(id(asyncio.get_running_loop()))}

    async def test_cancels_a_job_that_takes_too_long_and_runs_the_next(
        self, monkeypatch: pytest.MonkeyPatch, connection: Redis
    ) -> None:
        monkeypatch.setattr(queue_worker, "JOB_SECONDS", 0.2)
        late = Queue(connection=connection, serializer=queues.Serializer).enqueue(
            "tests.take_too_long"
        )
        queues.enqueue(note_loop)
        async with working({DEFAULT: 1}):
            await eventually(lambda: has_marks(2))
        assert (await marks())[0] == "cancelled"
        assert await is_failed(late)

    async def test_runs_at_most_width_jobs_of_a_queue_at_once(self) -> None:
        for name in ("a", "b", "c"):
            queues.enqueue(call_outside, name)
        async with working({OUTSIDE: 2}):
            await eventually(lambda: has_marks(2))
            await let_go("b")
            await eventually(lambda: has_marks(4))
            await let_go("a")
            await let_go("c")
            await eventually(lambda: has_marks(6))
        left = await marks()
        assert set(left[:2]) == {"a begins", "b begins"}
        assert left[2:4] == ["b ends", "c begins"]

    async def test_full_queue_does_not_block_others(self) -> None:
        for name in ("a", "b", "c"):
            queues.enqueue(call_outside, name, queue=OUTSIDE_LATER)
        async with working({OUTSIDE: 1, OUTSIDE_LATER: 2}):
            await eventually(lambda: has_marks(2))
            queues.enqueue(leave_mark, "paid")
            await eventually(lambda: has_marks(3))
            assert (await marks())[2:] == ["paid"]
            for name in ("a", "b", "c"):
                await let_go(name)

    async def test_stops_between_two_jobs(self) -> None:
        for name in ("a", "b"):
            queues.enqueue(call_outside, name)
        async with working({OUTSIDE: 1}) as worker:
            await eventually(lambda: has_marks(1))
            worker.stop()
            await let_go("a")
        assert await marks() == ["a begins", "a ends"]
        assert queues.get_queue(OUTSIDE).count == 1

    async def test_retries_an_interrupted_job_with_tries_left(self) -> None:
        queues.enqueue(call_outside, "a", tries=2)
        task = asyncio.create_task(QueueWorker({OUTSIDE: 1}).run())
        await eventually(lambda: has_marks(1))
        task.cancel()
        await asyncio.wait({task})
        await let_go("a")
        async with working({OUTSIDE: 1}):
            await eventually(lambda: has_marks(3))
        assert await marks() == ["a begins", "a begins", "a ends"]

    async def test_moves_a_job_to_its_queue(self) -> None:
        queues.enqueue(leave_mark, "moved", queue=DEFAULT)
        async with working({DEFAULT: 1}):
            await eventually(lambda: queues.get_queue(OUTSIDE).count == 1)
        assert await marks() == []
        async with working({OUTSIDE: 1}):
            await eventually(lambda: has_marks(1))

    async def test_leaves_nothing_behind_of_a_job_that_succeeded(self, connection: Redis) -> None:
        queues.enqueue(leave_mark, "done")
        async with working({OUTSIDE: 1}):
            await eventually(lambda: has_marks(1))
        assert not connection.exists("rq:wip:outside", "rq:queue:outside:intermediate")
        assert not list(connection.scan_iter("rq:job:*"))


class TestWorkQueues:
    def test_cancels_jobs_that_outlast_the_stop(
        self, monkeypatch: pytest.MonkeyPatch, connection: Redis
    ) -> None:
        monkeypatch.setattr(processes, "FINISH_SECONDS", 0.1)
        queues.enqueue(call_outside, "a", tries=2)

        def stop_when_it_runs() -> None:
            deadline = time.monotonic() + 30
            while not connection.exists(MARKS) and time.monotonic() < deadline:
                time.sleep(0.02)
            os.kill(os.getpid(), signal.SIGTERM)

        thread = threading.Thread(target=stop_when_it_runs)
        thread.start()
        processes.work_queues({OUTSIDE: 1})
        thread.join()
        assert connection.lrange(MARKS, 0, -1) == [b"a begins"]
        assert queues.get_queue(OUTSIDE).count == 1


class TestForeignJobs:
    """Jobs that another program wrote to Redis."""

    async def test_refuses_an_unregistered_function(
        self, connection: Redis, tmp_path: Path
    ) -> None:
        proof = tmp_path / "proof"
        foreign = Queue(connection=connection).enqueue("os.system", f"id > {proof}")
        await self._refuse(foreign)
        assert not proof.exists()

    async def test_loads_no_pickle_that_runs_code(self, connection: Redis, tmp_path: Path) -> None:
        proof = tmp_path / "proof"
        foreign = Queue(connection=connection).enqueue("tests.note_loop")
        trap = pickle.dumps(Trap(proof))
        connection.hset(foreign.key, mapping={"data": trap, "meta": trap})
        await self._refuse(foreign)
        assert not proof.exists()

    async def test_calls_no_callback(self, connection: Redis) -> None:
        foreign = Queue(connection=connection, serializer=queues.Serializer).enqueue(
            "tests.note_loop", result_ttl=0
        )
        connection.hset(foreign.key, "success_callback_name", "tests.no_such_module.run")
        async with working({DEFAULT: 1}):
            await eventually(lambda: has_marks(1))
            await eventually(lambda: not Job.exists(foreign.id, connection))

    async def test_jobs_of_the_version_before_still_run(self, connection: Redis) -> None:
        before = Queue(connection=connection)
        before.enqueue("tests.jobs_before.note_loop", result_ttl=0)
        async with working({DEFAULT: 1}):
            await eventually(lambda: has_marks(1))
        assert await marks() == [str(id(asyncio.get_running_loop()))]

    async def _refuse(self, foreign: Job) -> None:
        queues.enqueue(note_loop)
        async with working({DEFAULT: 1}):
            await eventually(lambda: has_marks(1))
        assert await is_failed(foreign)


def test_names_of_jobs_are_stable() -> None:
    ours = {name for name in queues.names() if "tests." not in name}
    assert len(processes.CRON) == 9
    assert ours == {
        "deliveries.begin_missing",
        "expiration.expire_due_orders",
        "payments.audit",
        "payments.check_charge",
        "payments.handle_webhook",
        "payments.refund_cancelled_events",
        "payments.refund_event",
        "payments.sweep_charges",
        "payments.sweep_webhooks",
        "privacy.delete_old_rows",
        "vault.sweep",
        "work.sweep",
        *(f"work.{kind}" for kind in WORK),
        # Queued by the previous version.
        "payments.delete_old_rows",
        "sessions.delete_ended_sessions",
        "ticketing_app.expiration.jobs.expire_due_orders",
        "ticketing_app.payments.jobs.audit_payments",
        "ticketing_app.payments.jobs.check_charge",
        "ticketing_app.payments.jobs.handle_stripe_event",
        "ticketing_app.payments.jobs.sweep_open_charges",
        "ticketing_app.payments.jobs.sweep_stripe_events",
    }
