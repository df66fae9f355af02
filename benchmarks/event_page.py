"""Open pages of events that behave like browsers."""

import asyncio
import math
import random
import re
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import TypeVar

from typing_extensions import override

from benchmarks.crowd import Event
from tests.outside.socket_client import SocketClient
from tests.waiting import eventually
from ticketing_app.ui.events.state import EventDetailState

CONNECT_AT_ONCE = 20
LOADED_SECONDS = 60

LOADED = '"is_loaded_rx_state_":true'
REFRESH = f"{EventDetailState.get_full_name()}.refresh"
STATUS = re.compile(r'\\"status\\": \\"(\w+)\\"')
PAGES = re.compile(r"pages:(\d+)")
GONE = {"sold", "paused", "withdrawn"}
# As in ui/live/components.jsx.
REGROUP_PAUSE_SECONDS = 1.0
REGROUP_SPREAD_SECONDS = 0.4
REGROUP_PER_PAGE_SECONDS = 0.04
LEAVE_SECONDS = 4.5


class Watcher(SocketClient):
    """An open page of the event, which chooses its rows anew after changes as a browser does."""

    refreshes = 0

    def __init__(self, url: str, event: Event, address: str) -> None:
        super().__init__(url, "/", origin=url, address=address)
        path = f"/events/{event.slug}"
        self.event = event
        self.claim_to_be_at({"pathname": path, "asPath": path, "query": {"slug": event.slug}})
        self.is_loaded = False
        self._is_stopped = False
        self._last = -math.inf
        self._place = random.random()  # noqa: S311  # no secret.
        self._due: asyncio.TimerHandle | None = None
        self._calls = set[asyncio.Task[None]]()

    @override
    async def __aexit__(self, *error: object) -> None:
        self.stop()
        await super().__aexit__(*error)

    @override
    def on_message(self, message: str) -> None:
        self.is_loaded = self.is_loaded or LOADED in message
        if self._is_stopped or "CustomEvent('ticketing'" not in message:
            return
        pages = int(PAGES.findall(message)[0])
        statuses = set(STATUS.findall(message))
        if statuses - GONE:
            self._refresh_after(self._pause(pages * REGROUP_PER_PAGE_SECONDS))
        elif statuses:
            self._refresh_after(LEAVE_SECONDS + self._place * pages * REGROUP_PER_PAGE_SECONDS)

    def _pause(self, spread: float) -> float:
        pause = self._last + max(REGROUP_PAUSE_SECONDS, spread) - time.monotonic()
        return max(0.0, pause) + self._place * max(REGROUP_SPREAD_SECONDS, spread)

    def _refresh_after(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        if self._due and self._due.when() <= loop.time() + seconds:
            return
        if self._due:
            self._due.cancel()
        self._due = loop.call_later(seconds, self._refresh)

    def _refresh(self) -> None:
        self._due = None
        self._last = time.monotonic()
        Watcher.refreshes += 1
        call = asyncio.create_task(self.call(REFRESH, {}))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)

    def stop(self) -> None:
        """Read no more after changes."""
        self._is_stopped = True
        if self._due:
            self._due.cancel()


Page = TypeVar("Page", bound=Watcher)


async def open_pages(
    stack: AsyncExitStack,
    urls: Sequence[str],
    events: Sequence[Event],
    count: int,
    kind: type[Page],
) -> list[Page]:
    """Open pages of the events in turn, each with an address of its own."""
    pages = [
        kind(urls[n % len(urls)], events[n % len(events)], f"10.3.{n // 250}.{n % 250 + 1}")
        for n in range(count)
    ]
    for start in range(0, count, CONNECT_AT_ONCE):
        some = pages[start : start + CONNECT_AT_ONCE]
        await asyncio.gather(*(stack.enter_async_context(page) for page in some))
        await eventually(
            lambda some=some: all(page.is_loaded for page in some), seconds=LOADED_SECONDS
        )
    return pages
