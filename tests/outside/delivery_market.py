"""Sellers and buyers of ticket files who repeat each request until it is answered, as people do."""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from tests.outside.api_client import ApiClient
from tests.outside.database_probe import DatabaseProbe
from tests.outside.emulator_client import VISA, EmulatorClient, intent_id

PASSWORD = "correct horse"  # as `ApiClient` signs up.
PATIENCE_SECONDS = 120
PAUSE_SECONDS = 0.2

Call = Callable[[], Awaitable[httpx.Response]]


async def persist(call: Call, *accepted: int) -> httpx.Response:
    """Repeat a request until it is answered with one of these statuses.

    Raises:
        AssertionError: it is answered with another one, or not in time.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    answer: httpx.Response | Exception
    while True:
        try:
            answer = await call()
        except httpx.TransportError as error:
            answer = error
        else:
            if answer.status_code in accepted:
                return answer
            assert answer.status_code in {408, 429, 500, 502, 503}, answer.text
            assert answer.status_code != 500, answer.text
        assert time.monotonic() < deadline, repr(answer)
        await asyncio.sleep(PAUSE_SECONDS)


class DeliveryMarket:
    """One seller, one buyer and one stranger; `delivered` counts the tickets that were opened."""

    def __init__(
        self,
        seller: ApiClient,
        buyer: ApiClient,
        stranger: ApiClient,
        stripe: EmulatorClient,
        probe: DatabaseProbe,
    ) -> None:
        self.seller = seller
        self.buyer = buyer
        self.stranger = stranger
        self._stripe = stripe
        self._probe = probe

    async def deliver(self, content: bytes) -> str:
        """Sell and buy a ticket with this file; return its delivery once the buyer has the bytes.

        Raises:
            AssertionError: the bytes are others, or somebody else gets them.
        """
        uploaded = await persist(lambda: self.seller.post("/api/files", content=content), 201)
        (file,) = uploaded.json()["items"]
        ticket_id = await self.sell(file["id"])
        order_id = await self.buy(ticket_id)
        await self._refuse_before_payment(order_id, file["id"])
        await self.pay(order_id)
        path = f"/api/orders/{order_id}/delivery"
        delivery_id = (await persist(lambda: self.buyer.get(path), 200)).json()["id"]
        part = f"/api/deliveries/{delivery_id}/parts/1"
        await self._fresh(lambda: self.buyer.get(part), 409)
        await self._fresh(lambda: self.buyer.post(f"/api/deliveries/{delivery_id}/open"), 200)
        received = await self._fresh(lambda: self.buyer.get(part), 200)
        assert hashlib.sha256(received.content).hexdigest() == file["sha256"]
        await self._refuse_others(delivery_id, order_id, file["id"])
        return delivery_id

    async def sell(self, file_id: str) -> str:
        """List a ticket with this file, once even if the answer is lost."""
        ticket = {
            "title": "The Paper Lanterns",
            "price": 40,
            "delivery": {"method": "file", "fileIds": [file_id]},
        }
        answer = await persist(lambda: self.seller.post("/api/tickets", json=ticket), 201, 409)
        if answer.status_code == 201:
            return answer.json()["id"]
        # The answer to the first request was lost.
        return await self._find("SELECT id FROM tickets WHERE vault_file_id = $1", file_id)

    async def buy(self, ticket_id: str) -> str:
        """Hold the ticket; return the order."""
        answer = await persist(lambda: self.buyer.purchase(ticket_id), 201, 409)
        if answer.status_code == 201:
            return answer.json()["id"]
        query = "SELECT order_id AS id FROM order_items WHERE ticket_id = $1"
        return await self._find(query, ticket_id)

    async def _find(self, query: str, value: str) -> str:
        (row,) = await self._probe.rows(query, value)
        return str(row["id"])

    async def pay(self, order_id: str) -> str:
        """Pay and return Stripe's id of the payment."""
        opened = {"orderId": order_id}
        payment: dict[str, Any] = (
            await persist(lambda: self.buyer.post("/api/payments", json=opened), 200, 201)
        ).json()
        path = f"/api/payments/{payment['id']}"
        await persist(lambda: self.buyer.post(f"{path}/confirming"), 200)
        await self._stripe.enter_card(payment["clientSecret"], VISA)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            settled = await persist(lambda: self.buyer.post(f"{path}/settle"), 200)
            if settled.json()["status"] == "completed":
                return intent_id(payment["clientSecret"])
            assert time.monotonic() < deadline, settled.text
            await asyncio.sleep(PAUSE_SECONDS)

    async def _fresh(self, call: Call, status: int) -> httpx.Response:
        """Send a request that may need the password again."""
        answer = await persist(call, status, 403)
        if answer.status_code == status:
            return answer
        proof = {"currentPassword": PASSWORD}
        await persist(lambda: self.buyer.post("/api/users/proof", json=proof), 204)
        return await persist(call, status)

    async def _refuse_before_payment(self, order_id: str, file_id: str) -> None:
        for path in (f"/api/orders/{order_id}/delivery", f"/api/files/{file_id}/pages/1"):
            await persist(lambda path=path: self.buyer.get(path), 404)

    async def _refuse_others(self, delivery_id: str, order_id: str, file_id: str) -> None:
        for person in (self.seller, self.stranger):
            paths = [
                f"/api/deliveries/{delivery_id}/parts/1",
                f"/api/orders/{order_id}/door",
                f"/api/files/{file_id}/pages/1",
            ]
            for path in paths:
                await persist(lambda path=path, who=person: who.get(path), 403, 404)
