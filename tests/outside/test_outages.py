"""Rules 2 and 8: after crashes and outages all parts recover by themselves and lose nothing."""

import asyncio
from collections.abc import Generator

import pytest

from tests import invariants
from tests.outside.api_client import ApiClient, ApiClients
from tests.outside.background_traffic import BackgroundTraffic
from tests.outside.database_probe import DatabaseProbe
from tests.outside.socket_client import SocketClient
from tests.site import Site
from tests.waiting import eventually

HOLD_SECONDS = 2


@pytest.fixture(scope="module")
def quick_url(site: Site) -> Generator[str]:
    """A web process that locks tickets for 2 s."""
    limits = {"MAX_OPEN_HOLDS": "1000", "HOLD_COOLDOWN_SECONDS": "0"}
    with site.other_web(ORDER_HOLD_SECONDS=str(HOLD_SECONDS), **limits) as web:
        yield web.url


@pytest.fixture
async def quick_clients(
    quick_url: str, clients: ApiClients
) -> tuple[list[ApiClient], list[ApiClient]]:
    """Two sellers and six buyers of short holds."""
    return (
        [await clients.sign_up(quick_url) for _ in range(2)],
        [await clients.sign_up(quick_url) for _ in range(6)],
    )


@pytest.mark.usefixtures("one_worker")
async def test_without_a_worker_a_lapsed_ticket_goes_to_the_next_buyer_at_once(
    site: Site, clients: ApiClients, probe: DatabaseProbe
) -> None:
    seller, first, second = [await clients.sign_up() for _ in range(3)]
    ticket = await seller.sell()
    other = await seller.sell()
    site.stack.kill("worker")
    order = (await first.purchase(ticket["id"])).json()
    left_alone = (await first.purchase(other["id"])).json()
    for order_id in (order["id"], left_alone["id"]):
        await probe.let_lapse(order_id)
    assert (await second.purchase(ticket["id"])).status_code == 201
    assert await probe.status(order["id"]) == "expired"
    assert await probe.status(left_alone["id"]) == "created"
    site.stack.start_part("worker")
    await eventually(probe.is_all_done, seconds=60)
    assert await probe.status(left_alone["id"]) == "expired"
    expired = await probe.rows(
        "SELECT aggregate_id FROM outbox WHERE name = 'OrderExpired' AND published_at IS NOT NULL"
        " AND aggregate_id = ANY($1::uuid[])",
        [order["id"], left_alone["id"]],
    )
    assert len(expired) == 2


@pytest.mark.parametrize("flushes", [3, pytest.param(10, marks=pytest.mark.slow)])
async def test_flushes_of_redis_under_load_lose_nothing(
    quick_clients: tuple[list[ApiClient], list[ApiClient]], probe: DatabaseProbe, flushes: int
) -> None:
    traffic = BackgroundTraffic(*quick_clients)
    async with traffic.busy():
        for _ in range(flushes):
            # Under this load there are always events between relay and consumer.
            made = traffic.answers[201]
            await eventually(lambda made=made: traffic.answers[201] > made + 5)
            await probe.redis.flushall()
    await eventually(probe.is_all_done, seconds=60)
    assert await probe.rows("SELECT id FROM orders WHERE status = 'expired'") != []


@pytest.mark.parametrize("part", ["redis", "postgres"])
@pytest.mark.parametrize("seconds", [5, pytest.param(60, marks=pytest.mark.slow)])
async def test_after_an_outage_under_load_everything_works_with_no_restart_by_hand(
    site: Site,
    clients: ApiClients,
    quick_clients: tuple[list[ApiClient], list[ApiClient]],
    probe: DatabaseProbe,
    part: str,
    seconds: int,
) -> None:
    traffic = BackgroundTraffic(*quick_clients)
    watched = await quick_clients[0][0].sell()
    page = SocketClient(site.url, f"/tickets/{watched['id']}", origin=site.url)
    async with page, traffic.busy():
        await eventually(lambda: traffic.answers[201] > 10)
        await asyncio.to_thread(site.stack.stop_part, part)
        try:
            # The outage lasts in real time: it tests real timeouts and retries.
            await asyncio.sleep(seconds)
        finally:
            await asyncio.to_thread(site.stack.start_part, part)
        made = traffic.answers[201]
        await eventually(lambda: traffic.answers[201] > made + 10, seconds=60)
        await _open_page_is_live(clients, page, watched["id"])
    assert set(traffic.answers) <= {201, 204, 409, 503, "lost"}
    await eventually(probe.is_all_done, seconds=90)
    await _delayed_jobs_work(clients, probe, seller=quick_clients[0][0])


async def _open_page_is_live(clients: ApiClients, page: SocketClient, ticket_id: str) -> None:
    """A page that was open all the time receives the event of a new hold.

    Or a resync, if its web process was still reconnecting to Redis.
    """
    page.received.clear()
    assert (await (await clients.sign_up()).purchase(ticket_id)).status_code == 201
    await eventually(
        lambda: any(ticket_id in text or "resync" in text for text in page.received), seconds=30
    )


async def _delayed_jobs_work(clients: ApiClients, probe: DatabaseProbe, seller: ApiClient) -> None:
    """A new hold reaches relay, consumer and scheduler: its delayed job is planned under its second."""
    buyer = await clients.sign_up()
    order = (await buyer.purchase((await seller.sell())["id"])).json()

    async def is_planned() -> bool:
        deadline = (
            await probe.rows(
                "SELECT floor(extract(epoch FROM expires_at))::bigint AS second FROM orders WHERE id = $1",
                order["id"],
            )
        )[0]
        return (
            await probe.redis.zscore("rq:scheduled:default", f"expire-orders-{deadline['second']}")
            is not None
        )

    await eventually(is_planned, seconds=30)
    await probe.let_lapse(order["id"])
    await eventually(probe.is_all_done, seconds=30)
    assert await probe.status(order["id"]) == "expired"


async def test_invariants_report_a_broken_rule(
    site: Site, clients: ApiClients, probe: DatabaseProbe
) -> None:
    """The check itself reports a rule that was broken by hand."""
    seller, buyer = await clients.sign_up(), await clients.sign_up()
    order = (await buyer.purchase((await seller.sell())["id"])).json()
    env = site.stack.env
    await probe.rows("UPDATE orders SET price_cents = 1 WHERE id = $1", order["id"])
    broken = await invariants.broken_rules(env["DATABASE_URL"], env["STRIPE_API_BASE"])
    await probe.rows("UPDATE orders SET price_cents = 4000 WHERE id = $1", order["id"])
    assert {rule[0] for rule in broken} == {"5"}
