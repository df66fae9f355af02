"""The facts of database and Redis as metrics, read when Prometheus asks.

One process of any installation tells them, the scheduler: they are the same whoever reads them.
"""

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
from ticketing_app.payments.schemas import PaymentBacklog
from ticketing_app.payments.service.backlog import get_backlog
from ticketing_app.tickets.service.lease import get_expiry_lag_seconds

CACHE_SECONDS = 5
"""However many ask, the database is asked no more often than this."""

READ_SECONDS = 3
CLOSE_SECONDS = 1

log = get_logger()


class Facts(NamedTuple):
    """What the database knows."""

    expiry_lag_seconds: float
    events: EventBacklog
    payments: PaymentBacklog


async def read_facts() -> Facts:
    """Read all of it in one transaction, which PostgreSQL itself ends after three seconds."""
    async with db.transaction() as session:
        connection = await session.connection()
        await connection.execute(text(f"SET LOCAL statement_timeout = '{READ_SECONDS}s'"))
        return Facts(
            await get_expiry_lag_seconds(session),
            await get_event_backlog(session),
            await get_backlog(session),
        )


class FactsCollector(Collector):
    """Tells the facts that can be read, and by `..._up` which part could not be asked."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._told: list[GaugeMetricFamily] = []
        self._stale_at = 0.0

    def describe(self) -> list[GaugeMetricFamily]:
        return []

    def collect(self) -> list[GaugeMetricFamily]:
        with self._lock:
            if time.monotonic() >= self._stale_at:
                self._told = [*_database(), *_redis()]
                self._stale_at = time.monotonic() + CACHE_SECONDS
            return self._told


def _database() -> Iterator[GaugeMetricFamily]:
    # A loop and a connection of their own, for this once: the scheduler has neither.
    try:
        facts = asyncio.run(_read_in_time())
    except Exception as error:  # Whatever it is, the rest is still told.
        surprise = None if is_unavailable(error) else error
        log.warning("metrics.database_away", error=repr(error), exc_info=surprise)
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
    lag, payments = facts.expiry_lag_seconds, facts.payments
    yield _gauge("expiry_lag_seconds", "Age of the oldest lapsed hold that is not closed.", lag)
    yield from _of_events(facts.events)
    yield _gauges("refunds_open", "Refunds wanted that are not done.", "status", payments.refunds)
    yield _gauges("payment_alerts_open", "Alerts to resolve.", "kind", payments.alerts)
    yield _gauge("webhooks_waiting", "Webhooks stored and not handled.", payments.webhooks)
    yield _gauge("webhooks_lag_seconds", "Age of the oldest.", payments.oldest_webhook_seconds)
    yield _gauge(
        "payment_sweep_lag_seconds",
        "How long the payment that is due for longest waits for a look.",
        payments.overdue_seconds,
    )


def _of_events(events: EventBacklog) -> Iterator[GaugeMetricFamily]:
    yield _gauge("relay_leads", "1 if some relay sends events.", events.is_relay_alive)
    yield _gauge("outbox_unsent_events", "Events that wait for the relay.", events.unsent)
    yield _gauge("outbox_lag_seconds", "Age of the oldest one.", events.oldest_unsent_seconds)
    subscribers = events.subscribers.items()
    yield _gauges(
        "subscriber_lag_seconds",
        "Age of the oldest event that has not reached this subscriber.",
        "subscriber",
        {name: backlog.lag_seconds for name, backlog in subscribers},
    )
    yield _gauges(
        "subscriber_retrying_events",
        "Events that this subscriber failed at and tries again.",
        "subscriber",
        {name: backlog.retrying for name, backlog in subscribers},
    )
    yield _gauges(
        "dead_letters",
        "Events that this subscriber could not handle, for people to look at.",
        "subscriber",
        {name: backlog.dead for name, backlog in subscribers},
    )


def _redis() -> Iterator[GaugeMetricFamily]:
    try:
        state = get_worker_state()
    except Exception as error:  # As above.
        surprise = None if is_unavailable(error) else error
        log.warning("metrics.redis_away", error=repr(error), exc_info=surprise)
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
        "How long the oldest of them has.",
        "queue",
        {name: queue.oldest_seconds for name, queue in queues},
    )
    yield _gauge("scheduler_works", "1 if some scheduler plans jobs.", state.is_scheduler_alive)
    # The former name: alert rules of the version before use it until the next release.
    yield _gauge("clock_works", "Same as gittix_scheduler_works.", state.is_scheduler_alive)
    yield _gauge("jobs_work", "1 if some worker runs jobs.", state.is_jobs_alive)
    yield _gauge("outside_works", "1 if some worker calls Stripe.", state.is_outside_alive)
    yield _gauge("consumer_reads", "1 if some consumer takes events.", state.is_consumer_alive)


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"gittix_{name}", words, value=float(value))


def _gauges(name: str, words: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"gittix_{name}", words, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
