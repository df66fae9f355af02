"""Deadlines of seconds, by settings: a late ticket, one more wait, and the money back by itself."""

from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from filelock import FileLock

from tests import invariants
from tests.outside.api_client import ApiClient, ApiClients
from tests.outside.database_probe import DatabaseProbe
from tests.outside.payment_market import PaymentMarket
from tests.outside.test_sending_races import sold
from tests.site import Site
from tests.waiting import eventually

pytestmark = pytest.mark.slow

DEADLINES = {"DELIVER_SECONDS": "4", "CHOOSE_SECONDS": "4"}
PATIENCE_SECONDS = 60


@pytest.fixture(scope="module")
def hasty_site(tmp_path_factory: pytest.TempPathFactory) -> Generator[Site]:
    site = Site(tmp_path_factory.mktemp("hasty"), **DEADLINES)
    with FileLock(tmp_path_factory.getbasetemp().parent / "build.lock"):
        site.start()
    yield site
    site.stop()


@pytest.fixture
async def hasty_clients(hasty_site: Site) -> AsyncGenerator[ApiClients]:
    async with AsyncExitStack() as stack:
        yield ApiClients(hasty_site.url, stack)
    env = hasty_site.stack.env
    assert await invariants.broken_rules(env["DATABASE_URL"], env["STRIPE_API_BASE"]) == []


async def test_late_wait_late_and_the_money_is_back(
    hasty_site: Site, hasty_clients: ApiClients
) -> None:
    seller, buyer = await hasty_clients.sign_up(), await hasty_clients.sign_up()
    probe = DatabaseProbe(hasty_site.stack.env)
    market = PaymentMarket(hasty_site, hasty_clients, probe)
    order_id, delivery_id = await sold(market, seller, buyer)

    async def delivery(client: ApiClient) -> dict[str, Any]:
        answer = await client.get(f"/api/orders/{order_id}/delivery")
        return answer.raise_for_status().json()

    async def is_late() -> bool:
        return (await delivery(buyer))["status"] == "late"

    async def is_refunded() -> bool:
        order = (await buyer.get(f"/api/orders/{order_id}")).raise_for_status().json()
        return order["status"] == "refunded"

    path = f"/api/deliveries/{delivery_id}"
    await eventually(is_late, seconds=PATIENCE_SECONDS)
    assert (await delivery(seller))["status"] == "late"
    refused = await seller.post(f"{path}/sent", json={"reference": "TM-4711"})
    assert refused.status_code == 409
    assert (await buyer.post(f"{path}/wait")).status_code == 200
    await eventually(is_late, seconds=PATIENCE_SECONDS)
    assert (await buyer.post(f"{path}/wait")).status_code == 409
    # Nobody chooses.
    await eventually(is_refunded, seconds=PATIENCE_SECONDS)
    assert (await delivery(buyer))["status"] == "failed"
    await market.close()
    await probe.redis.aclose()
