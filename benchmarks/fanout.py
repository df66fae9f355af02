"""One change of a ticket to 1,000 open pages: `python -m benchmarks.fanout`.

Two web processes with Reflex's state in Redis hold the pages; a third makes the changes, so that its
work is not counted. The clients of all pages are in this process, which shares the machine with them.
"""

import asyncio
import sys
import time
from contextlib import AsyncExitStack, ExitStack
from typing import Any

from benchmarks.measure import Processes, check_limit, percentile, running_site
from tests.outside.api_client import ApiClient
from tests.outside.socket_client import SocketClient
from tests.site import Site
from tests.waiting import eventually
from ticketing_app.ui.live.broadcast import PAUSE_SECONDS

PAGES = 1000
CHANGES = 60
FIRST_PRICE = 101
CONNECT_AT_ONCE = 20
LOADED = '"is_loaded_rx_state_":true'
DELIVERY_MICROSECONDS = 60
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


async def open_pages(stack: AsyncExitStack, urls: list[str]) -> list[Page]:
    pages = [Page(urls[number % len(urls)]) for number in range(PAGES)]
    for start in range(0, PAGES, CONNECT_AT_ONCE):
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


async def measure(site: Site, urls: list[str], processes: Processes) -> bool:
    async with AsyncExitStack() as stack:
        seller = await stack.enter_async_context(ApiClient(site.url))
        await seller.sign_up()
        ticket = await seller.sell()
        empty = processes.own_bytes()
        pages = await open_pages(stack, urls)
        kilobytes = (processes.own_bytes() - empty) / PAGES / 1024
        await change(seller, ticket, FIRST_PRICE - 1, pages)
        before = processes.cpu_seconds()
        seconds = list[float]()
        for price in range(FIRST_PRICE, FIRST_PRICE + CHANGES):
            # A change right after another one would be merged with others.
            await asyncio.sleep(1.1 * PAUSE_SECONDS)
            seconds += await change(seller, ticket, price, pages)
        used = processes.cpu_seconds() - before
    each = used / (CHANGES * PAGES) * 1_000_000
    p50, p99 = (percentile(seconds, share) * 1000 for share in (0.5, 0.99))
    print(f"{PAGES} pages, {CHANGES} changes: request to page p50 {p50:.0f} ms, p99 {p99:.0f} ms")
    print(f"memory of a page: {kilobytes:.0f} KiB")
    return check_limit("CPU of a delivery", each, DELIVERY_MICROSECONDS, "microseconds")


def main() -> int:
    with running_site() as site, ExitStack() as stack:
        state = {"REFLEX_STATE_MANAGER_MODE": "redis"}
        webs = [stack.enter_context(site.other_web(**state)) for _ in range(2)]
        processes = Processes(*(web.pid for web in webs))
        return 0 if asyncio.run(measure(site, [web.url for web in webs], processes)) else 1


if __name__ == "__main__":
    sys.exit(main())
