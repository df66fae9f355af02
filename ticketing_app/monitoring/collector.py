"""Facts of database and Redis as metrics, read on scrape and exported by the scheduler alone."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from threading import Lock
from typing import NamedTuple

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import text

from ticketing_app.core import db
from ticketing_app.core.logging import get_logger
from ticketing_app.core.outages import is_unavailable
from ticketing_app.monitoring.events import EventBacklog, get_event_backlog
from ticketing_app.monitoring.jobs import WorkerState, get_worker_state
from ticketing_app.monitoring.work import WorkBacklog, get_work_backlog
from ticketing_app.orders.service.release import get_expiry_lag_seconds
from ticketing_app.payments.schemas import PaymentBacklog
from ticketing_app.payments.service.backlog import get_backlog

# Scrapes within this time share one read of the database.
CACHE_SECONDS = 5

READ_SECONDS = 3
CLOSE_SECONDS = 1

log = get_logger()


class Facts(NamedTuple):
    expiry_lag_seconds: float
    events: EventBacklog
    payments: PaymentBacklog
    work: dict[str, WorkBacklog]


async def read_facts() -> Facts:
    """Read all facts in one transaction; PostgreSQL cancels a statement after three seconds."""
    async with db.transaction() as session:
        connection = await session.connection()
        await connection.execute(text(f"SET LOCAL statement_timeout = '{READ_SECONDS}s'"))
        return Facts(
            await get_expiry_lag_seconds(session),
            await get_event_backlog(session),
            await get_backlog(session),
            await get_work_backlog(session),
        )


class FactsCollector(Collector):
    """Exports the facts that can be read; `..._up` reports whether each source answered."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._families: list[GaugeMetricFamily] = []
        self._stale_at = 0.0

    def describe(self) -> list[GaugeMetricFamily]:
        return []

    def collect(self) -> list[GaugeMetricFamily]:
        with self._lock:
            if time.monotonic() >= self._stale_at:
                self._families = [*_database(), *_redis()]
                self._stale_at = time.monotonic() + CACHE_SECONDS
            return self._families


def _database() -> Iterator[GaugeMetricFamily]:
    # Scrapes run in a thread of the scheduler, which has no event loop and no pool.
    try:
        facts = asyncio.run(_read_in_time())
    except Exception as error:  # noqa: BLE001  # The other sources are still exported.
        _log_failure("metrics.database_unavailable", error)
        yield _gauge("database_up", "1 if the facts of the database could be read.", 0)
        return
    yield _gauge("database_up", "1 if the facts of the database could be read.", 1)
    yield from _of_database(facts)


async def _read_in_time() -> Facts:
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await read_facts()
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await db.dispose()


def _of_database(facts: Facts) -> Iterator[GaugeMetricFamily]:
    payments = facts.payments
    yield _gauge(
        "expiry_lag_seconds",
        "Age of the oldest lapsed hold that is not closed.",
        facts.expiry_lag_seconds,
    )
    yield from _of_events(facts.events)
    yield _gauges("refunds_open", "Refunds requested and not done.", "status", payments.refunds)
    yield _gauges("payment_alerts_open", "Unresolved alerts.", "kind", payments.alerts)
    yield from _of_work(facts.work)


def _of_work(work: Mapping[str, WorkBacklog]) -> Iterator[GaugeMetricFamily]:
    yield _gauges(
        "work_lag_seconds",
        "Delay of the work that is overdue longest.",
        "kind",
        {kind: backlog.lag_seconds for kind, backlog in work.items()},
    )
    yield _gauges(
        "work_failing",
        "Work that failed and is retried later.",
        "kind",
        {kind: backlog.failing for kind, backlog in work.items()},
    )
    yield _gauges(
        "work_dead",
        "Work that is no longer retried.",
        "kind",
        {kind: backlog.dead for kind, backlog in work.items()},
    )


def _of_events(events: EventBacklog) -> Iterator[GaugeMetricFamily]:
    yield _gauge("relay_leads", "1 if a relay holds the lock.", events.is_relay_alive)
    yield _gauge("outbox_unsent_events", "Events that wait for the relay.", events.unsent)
    yield _gauge(
        "outbox_lag_seconds", "Age of the oldest unsent event.", events.oldest_unsent_seconds
    )
    subscribers = events.subscribers.items()
    yield _gauges(
        "subscriber_lag_seconds",
        "Age of the oldest event that has not reached this subscriber.",
        "subscriber",
        {name: backlog.lag_seconds for name, backlog in subscribers},
    )
    yield _gauges(
        "subscriber_retrying_events",
        "Events that this subscriber failed to handle and retries.",
        "subscriber",
        {name: backlog.retrying for name, backlog in subscribers},
    )
    yield _gauges(
        "dead_letters",
        "Events that this subscriber no longer retries.",
        "subscriber",
        {name: backlog.dead for name, backlog in subscribers},
    )


def _redis() -> Iterator[GaugeMetricFamily]:
    try:
        state = get_worker_state()
    except Exception as error:  # noqa: BLE001  # As above.
        _log_failure("metrics.redis_unavailable", error)
        yield _gauge("redis_up", "1 if Redis answers.", 0)
        return
    yield _gauge("redis_up", "1 if Redis answers.", 1)
    yield from _of_redis(state)


def _of_redis(state: WorkerState) -> Iterator[GaugeMetricFamily]:
    queues = state.queues.items()
    yield _gauges(
        "jobs_queued",
        "Jobs that wait for a worker.",
        "queue",
        {name: queue.queued for name, queue in queues},
    )
    yield _gauges(
        "jobs_lag_seconds",
        "Age of the oldest waiting job.",
        "queue",
        {name: queue.oldest_seconds for name, queue in queues},
    )
    yield _gauge("scheduler_works", "1 if a scheduler holds the lease.", state.is_scheduler_alive)
    # The former name: alert rules of the previous version use it until the next release.
    yield _gauge("clock_works", "Same as gittix_scheduler_works.", state.is_scheduler_alive)
    yield _gauge("jobs_work", "1 if a worker runs jobs.", state.is_jobs_alive)
    yield _gauge("outside_works", "1 if a worker calls Stripe.", state.is_outside_alive)
    yield _gauge("consumer_reads", "1 if a consumer reads events.", state.is_consumer_alive)


def _log_failure(event: str, error: Exception) -> None:
    """Log a traceback only if the error is not a mere outage."""
    unexpected = None if is_unavailable(error) else error
    log.warning(event, error=repr(error), exc_info=unexpected)


def _gauge(name: str, help_text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"gittix_{name}", help_text, value=float(value))


def _gauges(
    name: str, help_text: str, label: str, values: Mapping[str, float]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"gittix_{name}", help_text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
