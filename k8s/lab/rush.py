"""Continuous load: users who list, buy and pay tickets through the ingress."""

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

# The ingress stand-in reloads when pods change, and closes idle connections. A browser retries on a closed keep-alive
# connection; these clients open a new one for each request instead.
ONE_REQUEST = {"connection": "close"}
PAUSE_SECONDS = 0.2
WAIT_SECONDS = 240


class Rush:
    """`failures` has a line for each failed purchase."""

    def __init__(self, cluster: Cluster, buyers: int) -> None:
        self._cluster = cluster
        self._buyers = buyers
        self._is_over = threading.Event()
        self._finished = threading.Condition()
        self._ends: list[float] = []
        self.failures: list[str] = []

    @property
    def finished(self) -> int:
        """Return the number of completed purchases."""
        return len(self._ends)

    @property
    def longest_pause(self) -> float:
        """Return the longest time in seconds between two completed purchases."""
        return max(later - earlier for earlier, later in pairwise(self._ends))

    def wait_for(self, more: int) -> None:
        """Wait until this many more purchases are completed.

        Raises:
            AssertionError: They are not within `WAIT_SECONDS`.
        """
        wanted = self.finished + more
        with self._finished:
            is_reached = self._finished.wait_for(lambda: self.finished >= wanted, WAIT_SECONDS)
        assert is_reached, f"{self.finished} purchases, not {wanted}; {self.failures[-5:]}"

    def stop(self) -> None:
        """Stop after the purchases that are under way."""
        self._is_over.set()

    async def run(self) -> None:
        """Buy until stopped."""
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
                    with self._finished:
                        self._ends.append(time.monotonic())
                        self._finished.notify_all()
                await asyncio.sleep(PAUSE_SECONDS)


async def purchase(seller: ApiClient, buyer: ApiClient, stripe: EmulatorClient) -> None:
    """List a ticket, hold it and pay for it, as two browsers do.

    Raises:
        HTTPError: A request fails.
        AssertionError: The order is not paid.
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
    """Run this many buyers during the block."""
    crowd = Rush(cluster, buyers)
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(asyncio.run, crowd.run())
        try:
            yield crowd
        finally:
            crowd.stop()
            running.result()
