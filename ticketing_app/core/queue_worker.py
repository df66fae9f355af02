"""Runs jobs: RQ's queues and bookkeeping, one event loop, several jobs at once."""

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar, cast

from rq import Queue, SimpleWorker
from rq.exceptions import DequeueTimeout

from ticketing_app.core import queues, redis
from ticketing_app.core.logging import get_logger
from ticketing_app.core.queues import RegisteredJob

# RQ takes a job for abandoned 240 s after its start; ours is cancelled before.
JOB_SECONDS = 150
# A worker reports this often that it lives, and is forgotten 60 s after this without a report.
WORKER_TTL_SECONDS = 20
BEAT_SECONDS = 5
DEQUEUE_SECONDS = 1
# Calls of RQ that block, beside the one that waits at each queue.
BOOKKEEPING_THREADS = 8
RETRY_SECONDS = 0.2

Answer = TypeVar("Answer")

log = get_logger()


class QueueWorker(SimpleWorker):
    """Runs jobs on the event loop of this process, several of each queue at once.

    RQ itself runs one job after the other, each on a loop of its own, where the connections of the
    last one do not work. Its bookkeeping is used as it is; it blocks, so it runs in threads.
    """

    job_class = RegisteredJob

    def __init__(self, widths: Mapping[str, int]) -> None:
        """Make a worker for these queues, each with the number of its jobs that run at once."""
        super().__init__(
            [queues.get_queue(name) for name in widths],
            connection=redis.sync_client(),
            serializer=queues.Serializer,
            worker_ttl=WORKER_TTL_SECONDS,
            log_job_description=False,
            # Else it would need Redis here.
            prepare_for_work=False,
        )
        self.log.setLevel(logging.WARNING)
        self.hostname = socket.gethostname()
        self.pid = os.getpid()
        self._widths = widths
        self._stopping = asyncio.Event()
        self._threads = ThreadPoolExecutor(len(widths) + BOOKKEEPING_THREADS)

    def stop(self) -> None:
        """Take no more jobs; `run` returns when those in hand have ended."""
        self._stopping.set()

    async def run(self) -> None:
        """Run jobs until stopped; when Redis is away, try again until it is back."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._beat())
                for queue in self.queues:
                    tasks.create_task(self._work_queue(queue, self._widths[queue.name]))
        finally:
            self._threads.shutdown(wait=False)
            with suppress(redis.RedisError):
                self.register_death()

    async def _in_thread(self, call: Callable[..., Answer], *args: Any, **kwargs: Any) -> Answer:  # noqa: ANN401  # what `call` takes.
        bound = partial(call, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._threads, bound)

    async def _beat(self) -> None:
        """Report that this worker lives, for as long as it does."""
        while not self._stopping.is_set():
            try:
                await self._in_thread(self._report)
            except redis.RedisError as error:
                log.warning("jobs.not_reported", error=repr(error))
            except Exception:
                # A job of others that RQ stumbles over while it cleans up never ends the work.
                log.exception("jobs.not_reported")
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT_SECONDS):
                    await self._stopping.wait()

    def _report(self) -> None:
        # Redis may have come back empty.
        if not self.connection.exists(self.key):
            self.register_birth()
        self.heartbeat()
        if self.should_run_maintenance_tasks:
            self.run_maintenance_tasks()

    async def _work_queue(self, queue: Queue, width: int) -> None:
        slots = asyncio.Semaphore(width)
        async with asyncio.TaskGroup() as tasks:
            while True:
                # Before the job is taken: until it can run, another worker may have it.
                await slots.acquire()
                if self._stopping.is_set():
                    return
                job = await self._take(queue)
                if job is None:
                    slots.release()
                else:
                    task = tasks.create_task(self._run_job(job, queue))
                    task.add_done_callback(lambda _: slots.release())

    async def _take(self, queue: Queue) -> RegisteredJob | None:
        try:
            return await self._in_thread(self._dequeue, queue)
        except DequeueTimeout:
            return None
        except redis.RedisError as error:
            log.warning("jobs.interrupted", queue=queue.name, error=repr(error))
        except Exception:
            # RQ cannot read this job, which has left the queue.
            log.exception("job.refused", queue=queue.name)
        await asyncio.sleep(RETRY_SECONDS)
        return None

    def _dequeue(self, queue: Queue) -> RegisteredJob | None:
        found = Queue.dequeue_any(
            [queue],
            DEQUEUE_SECONDS,
            connection=self.connection,
            job_class=self.job_class,
            serializer=self.serializer,
        )
        return cast("RegisteredJob", found[0]) if found else None

    async def _run_job(self, job: RegisteredJob, queue: Queue) -> None:
        # How the job itself ended is recorded within; here only the bookkeeping fails.
        try:
            await self._perform(job, queue)
        except redis.RedisError as error:
            log.warning("jobs.not_recorded", job_id=job.id, error=repr(error))
        except Exception:
            log.exception("jobs.not_recorded", job_id=job.id)

    async def _perform(self, job: RegisteredJob, queue: Queue) -> None:
        execution = await self._in_thread(self.prepare_execution, job)
        try:
            await self._in_thread(
                self.prepare_job_execution, job, remove_from_intermediate_queue=True
            )
            if job.registered.queue not in self._widths:
                await self._in_thread(job.move)
            else:
                async with asyncio.timeout(JOB_SECONDS):
                    await job.run()
        except BaseException as error:
            reason = type(error), error, error.__traceback__
            await self._in_thread(self._finalize_failure, job, queue, execution, reason)
            if not isinstance(error, Exception):
                raise
        else:
            await self._in_thread(self._finalize_success, job, queue, execution, None)
