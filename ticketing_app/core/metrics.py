"""Prometheus metrics of this process, on a separate port that is not public."""

# Counters are defined beside the code that they count. Facts of the database and of Redis are read at scrape
# time (monitoring/), so that they survive crashes of processes. Label values are few and fixed by the
# code: never an id, an address or input of visitors.

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

# In seconds.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

# Scope key for the route template, set by ASGI apps other than FastAPI.
ROUTE = "gittix.route"

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})

log = get_logger()

# `_created` series are useless here and double the number of series.
disable_created_metrics()

_BUILD = Info("gittix_build", "Versions of this process.")

REQUEST_SECONDS = Histogram(
    "gittix_http_request_duration_seconds",
    "Time to answer HTTP requests, by route template.",
    ["method", "route", "status"],
    buckets=BUCKETS,
)


def serve(port_offset: int = 0) -> None:
    """Serve the metrics at METRICS_PORT + `port_offset` in a thread, unless METRICS_PORT is unset."""
    # A port in use is logged, not raised: the process works without metrics.
    settings = get_settings()
    if settings.metrics_port is None:
        return
    port = settings.metrics_port + port_offset
    try:
        start_http_server(port, settings.metrics_host)
    except OSError as error:
        log.error("metrics.not_served", port=port, error=str(error))  # noqa: TRY400  # the traceback adds nothing.
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
    """Initialise label values to 0: Prometheus sees no increase in a series that starts at 1."""
    for value in values:
        counter.labels(value)


def count_after_commit(session: AsyncSession, counter: Counter, amount: int = 1) -> None:
    """Increment after the commit, so that rolled back changes are not counted."""

    async def count() -> None:
        counter.inc(amount)

    db.after_commit(session, f"count.{db.new_id()}", count)


def measure_requests(app: ASGIApp) -> ASGIApp:
    """Time every HTTP request; status `none` means that the client left before a response."""

    async def measured(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        started = perf_counter()
        status = "none"

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
    def describe(self) -> list[GaugeMetricFamily]:
        return []

    def collect(self) -> list[GaugeMetricFamily]:
        connections = GaugeMetricFamily(
            "gittix_database_connections",
            "Connections of this process to PostgreSQL, in use or idle.",
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
