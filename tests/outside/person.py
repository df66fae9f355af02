"""Somebody who uses the REST API."""

from ipaddress import IPv4Address
from random import randrange
from typing import Any, Self
from uuid import uuid4

import httpx

PEOPLE = int(IPv4Address("10.0.0.0"))


class Person(httpx.AsyncClient):
    """A client with its own connections, cookie and address; `id` is the account's.

    The address counts where the site trusts the proxy in front, as the sites of tests do.
    """

    def __init__(self, url: str, headers: dict[str, str] | None = None) -> None:
        # Plain HTTP, or a certificate made a minute ago.
        how: dict[str, Any] = {"timeout": 30, "verify": False, "trust_env": False}
        forwarded = {"x-forwarded-for": str(IPv4Address(PEOPLE + randrange(2**24)))}
        super().__init__(base_url=url, headers=forwarded | (headers or {}), **how)
        self.id = ""

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        return self

    async def sign_up(self) -> None:
        """Make an account."""
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
