"""From the click on Purchase to the order's page, with 200 buyers: `python -m benchmarks.click`.

Each buyer has a page open; one after the other clicks, at a human rate. The same purchases through REST,
in turns with the clicks, show the cost of the websocket: a client of the API that shows the same page
holds the ticket, and reads the order and the ticket. Tickets are released outside of the measured time.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from typing import Any, TypeVar

from reflex.state import OnLoadInternalState

from benchmarks.measure import Processes, check_limit, percentile, running_site
from tests.outside.api_client import ApiClient
from tests.outside.socket_client import SocketClient
from tests.site import Site
from ticketing_app.ui.purchases.views import Offer
from ticketing_app.ui.tickets.state import TicketDetailState

BUYERS = 200
ROUNDS = 2
CLICKS_PER_SECOND = 10
AT_ONCE = 4
LIMIT_MS = 150
RATIO = 1.3
WAIT_SECONDS = 20
PURCHASE = f"{TicketDetailState.get_full_name()}.purchase"
T = TypeVar("T")
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
        self._order_id = ""

    async def click(self) -> None:
        """Press Purchase, and open the order's page."""
        page = self._page
        page.received.clear()
        await page.call(PURCHASE, {"fields": self._offer.fields})
        self._order_id = (await page.hears("/orders/")).partition("/orders/")[2][:36]
        page.go_to(f"/orders/{self._order_id}")
        await page.call(ON_LOAD, {})
        await page.hears("Purchasing ")

    async def post(self) -> None:
        """Do the same through REST."""
        client = self._client
        order = (await client.purchase(self._ticket["id"])).raise_for_status().json()
        self._order_id = order["id"]
        (await client.get(f"/api/orders/{self._order_id}")).raise_for_status()
        (await client.get(f"/api/tickets/{self._ticket['id']}")).raise_for_status()

    async def return_to_ticket(self) -> None:
        """Release the ticket, and open its page again."""
        page = self._page
        (await self._client.delete(f"/api/orders/{self._order_id}")).raise_for_status()
        page.received.clear()
        page.go_to(f"/tickets/{self._ticket['id']}")
        await page.call(ON_LOAD, {})
        await page.hears("Price - ")


class Costs:
    """Seconds of each act, and CPU seconds of the web process for all of them."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self.seconds: list[float] = []
        self.cpu_seconds = 0.0

    @property
    def cpu_ms(self) -> float:
        return self.cpu_seconds / len(self.seconds) * 1000

    def p(self, share: float) -> float:
        """Return a percentile in milliseconds."""
        return percentile(self.seconds, share) * 1000

    async def add(self, buyers: list[Buyer], act: Callable[[Buyer], Awaitable[None]]) -> None:
        """Let each buyer act once, at a fixed rate, however slow the site is."""

        async def timed(buyer: Buyer) -> float:
            started = time.perf_counter()
            await act(buyer)
            return time.perf_counter() - started

        acts: list[asyncio.Task[float]] = []
        before = self._processes.cpu_seconds()
        started = time.perf_counter()
        for number, buyer in enumerate(buyers):
            await asyncio.sleep(started + number / CLICKS_PER_SECOND - time.perf_counter())
            acts.append(asyncio.ensure_future(timed(buyer)))
        self.seconds += await asyncio.gather(*acts)
        self.cpu_seconds += self._processes.cpu_seconds() - before


async def few_at_once(acts: Iterable[Awaitable[T]]) -> list[T]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(act: Awaitable[T]) -> T:
        async with gate:
            return await act

    return list(await asyncio.gather(*map(one, acts)))


async def welcome(site: Site, stack: AsyncExitStack) -> list[Buyer]:
    """Sign all buyers up and open their pages."""
    seller = await stack.enter_async_context(ApiClient(site.url))
    await seller.sign_up()

    async def make() -> Buyer:
        client = await stack.enter_async_context(ApiClient(site.url))
        ticket = await seller.sell()
        await client.sign_up()
        page = Page(client, site.url, f"/tickets/{ticket['id']}")
        await stack.enter_async_context(page)
        await page.hears("Price - ")
        return Buyer(client, page, ticket)

    return await few_at_once(make() for _ in range(BUYERS))


async def measure(site: Site) -> bool:
    web = Processes(site.web_pid)
    rest = Costs(web)
    socket = Costs(web)
    async with AsyncExitStack() as stack:
        buyers = await welcome(site, stack)
        for _ in range(ROUNDS):
            await rest.add(buyers, Buyer.post)
            await few_at_once(buyer.return_to_ticket() for buyer in buyers)
            await socket.add(buyers, Buyer.click)
            await few_at_once(buyer.return_to_ticket() for buyer in buyers)
    print(f"{BUYERS} buyers, {CLICKS_PER_SECOND} clicks a second")
    for name, costs in (("REST", rest), ("websocket", socket)):
        print(
            f"{name}: p50 {costs.p(0.5):.1f} ms, p95 {costs.p(0.95):.1f} ms, CPU {costs.cpu_ms:.1f} ms"
        )
    checks = [
        check_limit("click to order page, p95", socket.p(0.95), LIMIT_MS, "ms"),
        check_limit("median of a click", socket.p(0.5) / rest.p(0.5), RATIO, "times REST"),
        check_limit("CPU of a click", socket.cpu_ms / rest.cpu_ms, RATIO, "times REST"),
    ]
    return all(checks)


def main() -> int:
    # Each buyer holds the ticket several times.
    with running_site(HOLD_COOLDOWN_SECONDS="0") as site:
        return 0 if asyncio.run(measure(site)) else 1


if __name__ == "__main__":
    sys.exit(main())
