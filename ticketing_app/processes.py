"""The background processes: `python worker.py jobs | scheduler | relay | consumer | outside | all`."""

import asyncio
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from multiprocessing.context import ForkProcess
from types import FrameType
from typing import Any

from prometheus_client import REGISTRY
from rq.scheduler import RQScheduler

from ticketing_app.core import db, metrics, queues, redis
from ticketing_app.core import logging as core_logging
from ticketing_app.core.clock import utc_now
from ticketing_app.core.lease import Lease
from ticketing_app.core.logging import get_logger
from ticketing_app.core.queue_worker import QueueWorker
from ticketing_app.core.queues import JobFunction
from ticketing_app.core.settings import InvalidSettingsError, get_settings
from ticketing_app.deliveries.jobs import begin_missing
from ticketing_app.expiration.jobs import expire_due_orders
from ticketing_app.messaging.consumer import Consumer
from ticketing_app.messaging.relay import Relay
from ticketing_app.monitoring.collector import FactsCollector
from ticketing_app.notices.gateway import smtp
from ticketing_app.payments.jobs import (
    audit_payments,
    refund_cancelled_events,
    sweep_charges,
    sweep_webhooks,
)
from ticketing_app.privacy.jobs import delete_old_rows
from ticketing_app.subscriptions import SUBSCRIPTIONS, WORK
from ticketing_app.vault.jobs import sweep as sweep_files
from ticketing_app.work import jobs as work_jobs
from ticketing_app.work import nudge

# A job may take work of its kind for half a minute, and must not delay the expiry of holds, which waits in one or two.
JOBS_AT_ONCE = 6
TICK_SECONDS = 0.25
# Another scheduler takes over this long after the active one was killed.
LEASE_SECONDS = 10

RESTART_SECONDS = 0.2
LONGEST_RESTART_SECONDS = 5
STEADY_SECONDS = 10
STOP_SECONDS = 20
# Time for running jobs to finish after a stop signal; shorter than `STOP_SECONDS`.
FINISH_SECONDS = 15

CRON_FAILURE_TTL_SECONDS = 3600

# Period of each repeated job in seconds.
CronTable = Mapping[JobFunction, int]

CRON: CronTable = {
    expire_due_orders: 5,
    work_jobs.do_all_due: 20,
    sweep_charges: 20,
    sweep_webhooks: 20,
    refund_cancelled_events: 60,
    audit_payments: 24 * 3600,
    delete_old_rows: 3600,
    begin_missing: 600,
    sweep_files: 24 * 3600,
}

log = get_logger()


def main() -> None:
    """Run the role named on the command line until SIGTERM or SIGINT."""
    try:
        core_logging.configure()
    except InvalidSettingsError as error:
        sys.exit(str(error))
    work_jobs.register(WORK)
    match sys.argv[1:]:
        case ["all"]:
            supervise()
        case ["clock"]:
            # The scheduler's former name: manifests of the previous version use it until the next release.
            _work("scheduler")
        case [role] if role in ROLES:
            _work(role)
        case _:
            sys.exit(f"usage: worker.py {'|'.join(ROLES)}|all")


class StopFlag:
    """Set by SIGTERM or SIGINT; loops check it between two steps, so that no step is interrupted."""

    def __init__(self) -> None:
        self.is_set = False
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, self._set)

    def _set(self, _signum: int, _frame: FrameType | None) -> None:
        self.is_set = True


def work_queues(widths: Mapping[str, int]) -> None:
    """Run the jobs of these queues until stopped, then wait for the running ones."""

    async def work() -> None:
        worker = QueueWorker(widths)
        loop = asyncio.get_running_loop()
        task = loop.create_task(worker.run())

        def stop() -> None:
            worker.stop()
            work_jobs.stop()
            # A cancelled job is rolled back; a sweep finds its row again.
            loop.call_later(FINISH_SECONDS, task.cancel)

        await _until_stopped(task, stop)

    asyncio.run(work())


