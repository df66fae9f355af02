"""Load shedding: a process with too much to do refuses requests at once instead of answering all of them late.

Signs of overload are the requests in progress, reads and writes apart, and the lag of the event loop. The caller
of `protect` names the paths that are never refused.
"""

import asyncio
import random
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from html import escape
from pathlib import Path
from typing import Literal, NoReturn

import prometheus_client
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ticketing_app.core import http
from ticketing_app.core.errors import AppError, UnavailableError
from ticketing_app.core.http import ErrorItem
from ticketing_app.core.logging import get_logger
from ticketing_app.core.metrics import start_at_zero
from ticketing_app.core.settings import get_settings

log = get_logger()

Kind = Literal["read", "write"]

TICK_SECONDS = 0.05
# Of the newest tick in the average: one stall of a second is forgotten after a quarter of a second.
WEIGHT = 0.3
# A page with ten awaits is answered a tenth of a second later than one from the cache.
BUSY_LAG_SECONDS = 0.01
LOG_SECONDS = 10
# Random, so that refused clients do not come back together.
LEAST_RETRY_SECONDS = 2
MOST_RETRY_SECONDS = 6
READS = frozenset({"GET", "HEAD", "OPTIONS"})
API = "/api/"
PAGE = Path(__file__).with_name("overloaded.html").read_text()

SHED = prometheus_client.Counter(
    "gittix_requests_shed_total",
    "Requests and presses of buttons refused because this process has too much to do.",
    ["kind"],
)
start_at_zero(SHED, ("read", "write"))
LAG = prometheus_client.Gauge(
    "gittix_event_loop_lag_seconds", "How late the event loop runs what is due, on average."
)


class OverloadedError(UnavailableError):
    """Nothing was done; `retry_after` is random."""

    def __init__(self) -> None:
        AppError.__init__(
            self,
            "Very many people are here right now. Nothing was changed, and you were not charged. "
            "Please try again in a moment.",
        )
        self.retry_after = random.randint(LEAST_RETRY_SECONDS, MOST_RETRY_SECONDS)  # noqa: S311  # no secret.


class Load:
    """How much a process has to do."""

    def __init__(self) -> None:
        self.in_progress = Counter[Kind]()
        self.lag_seconds = 0.0
        self._logged_at = -LOG_SECONDS
        LAG.set_function(lambda: self.lag_seconds)

    async def watch_lag(self) -> NoReturn:
        """Measure the lag of the running event loop until cancelled."""
        while True:
            due = time.monotonic() + TICK_SECONDS
            await asyncio.sleep(TICK_SECONDS)
            self.note_lag(time.monotonic() - due)

    def note_lag(self, seconds: float) -> None:
        self.lag_seconds += WEIGHT * (seconds - self.lag_seconds)

    @contextmanager
    def admit(self, kind: Kind) -> Generator[None]:
        """Count the block as in progress; raises OverloadedError if there is too much to do."""
        if self._is_overloaded(kind):
            self._note_refusal(kind)
            raise OverloadedError
        self.in_progress[kind] += 1
        try:
            yield
        finally:
            self.in_progress[kind] -= 1

    @property
    def is_busy(self) -> bool:
        """Whether half of the writes are in progress that may be, or the event loop lags: each await costs time."""
        settings = get_settings()
        if 0 < settings.writes_in_progress <= 2 * self.in_progress["write"]:
            return True
        return settings.loop_lag_seconds > 0 and self.lag_seconds > BUSY_LAG_SECONDS

    def _is_overloaded(self, kind: Kind) -> bool:
        settings = get_settings()
        most = settings.reads_in_progress if kind == "read" else settings.writes_in_progress
        if 0 < most <= self.in_progress[kind]:
            return True
        return 0 < settings.loop_lag_seconds < self.lag_seconds

    def _note_refusal(self, kind: Kind) -> None:
        SHED.labels(kind).inc()
        now = time.monotonic()
        if now < self._logged_at + LOG_SECONDS:
            return
        self._logged_at = now
        log.warning(
            "web.overloaded",
            reads=self.in_progress["read"],
            writes=self.in_progress["write"],
            lag_seconds=round(self.lag_seconds, 3),
        )


# Of this process, which has one event loop for the site.
load = Load()


def protect(spared: Sequence[str]) -> Callable[[ASGIApp], ASGIApp]:
    """Refuse requests while there is too much to do, but no files and no paths that begin like `spared`."""
    prefixes = tuple(spared)

    def wrap(app: ASGIApp) -> ASGIApp:
        async def limited(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or _is_spared(scope["path"], prefixes):
                await app(scope, receive, send)
            elif scope["method"] in READS:
                await _admit("read", app, scope, receive, send)
            else:
                await _admit_write(app, scope, receive, send)

        return limited

    return wrap


def _is_spared(path: str, prefixes: tuple[str, ...]) -> bool:
    is_file = not path.startswith(API) and "." in path.rpartition("/")[2]
    return is_file or path.startswith(prefixes)


async def _admit_write(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    # A client that sends its body slowly costs nothing meanwhile, and must not keep others out.
    try:
        async with asyncio.timeout(http.BODY_SECONDS):
            messages = await _read_body(receive)
    except TimeoutError:
        await _respond(scope, http.BodyTimeoutError())(scope, receive, send)
        return
    again = _replay(messages, receive)
    if messages[-1].get("more_body"):
        # Too large, which the route reports.
        await app(scope, again, send)
    else:
        await _admit("write", app, scope, again, send)


async def _read_body(receive: Receive) -> list[Message]:
    """Return the messages of the body, or the first ones of a body that is too large."""
    messages = [await receive()]
    size = len(messages[0].get("body", b""))
    while messages[-1].get("more_body") and size <= http.MAX_BODY_BYTES:
        messages.append(await receive())
        size += len(messages[-1].get("body", b""))
    return messages


def _replay(messages: Sequence[Message], receive: Receive) -> Receive:
    left = deque(messages)

    async def receive_again() -> Message:
        return left.popleft() if left else await receive()

    return receive_again


async def _admit(kind: Kind, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    with ExitStack() as stack:
        try:
            stack.enter_context(load.admit(kind))
        except OverloadedError as error:
            await _respond(scope, error)(scope, receive, send)
            return
        await app(scope, receive, send)


def _respond(scope: Scope, error: AppError) -> Response:
    seconds = error.retry_after if isinstance(error, UnavailableError) else LEAST_RETRY_SECONDS
    if scope["path"].startswith(API):
        response = http.problem(error.status, [ErrorItem(message=error.message)])
    else:
        page = _page(error, seconds)
        response = HTMLResponse("" if scope["method"] == "HEAD" else page, error.status)
    response.headers.update({"cache-control": "no-store", "retry-after": str(seconds)})
    return response


def _page(error: AppError, seconds: int) -> str:
    values = {
        "brand": get_settings().brand_name,
        "message": error.message,
        "seconds": str(seconds),
    }
    page = PAGE
    for name, text in values.items():
        page = page.replace(f"{{{name}}}", escape(text))
    return page
