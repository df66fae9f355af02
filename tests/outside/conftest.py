"""The product over HTTP, judged by the database and Stripe's books."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
import pytest
from redis.asyncio import Redis

from tests import invariants
from tests.outside.person import Person
from tests.site import Site


class People:
    """Makes people who are signed in, each with connections and a cookie of their own."""

    def __init__(self, url: str, stack: AsyncExitStack) -> None:
        self._url = url
        self._stack = stack

    async def make(self, url: str | None = None) -> Person:
        """Sign somebody new up."""
        person = await self._stack.enter_async_context(Person(url or self._url))
        await person.sign_up()
        return person


@pytest.fixture
async def people(site: Site) -> AsyncGenerator[People]:
    """People of this test; after it, no rule of the product may be broken."""
    async with AsyncExitStack() as stack:
        yield People(site.url, stack)
    env = site.stack.env
    assert await invariants.broken_rules(env["DATABASE_URL"], env["STRIPE_API_BASE"]) == []


class Judge:
    """Looks into the database and Redis of the site."""

    def __init__(self, site: Site) -> None:
        self._url = site.stack.env["DATABASE_URL"].replace("+asyncpg", "")
        self.redis: Redis = Redis.from_url(site.stack.env["REDIS_URL"])

    async def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Return the rows of one statement."""
        connection = await asyncpg.connect(self._url)
        try:
            return [dict(row) for row in await connection.fetch(query, *values)]
        finally:
            await connection.close()


@pytest.fixture
async def judge(site: Site) -> AsyncGenerator[Judge]:
    """Who decides what happened."""
    judge = Judge(site)
    yield judge
    await judge.redis.aclose()
