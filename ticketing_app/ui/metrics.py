"""Metrics of pages: duration of handlers, open pages, refused calls and websockets."""

from asyncio import CancelledError
from collections.abc import Callable, Generator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from prometheus_client import Counter, Gauge, Histogram

from ticketing_app.core.errors import AppError, UnavailableError
from ticketing_app.core.metrics import BUCKETS, start_at_zero
from ticketing_app.ui.live import channels

CRASHED = "crashed"

HANDLER_SECONDS = Histogram(
    "gittix_page_handler_duration_seconds",
    "Time that handlers of pages took: done, refused, unavailable, cancelled or crashed.",
    ["handler", "outcome"],
    buckets=BUCKETS,
)
PAGES_CONNECTED = Gauge("gittix_pages_connected", "Open pages: websockets of this web process.")
PAGES_CONNECTED.set_function(channels.count_pages)
WRONG_CALLS = Counter(
    "gittix_page_wrong_calls_total",
    "Calls over websockets that no page of ours makes, dropped: unknown handler, wrong arguments, "
    "forged event, too many reports of errors.",
    ["reason"],
)
start_at_zero(WRONG_CALLS, ("unknown", "arguments", "forged", "errors"))
SOCKETS_REFUSED = Counter(
    "gittix_sockets_refused_total",
    "Websockets refused or closed: too many of an address, too fast, too much unread, stalled.",
    ["reason"],
)
start_at_zero(SOCKETS_REFUSED, ("address", "rate", "unread", "stalled"))


def announce(handler: Callable[..., Any]) -> None:
    """Initialise the counter of crashes to 0: Prometheus sees no increase from an absent series."""
    HANDLER_SECONDS.labels(handler.__qualname__, CRASHED)


@contextmanager
def timed(handler: Callable[..., Any]) -> Generator[None]:
    started = perf_counter()
    outcome = CRASHED
    try:
        yield
        outcome = "done"
    except CancelledError:
        outcome = "cancelled"
        raise
    except AppError as error:
        outcome = "unavailable" if isinstance(error, UnavailableError) else "refused"
        raise
    finally:
        HANDLER_SECONDS.labels(handler.__qualname__, outcome).observe(perf_counter() - started)