class Scheduler:
    """Queues delayed jobs and cron jobs when they are due; of several schedulers one is active.

    RQ's own schedulers do not recover from an outage of Redis, and two of its cron schedulers would
    queue every job twice, as pickles. So this class has its own loop and lease around RQ's public calls.
    """

    def __init__(self, cron: CronTable = CRON) -> None:
        # RQ's own key: schedulers of the previous version, which acquire it through RQ, stand by for this one.
        self._lease = Lease(RQScheduler.get_locking_key(queues.DEFAULT), seconds=LEASE_SECONDS)
        self._delayed = RQScheduler(
            [queues.DEFAULT],
            redis.sync_client(),
            logging_level=logging.WARNING,
            serializer=queues.Serializer,
        )
        self._delayed.prepare_registries([queues.DEFAULT])
        self._cron = cron
        self._next_at: dict[JobFunction, datetime] = {}

    def tick(self) -> None:
        """Queue the jobs that are due, if this scheduler holds the lease or can acquire it."""
        # Raises RedisError during an outage; the next tick resumes.
        if self._lease.hold():
            self._delayed.enqueue_scheduled_jobs()
            self._enqueue_cron()

    def _enqueue_cron(self) -> None:
        now = utc_now()
        for job, seconds in self._cron.items():
            if now < self._next_at.get(job, now):
                continue
            # Dropped if it still waits when the next one is due. Queued at the front, since a long queue
            # of other jobs must not starve the sweep that finds lost work.
            queues.enqueue(job, ttl=seconds, at_front=True, failure_ttl=CRON_FAILURE_TTL_SECONDS)
            self._next_at[job] = now + timedelta(seconds=seconds)

    def stop(self) -> None:
        """Release the lease, so that another scheduler takes over at once."""
        with suppress(redis.RedisError):
            self._lease.release()


def run_scheduler() -> None:
    stop = StopFlag()
    scheduler = Scheduler()
    while not stop.is_set:
        try:
            scheduler.tick()
        except redis.RedisError as error:
            log.warning("scheduler.interrupted", error=repr(error))
        time.sleep(TICK_SECONDS)
    scheduler.stop()


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run until stopped; interrupted work is rolled back and repeated by the next process."""

    async def until_stopped() -> None:
        task = asyncio.get_running_loop().create_task(work)
        await _until_stopped(task, task.cancel)

    asyncio.run(until_stopped())


async def _until_stopped(task: asyncio.Task[None], stop: Callable[[], object]) -> None:
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop)
    with suppress(asyncio.CancelledError):
        await task
    await _close_clients()


async def _close_clients() -> None:
    await nudge.finish()
    await smtp.close_connections()
    await db.dispose()
    await redis.dispose()


def _work_outside() -> None:
    width = get_settings().outside_concurrency
    # Separate slots per queue: hanging jobs of the second do not block the first.
    work_queues({queues.OUTSIDE: width, queues.OUTSIDE_LATER: width})


ROLES: dict[str, Callable[[], None]] = {
    "jobs": lambda: work_queues({queues.DEFAULT: JOBS_AT_ONCE}),
    "scheduler": run_scheduler,
    "relay": lambda: _run(Relay(SUBSCRIPTIONS).run()),
    "consumer": lambda: _run(Consumer(SUBSCRIPTIONS).run()),
    # Last, since the position decides the metrics port of a role.
    "outside": _work_outside,
}


def _work(role: str) -> None:
    if role == "scheduler":
        REGISTRY.register(FactsCollector())
    metrics.serve(1 + list(ROLES).index(role))
    ROLES[role]()


class Child:
    """The process of one role, restarted with backoff whenever it ends.

    Forked, so that the program is loaded once instead of six times. That is safe because connections
    are opened on first use, and the supervisor uses none.
    """

    def __init__(self, role: str, lifeline: tuple[int, int]) -> None:
        self.role = role
        self.lifeline = lifeline
        self.process: ForkProcess | None = None
        self._started_at = 0.0
        self._start_at = 0.0
        self._pause = RESTART_SECONDS

    def keep_alive(self) -> None:
        """Start the process if it is not running and the pause is over."""
        now = time.monotonic()
        if self.process and not self.process.is_alive():
            log.error("worker.child_ended", role=self.role, code=self.process.exitcode)
            self.process = None
            self._pause = min(2 * self._pause, LONGEST_RESTART_SECONDS)
            if now - self._started_at > STEADY_SECONDS:
                self._pause = RESTART_SECONDS
            self._start_at = now + self._pause
        if self.process is None and now >= self._start_at:
            self._started_at = now
            self.process = ForkProcess(target=self._run)
            self.process.start()
            log.info("worker.child_started", role=self.role, pid=self.process.pid)

    def _run(self) -> None:
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, signal.SIG_DFL)
        read_end, write_end = self.lifeline
        os.close(write_end)
        threading.Thread(target=_end_with_parent, args=[read_end], daemon=True).start()
        _work(self.role)


def _end_with_parent(read_end: int) -> None:
    """Wait until the supervisor's end of the pipe closes, as it does even after SIGKILL."""
    os.read(read_end, 1)
    # Sent to the main thread: a signal delivered to this one would not interrupt its system call.
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


def supervise() -> None:
    """Run each role in its own process until stopped, then wait for running work to finish."""
    stop = StopFlag()
    lifeline = os.pipe()
    children = [Child(role, lifeline) for role in ROLES]
    while not stop.is_set:
        for child in children:
            child.keep_alive()
        time.sleep(RESTART_SECONDS)
    running = [child.process for child in children if child.process]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for process in running:
        process.join(max(0.0, deadline - time.monotonic()))
        process.kill()
