"""Metrics of this process in Prometheus' format, on a port of their own that the public never sees.

Each part counts what it did in counters of its own, beside the code that does it. What is a fact of
the database or of Redis is read when Prometheus asks (monitoring/), so that it is right whoever died.
Labels have few values, fixed by the code: never an id, an address, or anything that people typed.
"""

import platform
from collections.abc import Iterable
from importlib.metadata import version
from time import perf_counter
from typing import Any

from prometheus_client import (
    REGISTRY,
    Counter,
    Histogram,
    Info,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ticketing_app.core import db
from ticketing_app.core.logging import get_logger
from ticketing_app.core.settings import get_settings

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds: from a cached answer to what nobody waits for."""

ROUTE = "gittix.route"
"""Where an ASGI app that is not FastAPI's notes the template of the address that it answers for."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})

log = get_logger()

# When a counter was made tells nobody anything, and doubles the number of series.
disable_created_metrics()

_BUILD = Info("gittix_build", "What runs here.")

REQUEST_SECONDS = Histogram(
    "gittix_http_request_duration_seconds",
    "Time to answer HTTP requests, by route template.",
    ["method", "route", "status"],
    buckets=BUCKETS,
)


def serve(port_offset: int = 0) -> None:
    """Serve this process's metrics at METRICS_PORT and so many more, in a thread; unset is off.

    The process does its work with or without being looked at: a port that is taken is only logged.
    """
    settings = get_settings()
    if settings.metrics_port is None:
        return
    port = settings.metrics_port + port_offset
    try:
        start_http_server(port, settings.metrics_host)
    except OSError as error:
        log.error("metrics.not_served", port=port, error=str(error))  # noqa: TRY400  # it says it all.
        return
    _BUILD.info(
        {
            "version": settings.build_version,
            "python": platform.python_version(),
            "reflex": version("reflex"),
        }
    )
    log.info("metrics.served", port=port)


def start_at_zero(counter: Counter, values: Iterable[str]) -> None:
    """Let each value of the label be told before it is counted: Prometheus sees no rise from nothing."""
    for value in values:
        counter.labels(value)


def count_after_commit(session: AsyncSession, counter: Counter) -> None:
    """Count what the transaction does once it is committed; what is rolled back never happened."""

    async def count() -> None:
        counter.inc()

    db.after_commit(session, f"count.{db.new_id()}", count)


def measure_requests(app: ASGIApp) -> ASGIApp:
    """Time every HTTP request to `app`; the status is `none` when the visitor left before any answer."""

    async def measured(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        started, status = perf_counter(), "none"

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = f"{message['status'] // 100}xx"
            await send(message)

        try:
            await app(scope, receive, note_status)
        finally:
            method = scope["method"] if scope["method"] in METHODS else "other"
            labels = REQUEST_SECONDS.labels(method, _route(scope), status)
            labels.observe(perf_counter() - started)

    return measured


def _route(scope: Scope) -> str:
    route: Any = scope.get("route")
    return scope.get(ROUTE) or getattr(route, "path", None) or "other"


class _PoolCollector(Collector):
    """How many connections to PostgreSQL this process has, asked when Prometheus does."""

    def describe(self) -> list[GaugeMetricFamily]:
        return []

    def collect(self) -> list[GaugeMetricFamily]:
        connections = GaugeMetricFamily(
            "gittix_database_connections",
            "Connections of this process to PostgreSQL, in use or kept for the next.",
            labels=["state"],
        )
        usage = db.pool_usage()
        connections.add_metric(["in_use"], usage.in_use)
        connections.add_metric(["idle"], usage.idle)
        most = GaugeMetricFamily(
            "gittix_database_connections_max",
            "Connections to PostgreSQL that this process may open.",
            value=get_settings().database_pool_size,
        )
        return [connections, most]


REGISTRY.register(_PoolCollector())
