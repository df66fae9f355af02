"""One change of a ticket to 1,000 open pages: `python -m benchmarks.fanout`.

Two web processes with Reflex's state in Redis hold the pages; a third makes the changes, so that its
work is not counted. The clients of all pages are in this process, which shares the machine with them.
A fourth web process keeps the state of its pages in memory, to compare the memory of a page.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack
from typing import Any

from benchmarks.measure import Processes, check_limit, percentile, running_site
from tests.outside.api_client import ApiClient
from tests.outside.socket_client import SocketClient
from tests.site import OtherWeb, Site
from tests.waiting import eventually
from ticketing_app.ui.live.broadcast import PAUSE_SECONDS

PAGES = 1000
CHANGES = 60
FIRST_PRICE = 101
CONNECT_AT_ONCE = 20
LOADED = '"is_loaded_rx_state_":true'
DELIVERY_MICROSECONDS = 45
P99_MS = 200
PAGE_KB = 100
PAGE_IN_MEMORY_KB = 150
# Pages of the web process with its state in memory.
PAGES_IN_MEMORY = 300
WAIT_SECONDS = 30


class Page(SocketClient):
    """An open list of tickets that records when each price arrived."""

    def __init__(self, url: str) -> None:
        super().__init__(url, "/", origin=url)
        self.is_loaded = False
        self.heard: dict[str, float] = {}

    def on_message(self, message: str) -> None:
        at = time.perf_counter()
        self.is_loaded = self.is_loaded or LOADED in message
        for facts in message.split('\\"cents\\": ')[1:]:
            self.heard.setdefault(facts.partition(",")[0], at)


async def open_pages(stack: AsyncExitStack, urls: list[str], count: int) -> list[Page]:
    pages = [Page(urls[number % len(urls)]) for number in range(count)]
    for start in range(0, count, CONNECT_AT_ONCE):
        some = pages[start : start + CONNECT_AT_ONCE]
        await asyncio.gather(*(stack.enter_async_context(page) for page in some))
        await eventually(lambda some=some: all(page.is_loaded for page in some), seconds=60)
    return pages


async def change(
    seller: ApiClient, ticket: dict[str, Any], price: int, pages: list[Page]
) -> list[float]:
    """Change the price; return the seconds from the request to each page."""
    body = {"title": ticket["title"], "price": price}
    started = time.perf_counter()
    (await seller.put(f"/api/tickets/{ticket['id']}", json=body)).raise_for_status()
    text = str(100 * price)
    await eventually(lambda: all(text in page.heard for page in pages), seconds=WAIT_SECONDS)
    return [page.heard[text] - started for page in pages]


async def memory_of_page(
    stack: AsyncExitStack, urls: list[str], processes: Processes, count: int
) -> tuple[list[Page], float]:
    """Open pages; return them and the kB (1,000 bytes) that each of them costs its process."""
    first = await open_pages(stack, urls, CONNECT_AT_ONCE)
    empty = processes.own_bytes()
    pages = await open_pages(stack, urls, count - len(first))
    return [*first, *pages], (processes.own_bytes() - empty) / len(pages) / 1000


async def measure(site: Site, webs: Sequence[OtherWeb], in_memory: OtherWeb) -> bool:
    processes = Processes(*(web.pid for web in webs))
    async with AsyncExitStack() as stack:
        seller = await stack.enter_async_context(ApiClient(site.url))
        await seller.sign_up()
        ticket = await seller.sell()
        pages, kb = await memory_of_page(stack, [web.url for web in webs], processes, PAGES)
        await change(seller, ticket, FIRST_PRICE - 1, pages)
        before = processes.cpu_seconds()
        seconds = list[float]()
        for price in range(FIRST_PRICE, FIRST_PRICE + CHANGES):
            # A change right after another one would be merged with others.
            await asyncio.sleep(1.1 * PAUSE_SECONDS)
            seconds += await change(seller, ticket, price, pages)
        used = processes.cpu_seconds() - before
    async with AsyncExitStack() as stack:
        alone = Processes(in_memory.pid)
        _, other_kb = await memory_of_page(stack, [in_memory.url], alone, PAGES_IN_MEMORY)
    each = used / (CHANGES * PAGES) * 1_000_000
    p50, p99 = (percentile(seconds, share) * 1000 for share in (0.5, 0.99))
    print(f"{PAGES} pages, {CHANGES} changes: request to page p50 {p50:.0f} ms")
    checks = [
        check_limit("CPU of a delivery", each, DELIVERY_MICROSECONDS, "microseconds"),
        check_limit("request to page, p99", p99, P99_MS, "ms"),
        check_limit("memory of a page", kb, PAGE_KB, "kB"),
        check_limit("memory of a page with its state", other_kb, PAGE_IN_MEMORY_KB, "kB"),
    ]
    return all(checks)


def main() -> int:
    with running_site() as site, ExitStack() as stack:
        modes = ("redis", "redis", "memory")
        *webs, in_memory = [
            stack.enter_context(site.other_web(REFLEX_STATE_MANAGER_MODE=mode)) for mode in modes
        ]
        return 0 if asyncio.run(measure(site, webs, in_memory)) else 1


if __name__ == "__main__":
    sys.exit(main())
