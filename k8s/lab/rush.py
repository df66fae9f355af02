"""People who list, buy and pay one ticket after another through the ingress, whatever happens behind it."""

import asyncio
import threading
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise

import httpx

from k8s.lab.cluster import Cluster
from tests.outside.api_client import ApiClient
from tests.outside.emulator_client import VISA, EmulatorClient

# The stand-in of the ingress reloads when pods come and go, and closes what is idle. A browser asks again where such
# a connection breaks; these people have a new one for each request.
ONE_REQUEST = {"connection": "close"}
PAUSE_SECONDS = 0.2
PATIENCE_SECONDS = 240


class Rush:
    """`failures` has a line for each purchase that did not come to its end."""

    def __init__(self, cluster: Cluster, buyers: int) -> None:
        self._cluster = cluster
        self._buyers = buyers
        self._is_over = threading.Event()
        self._news = threading.Condition()
        self._ends: list[float] = []
        self.failures: list[str] = []

    @property
    def finished(self) -> int:
        """How many purchases came to their end."""
        return len(self._ends)

    @property
    def longest_pause(self) -> float:
        """The longest time, in seconds, in which none came to its end."""
        return max(later - earlier for earlier, later in pairwise(self._ends))

    def wait_for(self, more: int) -> None:
        """Return when so many more purchases came to their end.

        Raises:
            AssertionError: they do not.
        """
        wanted = self.finished + more
        with self._news:
            came = self._news.wait_for(lambda: self.finished >= wanted, PATIENCE_SECONDS)
        assert came, f"{self.finished} purchases, not {wanted}; {self.failures[-5:]}"

    def stop(self) -> None:
        """Let everybody end what they do, and go."""
        self._is_over.set()

    async def run(self) -> None:
        """Buy until somebody stops it."""
        stripe = EmulatorClient(self._cluster.env)
        async with ApiClient(self._cluster.url, headers=ONE_REQUEST) as seller:
            await seller.sign_up()
            await asyncio.gather(*(self._buy(seller, stripe) for _ in range(self._buyers)))
        await stripe.close()

    async def _buy(self, seller: ApiClient, stripe: EmulatorClient) -> None:
        async with ApiClient(self._cluster.url, headers=ONE_REQUEST) as buyer:
            await buyer.sign_up()
            while not self._is_over.is_set():
                try:
                    await purchase(seller, buyer, stripe)
                except (httpx.HTTPError, AssertionError) as error:
                    self.failures.append(repr(error))
                else:
                    with self._news:
                        self._ends.append(time.monotonic())
                        self._news.notify_all()
                await asyncio.sleep(PAUSE_SECONDS)


async def purchase(seller: ApiClient, buyer: ApiClient, stripe: EmulatorClient) -> None:
    """List a ticket, hold it and pay for it, as two browsers do.

    Raises:
        HTTPError: somebody did not answer, or refused.
        AssertionError: it was not paid.
    """
    ticket = await seller.sell(title="A Seat in the Rush")
    order = (await buyer.purchase(ticket["id"])).raise_for_status().json()
    opened = await buyer.post("/api/payments", json={"orderId": order["id"]})
    payment = opened.raise_for_status().json()
    (await buyer.post(f"/api/payments/{payment['id']}/confirming")).raise_for_status()
    await stripe.enter_card(payment["clientSecret"], VISA)
    settled = await buyer.post(f"/api/payments/{payment['id']}/settle")
    status = settled.raise_for_status().json()["status"]
    assert status == "completed", f"{order['id']} is {status}"


@contextmanager
def rush(cluster: Cluster, *, buyers: int) -> Generator[Rush]:
    """Let so many buyers buy while the block runs."""
    crowd = Rush(cluster, buyers)
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(asyncio.run, crowd.run())
        try:
            yield crowd
        finally:
            crowd.stop()
            running.result()
