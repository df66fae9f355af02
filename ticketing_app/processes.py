"""The background processes: `python worker.py jobs | clock | relay | consumer | all`."""

import asyncio
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from functools import lru_cache
from multiprocessing.context import ForkProcess
from types import FrameType
from typing import Any, cast

from prometheus_client import REGISTRY
from rq import SimpleWorker
from rq.cron import CronScheduler
from rq.exceptions import StopRequested
from rq.job import Job
from rq.scheduler import RQScheduler

from ticketing_app.core import db, metrics, redis
from ticketing_app.core import logging as core_logging
from ticketing_app.core.logging import get_logger
from ticketing_app.expiration.jobs import expire_due_orders
from ticketing_app.messaging.consumer import Consumer
from ticketing_app.messaging.relay import Relay
from ticketing_app.monitoring.collector import FactsCollector
from ticketing_app.monitoring.jobs import QUEUE
from ticketing_app.payments.jobs import audit_payments, sweep_open_charges, sweep_stripe_events
from ticketing_app.subscriptions import SUBSCRIPTIONS

# RQ's own limit for a job, 180 s, is an alarm that may go off anywhere; ours comes before and cancels.
JOB_SECONDS = 150
# RQ waits for work for this long less 15 s at a time, which is how soon it notices a dead Redis.
WORKER_TTL_SECONDS = 20
TICK_SECONDS = 0.5
RESTART_SECONDS = 0.2
LONGEST_RESTART_SECONDS = 5
STEADY_SECONDS = 10
STOP_SECONDS = 20

CronTable = Mapping[Callable[[], Awaitable[None]], int]
"""What is started again and again, and every how many seconds."""

CRON: CronTable = {
    expire_due_orders: 5,
    sweep_open_charges: 20,
    sweep_stripe_events: 20,
    audit_payments: 24 * 3600,
}

log = get_logger()


def main() -> None:
    """Run the role named on the command line until SIGTERM or Ctrl-C."""
    core_logging.configure()
    match sys.argv[1:]:
        case ["all"]:
            supervise()
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


@lru_cache(maxsize=1)
def _runner() -> asyncio.Runner:
    return asyncio.Runner()


class LoopJob(Job):
    """Runs coroutines on one event loop for as long as the process lives.

    Connections to PostgreSQL belong to a loop, and RQ would make a new one for each job.
    """

    def _execute(self) -> object:
        job = cast("Callable[..., Coroutine[Any, Any, object]]", self.func)
        return _runner().run(asyncio.wait_for(job(*self.args, **self.kwargs), JOB_SECONDS))


class JobsWorker(SimpleWorker):
    """Runs the jobs in this process, one after the other."""

    job_class = LoopJob
    max_connection_wait_time = 2.0
    is_stopping = False

    def handle_warm_shutdown_request(self) -> None:
        """Remember why the work loop ends: it also does when Redis goes away at a bad moment."""
        self.is_stopping = True


def work_jobs() -> None:
    """Run jobs; when Redis is away, try again until it is back."""
    worker = None
    while worker is None or not worker.is_stopping:
        # RQ's handler of SIGTERM raises this, also when the signal comes between two of our steps.
        with suppress(StopRequested):
            try:
                worker = JobsWorker(
                    QUEUE, connection=redis.sync_client(), worker_ttl=WORKER_TTL_SECONDS
                )
                worker.work(logging_level="WARNING")
            except redis.RedisError as error:
                log.warning("jobs.interrupted", error=repr(error))
            time.sleep(RESTART_SECONDS)
    _runner().run(_close_clients())
    _runner().close()


class Clock:
    """Puts delayed jobs into their queue in time, and cron jobs; of several clocks one works.

    RQ's own schedulers do not come back from an outage of Redis, and two of its cron schedulers start
    every job twice. So the loop is ours, over RQ's public calls, and cron has to hold RQ's lock.
    """

    # RQ keeps the lock for its interval and 60 s; this makes it 10 s, after which another clock takes
    # the place of one that was killed.
    _INTERVAL = -50

    def __init__(self, cron: CronTable = CRON) -> None:
        connection = redis.sync_client()
        self._scheduler = RQScheduler(
            [QUEUE], connection, interval=self._INTERVAL, logging_level=logging.WARNING
        )
        self._cron = CronScheduler(connection, logging_level=logging.WARNING)
        for job, seconds in cron.items():
            # A job that no worker took by the time of the next one is dropped.
            self._cron.register(
                job, QUEUE, interval=seconds, ttl=seconds, result_ttl=0, failure_ttl=3600
            )

    def tick(self) -> None:
        """Do what is due now, or try to become the clock that works.

        Raises:
            RedisError: Redis is away; the next tick goes on where this one was.
        """
        if self._scheduler.acquired_locks:
            self._scheduler.heartbeat()
        elif self._scheduler.acquire_locks():
            self._scheduler.register_birth()
        if self._scheduler.acquired_locks:
            self._scheduler.enqueue_scheduled_jobs()
            self._cron.enqueue_jobs()

    def stop(self) -> None:
        """Let another clock take over at once."""
        with suppress(redis.RedisError):
            self._scheduler.stop()


def keep_time() -> None:
    """Tick until stopped."""
    stop = StopFlag()
    clock = Clock()
    while not stop.is_set:
        try:
            clock.tick()
        except redis.RedisError as error:
            log.warning("clock.interrupted", error=repr(error))
        time.sleep(TICK_SECONDS)
    clock.stop()


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run until stopped; what is cut short then is rolled back, and done again by whoever is next."""

    async def until_stopped() -> None:
        loop = asyncio.get_running_loop()
        task = loop.create_task(work)
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signum, task.cancel)
        with suppress(asyncio.CancelledError):
            await task
        await _close_clients()

    asyncio.run(until_stopped())


async def _close_clients() -> None:
    await db.dispose()
    await redis.dispose()


ROLES: dict[str, Callable[[], None]] = {
    "jobs": work_jobs,
    "clock": keep_time,
    "relay": lambda: _run(Relay(SUBSCRIPTIONS).run()),
    "consumer": lambda: _run(Consumer(SUBSCRIPTIONS).run()),
}


def _work(role: str) -> None:
    """Be this role, with its metrics at the port that is always its own."""
    if role == "clock":
        REGISTRY.register(FactsCollector())
    metrics.serve(1 + list(ROLES).index(role))
    ROLES[role]()


class Child:
    """The process of one role, started again whenever it ended, later and later if it ends at once.

    It is forked, so that the program is loaded once and not five times. Nothing is lost on the way:
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
