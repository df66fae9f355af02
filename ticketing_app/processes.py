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

from ticketing_app.accounts.jobs import delete_ended_sessions
from ticketing_app.core import db, metrics, queues, redis
from ticketing_app.core import logging as core_logging
from ticketing_app.core.clock import utc_now
from ticketing_app.core.logging import get_logger
from ticketing_app.core.queue_worker import QueueWorker
from ticketing_app.core.queues import JobFunction
from ticketing_app.core.settings import get_settings
from ticketing_app.expiration.jobs import expire_due_orders
from ticketing_app.messaging.consumer import Consumer
from ticketing_app.messaging.relay import Relay
from ticketing_app.monitoring.collector import FactsCollector
from ticketing_app.payments.jobs import (
    audit_payments,
    delete_old_rows,
    sweep_charges,
    sweep_webhooks,
)
from ticketing_app.subscriptions import SUBSCRIPTIONS

TICK_SECONDS = 0.5
RESTART_SECONDS = 0.2
LONGEST_RESTART_SECONDS = 5
STEADY_SECONDS = 10
STOP_SECONDS = 20
FINISH_SECONDS = 15
"""Within the time to stop: what a worker has in hand may end by itself for so long."""

CRON_FAILURE_TTL_SECONDS = 3600

CronTable = Mapping[JobFunction, int]
"""What is started again and again, and every how many seconds."""

CRON: CronTable = {
    expire_due_orders: 5,
    sweep_charges: 20,
    sweep_webhooks: 20,
    audit_payments: 24 * 3600,
    delete_ended_sessions: 3600,
    delete_old_rows: 3600,
}

log = get_logger()


def main() -> None:
    """Run the role named on the command line until SIGTERM or Ctrl-C."""
    core_logging.configure()
    match sys.argv[1:]:
        case ["all"]:
            supervise()
        case ["clock"]:
            # The scheduler's former name: manifests of the version before use it until the next release.
            _work("scheduler")
        case [role] if role in ROLES:
            _work(role)
        case _:
            sys.exit(f"usage: worker.py {'|'.join(ROLES)}|all")


class StopFlag:
    """Set by SIGTERM or Ctrl-C; a loop looks at it between two steps, so that none is cut short."""

    def __init__(self) -> None:
        self.is_set = False
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, self._set)

    def _set(self, _signum: int, _frame: FrameType | None) -> None:
        self.is_set = True


def work_queues(widths: Mapping[str, int]) -> None:
    """Run the jobs of these queues until stopped, then wait for those in hand."""

    async def work() -> None:
        worker = QueueWorker(widths)
        loop = asyncio.get_running_loop()
        task = loop.create_task(worker.run())

        def stop() -> None:
            worker.stop()
            # What is cut short is rolled back; its row comes up again.
            loop.call_later(FINISH_SECONDS, task.cancel)

        await _until_stopped(task, stop)

    asyncio.run(work())


class Scheduler:
    """Puts delayed jobs into their queue in time, and cron jobs; of several schedulers one works.

    RQ's own schedulers do not come back from an outage of Redis, and two of its cron schedulers start
    every job twice, as pickles. So the loop is ours, over RQ's public calls, and cron has to hold
    RQ's lock.
    """

    # RQ keeps the lock for its interval and 60 s; this makes it 10 s, after which another scheduler takes
    # the place of one that was killed.
    _INTERVAL = -50

    def __init__(self, cron: CronTable = CRON) -> None:
        self._scheduler = RQScheduler(
            [queues.DEFAULT],
            redis.sync_client(),
            interval=self._INTERVAL,
            logging_level=logging.WARNING,
            serializer=queues.Serializer,
        )
        self._cron = cron
        self._next_at: dict[JobFunction, datetime] = {}

    def tick(self) -> None:
        """Do what is due now, or try to become the scheduler that works.

        Raises:
            RedisError: Redis is away; the next tick goes on where this one was.
        """
        if self._scheduler.acquired_locks:
            self._scheduler.heartbeat()
        elif self._scheduler.acquire_locks():
            self._scheduler.register_birth()
        if self._scheduler.acquired_locks:
            self._scheduler.enqueue_scheduled_jobs()
            self._enqueue_cron()

    def _enqueue_cron(self) -> None:
        now = utc_now()
        for job, seconds in self._cron.items():
            if now < self._next_at.get(job, now):
                continue
            # A job that no worker took by the time of the next one is dropped; and a long queue of
            # single pieces of work must not starve the sweep that finds what was lost.
            queues.enqueue(job, ttl=seconds, at_front=True, failure_ttl=CRON_FAILURE_TTL_SECONDS)
            self._next_at[job] = now + timedelta(seconds=seconds)

    def stop(self) -> None:
        """Let another scheduler take over at once."""
        with suppress(redis.RedisError):
            self._scheduler.stop()


def run_scheduler() -> None:
    """Tick until stopped."""
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
    """Run until stopped; what is cut short then is rolled back, and done again by whoever is next."""

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
    await db.dispose()
    await redis.dispose()


def _work_outside() -> None:
    width = get_settings().outside_concurrency
    # Each queue has its own share: whatever hangs in the second, the first goes on.
    work_queues({queues.OUTSIDE: width, queues.OUTSIDE_LATER: width})


ROLES: dict[str, Callable[[], None]] = {
    "jobs": lambda: work_queues({queues.DEFAULT: 1}),
    "scheduler": run_scheduler,
    "relay": lambda: _run(Relay(SUBSCRIPTIONS).run()),
    "consumer": lambda: _run(Consumer(SUBSCRIPTIONS).run()),
    # The last one, so that the others keep their ports.
    "outside": _work_outside,
}


def _work(role: str) -> None:
    """Be this role, with its metrics at the port that is always its own."""
    if role == "scheduler":
        REGISTRY.register(FactsCollector())
    metrics.serve(1 + list(ROLES).index(role))
    ROLES[role]()


class Child:
    """The process of one role, started again whenever it ended, later and later if it ends at once.

    It is forked, so that the program is loaded once and not six times. Nothing is lost on the way:
    connections are made on first use, which in the supervisor never comes.
    """

    def __init__(self, role: str, lifeline: tuple[int, int]) -> None:
        self.role = role
        self.lifeline = lifeline
        self.process: ForkProcess | None = None
        self._started_at = self._start_at = 0.0
        self._pause = RESTART_SECONDS

    def keep_alive(self) -> None:
        """Start it if it does not run and its time has come."""
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
    """Wait for the end of a pipe that only the supervisor can write to: it is over after kill -9 too."""
    os.read(read_end, 1)
    # To the main thread by name: a signal that this one takes would not wake the other from waiting.
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


def supervise() -> None:
    """Run every role in a process of its own, until stopped; then wait for what they have in hand."""
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
