"""From the click on Purchase to the order's page, with 200 buyers: `python -m benchmarks.click`.

Each buyer has a page open; one after the other clicks, at a human rate, and releases the ticket. The
same purchases through REST, in the same run, show the cost of the websocket.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

from reflex.state import OnLoadInternalState

from benchmarks.measure import check_limit, percentile, running_site
from tests.outside.api_client import ApiClient
from tests.outside.socket_client import SocketClient
from tests.site import Site
from ticketing_app.ui.purchases.views import Offer
from ticketing_app.ui.tickets.state import TicketDetailState

BUYERS = 200
CLICKS = 300
CLICKS_PER_SECOND = 10
SIGN_UPS_AT_ONCE = 4
LIMIT_MS = 150
WAIT_SECONDS = 20
PURCHASE = f"{TicketDetailState.get_full_name()}.purchase"
ON_LOAD = f"{OnLoadInternalState.get_full_name()}.on_load_internal"


class Page(SocketClient):
    """A buyer's open page."""

    def __init__(self, client: ApiClient, url: str, path: str) -> None:
        super().__init__(url, path, origin=url, cookie=f"session={client.cookies['session']}")
        self._came = asyncio.Event()

    def on_message(self, message: str) -> None:
        super().on_message(message)
        self._came.set()

    async def hears(self, words: str) -> str:
        """Wait for a message with these words; return it."""
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                self._came.clear()
                if found := [each for each in self.received if words in each]:
                    return found[0]
                await self._came.wait()


class Buyer:
    """A buyer with an open page and a ticket without competitors."""

    def __init__(self, client: ApiClient, page: Page, ticket: dict[str, Any]) -> None:
        self._client = client
        self._page = page
        self._ticket = ticket
        self._offer = Offer(ticket_id=ticket["id"], price_cents=round(ticket["price"] * 100))

    async def click(self) -> float:
        """Press Purchase and open the order's page; return the seconds until it is there."""
        page = self._page
        page.received.clear()
        started = time.perf_counter()
        page.go_to(f"/tickets/{self._ticket['id']}")
        await page.call(PURCHASE, {"fields": self._offer.fields})
        order_id = (await page.hears("/orders/")).partition("/orders/")[2][:36]
        page.go_to(f"/orders/{order_id}")
        await page.call(ON_LOAD, {})
        await page.hears("Purchasing ")
        seconds = time.perf_counter() - started
        await self._let_go(order_id)
        return seconds

    async def post(self) -> float:
        """Do the same through REST, in two requests."""
        started = time.perf_counter()
        order = (await self._client.purchase(self._ticket["id"])).raise_for_status().json()
        (await self._client.get(f"/api/orders/{order['id']}")).raise_for_status()
        seconds = time.perf_counter() - started
        await self._let_go(order["id"])
        return seconds

    async def _let_go(self, order_id: str) -> None:
        (await self._client.delete(f"/api/orders/{order_id}")).raise_for_status()


async def welcome(site: Site, stack: AsyncExitStack) -> list[Buyer]:
    """Sign all buyers up and open their pages."""
    seller = await stack.enter_async_context(ApiClient(site.url))
    await seller.sign_up()
    gate = asyncio.Semaphore(SIGN_UPS_AT_ONCE)

    async def make() -> Buyer:
        async with gate:
            client = await stack.enter_async_context(ApiClient(site.url))
            ticket = await seller.sell()
            await client.sign_up()
            page = Page(client, site.url, f"/tickets/{ticket['id']}")
            await stack.enter_async_context(page)
            await page.hears("Price - ")
            return Buyer(client, page, ticket)

    return list(await asyncio.gather(*(make() for _ in range(BUYERS))))


async def p95(buyers: list[Buyer], act: Callable[[Buyer], Awaitable[float]]) -> float:
    """Return the 95th percentile in ms; buyers act at a fixed rate, however slow the site is."""
    acts: list[asyncio.Task[float]] = []
    started = time.perf_counter()
    for number in range(CLICKS):
        await asyncio.sleep(started + number / CLICKS_PER_SECOND - time.perf_counter())
        acts.append(asyncio.ensure_future(act(buyers[number % BUYERS])))
    return percentile(await asyncio.gather(*acts), 0.95) * 1000


async def measure(site: Site) -> bool:
    async with AsyncExitStack() as stack:
        buyers = await welcome(site, stack)
        rest = await p95(buyers, Buyer.post)
        socket = await p95(buyers, Buyer.click)
    print(f"{BUYERS} buyers, {CLICKS_PER_SECOND} clicks a second; through REST p95 {rest:.0f} ms")
    return check_limit("click to order page, p95", socket, LIMIT_MS, "ms")


def main() -> int:
    with running_site() as site:
        return 0 if asyncio.run(measure(site)) else 1


if __name__ == "__main__":
    sys.exit(main())
