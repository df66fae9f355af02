"""The product over HTTP, checked by the database and by Stripe's books."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests import invariants
from tests.outages import restart_ended
from tests.outside.api_client import ApiClients
from tests.outside.database_probe import DatabaseProbe
from tests.outside.payment_market import PaymentMarket
from tests.site import Site


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Trace no code here: the product runs in other processes."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.no_cover)


@pytest.fixture
async def clients(site: Site) -> AsyncGenerator[ApiClients]:
    """Clients of this test; after it, no rule of the product may be broken."""
    # Else all later tests of this process fail as well.
    assert restart_ended(site.stack) == [], "It ended, or an earlier test left it stopped."
    async with AsyncExitStack() as stack:
        yield ApiClients(site.url, stack)
    env = site.stack.env
    assert await invariants.broken_rules(env["DATABASE_URL"], env["STRIPE_API_BASE"]) == []


@pytest.fixture
async def probe(site: Site) -> AsyncGenerator[DatabaseProbe]:
    """Reads and changes rows directly."""
    probe = DatabaseProbe(site.stack.env)
    yield probe
    await probe.redis.aclose()


@pytest.fixture(scope="package")
def second_worker(site: Site) -> Generator[None]:
    """Stops the second worker after the last test; `market` starts it, once for many tests."""
    yield
    site.stop_other_worker()


@pytest.fixture
def one_worker(site: Site) -> None:
    """No worker beside the site's own."""
    site.stop_other_worker()


@pytest.fixture
async def market(
    site: Site,
    clients: ApiClients,
    probe: DatabaseProbe,
    second_worker: None,  # noqa: ARG001  # for its end.
) -> AsyncGenerator[PaymentMarket]:
    """A market with two workers; after the test all work is finished and no rule may be broken."""
    await asyncio.to_thread(site.start_other_worker)
    market = PaymentMarket(site, clients, probe)
    try:
        yield market
        await market.settle_down()
        env = site.stack.env
        urls = env["DATABASE_URL"], env["STRIPE_API_BASE"]
        assert await invariants.broken_rules(*urls, settled=True) == []
    finally:
        await market.close()
