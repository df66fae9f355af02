"""HTTP clients of the REST API, each with its own account."""

from contextlib import AsyncExitStack
from ipaddress import IPv4Address
from random import randrange
from typing import Any, Self
from uuid import uuid4

import httpx

FIRST_ADDRESS = int(IPv4Address("10.0.0.0"))


class ApiClient(httpx.AsyncClient):
    """A client with its own connections, cookie and address; `id` is the account's.

    The address counts where the site trusts the proxy in front, as the sites of tests do.
    """

    def __init__(self, url: str, headers: dict[str, str] | None = None) -> None:
        # Plain HTTP, or a certificate made a minute ago.
        how: dict[str, Any] = {"timeout": 30, "verify": False, "trust_env": False}
        forwarded = {"x-forwarded-for": str(IPv4Address(FIRST_ADDRESS + randrange(2**24)))}
        super().__init__(base_url=url, headers=forwarded | (headers or {}), **how)
        self.id = ""

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        return self

    async def sign_up(self) -> None:
        """Create an account and keep its session cookie."""
        account = {"email": f"{uuid4()}@gittix.test", "password": "correct horse"}
        self.id = (
            (await self.post("/api/users/signup", json=account)).raise_for_status().json()["id"]
        )

    async def sell(self, **fields: Any) -> dict[str, Any]:  # noqa: ANN401  # any field.
        """List a ticket, by default for $40."""
        ticket = {"title": "The Paper Lanterns", "price": 40, **fields}
        return (await self.post("/api/tickets", json=ticket)).raise_for_status().json()

    async def purchase(self, ticket_id: str) -> httpx.Response:
        """Press Purchase."""
        return await self.post("/api/orders", json={"ticketId": ticket_id})


class ApiClients:
    """Creates signed-in clients, and closes them with `stack`."""

    def __init__(self, url: str, stack: AsyncExitStack) -> None:
        self._url = url
        self._stack = stack

    async def sign_up(self, url: str | None = None) -> ApiClient:
        """Return a client with a new account."""
        client = await self._stack.enter_async_context(ApiClient(url or self._url))
        await client.sign_up()
        return client
