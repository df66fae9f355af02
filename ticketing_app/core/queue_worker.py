"""Runs jobs concurrently on one event loop, with RQ's queues and bookkeeping."""

import asyncio
import logging
import os
import socket
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar, cast

from rq import Queue, SimpleWorker
from rq.exceptions import DequeueTimeout
from rq.executions import Execution

from ticketing_app.core import queues, redis
from ticketing_app.core.logging import get_logger
from ticketing_app.core.queues import RegisteredJob

# RQ considers a job abandoned 240 s after its start; the worker cancels it earlier.
JOB_SECONDS = 150
# Passed to RQ, which forgets a worker 60 s after this time without a heartbeat.
WORKER_TTL_SECONDS = 20
BEAT_SECONDS = 5
DEQUEUE_SECONDS = 1
# Threads for blocking calls of RQ, in addition to one per queue that waits for jobs.
BOOKKEEPING_THREADS = 8
RETRY_SECONDS = 0.2

Answer = TypeVar("Answer")

log = get_logger()


class QueueWorker(SimpleWorker):
    """Runs jobs on the event loop of this process, several per queue at once.

    RQ itself runs jobs one by one, each on a new event loop, on which pooled connections of the
    previous loop do not work. Its bookkeeping is used unchanged; it blocks, so it runs in threads.
    """

    job_class = RegisteredJob

    def __init__(self, widths: Mapping[str, int]) -> None:
        """Create a worker; `widths` maps queues to the number of jobs that run concurrently."""
        super().__init__(
            [queues.get_queue(name) for name in widths],
            connection=redis.sync_client(),
            serializer=queues.Serializer,
            worker_ttl=WORKER_TTL_SECONDS,
            log_job_description=False,
            # Otherwise the constructor would call Redis.
            prepare_for_work=False,
        )
        self.log.setLevel(logging.WARNING)
        self.hostname = socket.gethostname()
        self.pid = os.getpid()
        self._widths = widths
        self._stopping = asyncio.Event()
        self._threads = ThreadPoolExecutor(len(widths) + BOOKKEEPING_THREADS)

    def stop(self) -> None:
        """Take no more jobs; `run` returns when the running ones have ended."""
        self._stopping.set()

    async def run(self) -> None:
        """Run jobs until stopped; retries while Redis is unavailable."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._beat())
                for queue in self.queues:
                    tasks.create_task(self._work_queue(queue, self._widths[queue.name]))
        finally:
            self._threads.shutdown(wait=False)
            with suppress(redis.RedisError):
                self.register_death()

    async def _in_thread(self, call: Callable[..., Answer], *args: Any, **kwargs: Any) -> Answer:  # noqa: ANN401  # as `call` takes them.
        bound = partial(call, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._threads, bound)

    async def _beat(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._in_thread(self._report)
            except redis.RedisError as error:
                log.warning("jobs.heartbeat_failed", error=repr(error))
            except Exception:
                # RQ's maintenance may fail on a foreign job; that must not stop the worker.
                log.exception("jobs.heartbeat_failed")
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT_SECONDS):
                    await self._stopping.wait()

    def _report(self) -> None:
        # Redis may have restarted empty.
        if not self.connection.exists(self.key):
            self.register_birth()
        self.heartbeat()
        if self.should_run_maintenance_tasks:
            self.run_maintenance_tasks()

    async def _work_queue(self, queue: Queue, width: int) -> None:
        slots = asyncio.Semaphore(width)
        async with asyncio.TaskGroup() as tasks:
            while True:
                # Before dequeuing: a job that cannot run yet stays available to other workers.
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
            # RQ has dequeued a job that it cannot read.
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
        # _perform records failures of the job itself; only the bookkeeping can raise here.
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
            await self._in_thread(self._record_failure, job, queue, execution, error)
            if not isinstance(error, Exception):
                raise
        else:
            await self._in_thread(self._record_success, job, queue, execution)

    def _record_success(self, job: RegisteredJob, queue: Queue, execution: Execution) -> None:
        self.handle_execution_ended(job, queue, job.success_callback_timeout)
        self.handle_job_success(job, queue, queue.started_job_registry, execution)

    def _record_failure(
        self, job: RegisteredJob, queue: Queue, execution: Execution, error: BaseException
    ) -> None:
        self.handle_execution_ended(job, queue, job.failure_callback_timeout)
        self.handle_exception(job, type(error), error, error.__traceback__)
        reason = "".join(traceback.format_exception(error))
        self.handle_job_failure(job, queue, exc_string=reason, execution=execution)
