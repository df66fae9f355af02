"""Clients that keep listing, holding and releasing tickets while servers fail."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx

from tests.outside.api_client import ApiClient

CREATED = 201
PAUSE_SECONDS = 0.05


class BackgroundTraffic:
    """`answers` counts responses by status; "lost" is a broken connection."""

    def __init__(self, sellers: list[ApiClient], buyers: list[ApiClient]) -> None:
        self._sellers = sellers
        self._buyers = buyers
        self._tickets: list[str] = []
        self.answers: Counter[int | str] = Counter()

    @asynccontextmanager
    async def busy(self) -> AsyncGenerator[None]:
        """Keep all clients busy while the block runs."""
        tasks = [asyncio.create_task(self._sell(seller)) for seller in self._sellers]
        tasks += [asyncio.create_task(self._buy(buyer)) for buyer in self._buyers]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        failures = [result for result in results if not isinstance(result, asyncio.CancelledError)]
        assert failures == []

    async def _sell(self, seller: ApiClient) -> None:
        while True:
            answer = await self._ask(seller, "POST", "/api/tickets", {"title": "Stub", "price": 40})
            if answer and answer.status_code == CREATED:
                self._tickets.append(answer.json()["id"])
            await asyncio.sleep(4 * PAUSE_SECONDS)

    async def _buy(self, buyer: ApiClient) -> None:
        while True:
            await asyncio.sleep(PAUSE_SECONDS)
            if not self._tickets:
                continue
            wanted = {"ticketId": random.choice(self._tickets[-20:])}
            answer = await self._ask(buyer, "POST", "/api/orders", wanted)
            if answer and answer.status_code == CREATED and random.random() < 0.3:
                await self._ask(buyer, "DELETE", f"/api/orders/{answer.json()['id']}")

    async def _ask(
        self, client: ApiClient, method: str, path: str, body: object = None
    ) -> httpx.Response | None:
        try:
            answer = await client.request(method, path, json=body)
        except httpx.HTTPError:
            self.answers["lost"] += 1
            return None
        self.answers[answer.status_code] += 1
        return answer
