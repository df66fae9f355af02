"""Cost of a change by the open pages that show it, and their memory."""

import asyncio
from contextlib import AsyncExitStack
from itertools import count
from typing import Any, Self

from redis.asyncio import Redis

from benchmarks.fanout import CONNECT_AT_ONCE, WAIT_SECONDS, Page
from benchmarks.measure import Processes, running_site
from benchmarks.series import Series
from tests.outside.api_client import ApiClient
from tests.site import Site
from tests.waiting import eventually
from ticketing_app.ui.live.broadcast import PAUSE_SECONDS

CHANGES = 25
LIMIT_DELIVERY = 1.3
LIMIT_MEMORY = 1.2


def main(sizes: tuple[int, ...]) -> bool:
    state = {"REFLEX_STATE_MANAGER_MODE": "redis"}
    with running_site() as site, site.other_web(**state) as web:
        return asyncio.run(_measure(site, web.url, Processes(web.pid), sizes))


async def _measure(site: Site, url: str, web: Processes, sizes: tuple[int, ...]) -> bool:
    cost = Series("pages", "microseconds of CPU")
    memory = Series("pages", "KiB")
    async with AsyncExitStack() as stack:
        market = await _Market.open(site, url, stack)
        # The first pages also load shared code and data.
        await market.open_pages(sizes[0])
        own = web.own_bytes()
        state = await market.state_bytes()
        for size in sizes:
            await market.open_pages(size)
            if added := size - sizes[0]:
                each = {
                    "web process": (web.own_bytes() - own) / added / 1024,
                    "state in Redis": (await market.state_bytes() - state) / added / 1024,
                }
                memory.add(size, each)
            await market.change()
            before = web.cpu_seconds()
            for _ in range(CHANGES):
                # A change right after another one would be merged with others.
                await asyncio.sleep(1.1 * PAUSE_SECONDS)
                await market.change()
            used = (web.cpu_seconds() - before) / CHANGES
            cost.add(size, {"delivery": used / size * 1_000_000})
    # Fixed costs of a change dominate with few pages.
    compared = sizes[len(sizes) // 2], sizes[-1]
    is_cheap = cost.check_growth("delivery", *compared, LIMIT_DELIVERY)
    return memory.check_growth("web process", *compared, LIMIT_MEMORY) and is_cheap


class _Market:
    """One ticket, and open lists that show it."""

    def __init__(
        self,
        url: str,
        stack: AsyncExitStack,
        redis: Redis,
        seller: ApiClient,
        ticket: dict[str, Any],
    ) -> None:
        self._url = url
        self._stack = stack
        self._redis = redis
        self._seller = seller
        self._ticket = ticket
        self._prices = count(101)
        self._pages: list[Page] = []

    @classmethod
    async def open(cls, site: Site, url: str, stack: AsyncExitStack) -> Self:
        redis = await stack.enter_async_context(Redis.from_url(site.stack.env["REDIS_STATE_URL"]))
        seller = await stack.enter_async_context(ApiClient(site.url))
        await seller.sign_up()
        return cls(url, stack, redis, seller, await seller.sell())

    async def open_pages(self, size: int) -> None:
        """Open further pages until there are `size`."""
        while len(self._pages) < size:
            number = min(CONNECT_AT_ONCE, size - len(self._pages))
            some = [Page(self._url) for _ in range(number)]
            await asyncio.gather(*map(self._stack.enter_async_context, some))
            await eventually(lambda some=some: all(page.is_loaded for page in some), seconds=60)
            self._pages += some

    async def change(self) -> None:
        """Change the price, and wait until each page has it."""
        price = next(self._prices)
        body = {"title": self._ticket["title"], "price": price}
        path = f"/api/tickets/{self._ticket['id']}"
        (await self._seller.put(path, json=body)).raise_for_status()
        words = str(100 * price)
        await eventually(
            lambda: all(words in page.heard for page in self._pages), seconds=WAIT_SECONDS
        )

    async def state_bytes(self) -> float:
        return (await self._redis.info("memory"))["used_memory"]
