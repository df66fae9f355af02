"""The product over HTTP, judged by the database and Stripe's books."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack

import pytest

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
