"""Tickets of a connected organiser through the whole product, with a stand-in and with a real pretix."""

import asyncio
import json
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack
from threading import Event
from typing import Any

import pytest

from tests.outside.api_client import ApiClient, ApiClients
from tests.outside.database_probe import DatabaseProbe
from tests.outside.emulator_client import EmulatorClient
from tests.outside.payer import Payer
from tests.pretix.real import RealPretix, find_python
from tests.pretix.stand_in import StandIn
from tests.pretix.target import EVENT, ORGANIZER, TOKEN
from tests.site import Site
from tests.ticket_files import Code, Page, write_pdf
from tests.waiting import eventually
from ticketing_app.vault.inspection import sandbox

pytestmark = pytest.mark.slow

SECONDS = 90
SWAP = "POST/orders/regenerate_secrets"
FILE = "GET/orderpositions/download/pdf"


def draw(secret: str, name: str, url: str) -> bytes:
    source = json.dumps({"issuer": url, "secret": secret})
    return write_pdf([Page(("The Paper Lanterns", name, source), (Code(secret),))])


@pytest.fixture(scope="module", params=["stand-in", "pretix"])
def target(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Generator[StandIn | RealPretix]:
    if request.param == "stand-in":
        target: StandIn | RealPretix = StandIn(draw)
    else:
        python = find_python(tmp_path_factory.mktemp("environment"))
        target = RealPretix(python, tmp_path_factory.mktemp("pretix"))
    yield target
    target.close()


@pytest.fixture(scope="module")
def shop(target: StandIn | RealPretix, tmp_path_factory: pytest.TempPathFactory) -> Generator[Site]:
    """A site that is connected to the organiser."""
    organizer = {
        "kind": "pretix",
        "url": target.url,
        "organizer": ORGANIZER,
        "events": [EVENT],
        "token": TOKEN,
    }
    site = Site(tmp_path_factory.mktemp("shop"), ISSUERS=json.dumps([organizer]))
    site.start()
    yield site
    site.stop()


class Market:
    """A seller with a ticket of the organiser, and buyers."""

    def __init__(self, site: Site, target: StandIn | RealPretix, clients: ApiClients) -> None:
        self.site = site
        self.target = target
        self.clients = clients
        self.probe = DatabaseProbe(site.stack.env)
        self.stripe = EmulatorClient(site.stack.env)

    async def offer(self, seller: ApiClient, secret: str) -> str:
        """List the ticket with its file; return its id once its re-issue is promised."""
        data = await asyncio.to_thread(self.target.draw, secret)
        uploaded = (await seller.post("/api/files", content=data)).raise_for_status().json()
        (item,) = uploaded["items"]
        ticket = await seller.sell(delivery={"method": "file", "fileIds": [item["id"]]})

        async def is_promised() -> bool:
            now = (await seller.get(f"/api/tickets/{ticket['id']}")).json()
            return now["delivery"]["method"] == "reissue"

        await eventually(is_promised, seconds=SECONDS)
        return ticket["id"]

    async def buy(self, ticket_id: str) -> Payer:
        buyer = await self.clients.sign_up()
        order = (await buyer.purchase(ticket_id)).raise_for_status().json()
        payer = Payer(buyer, self.stripe, self.probe, order)
        payer.payment = (await payer.open_payment()).raise_for_status().json()
        await payer.press_pay()
        await payer.enter_card()
        assert (await payer.settle())["status"] == "completed"
        return payer

    async def delivery(self, payer: Payer) -> dict[str, Any]:
        answer = await payer.client.get(f"/api/orders/{payer.order_id}/delivery")
        return answer.raise_for_status().json()

    async def arrives(self, payer: Payer) -> bytes:
        """Wait for the re-issue; open the ticket and return its file."""

        async def is_ready() -> bool:
            return (await self.delivery(payer))["status"] == "ready"

        await eventually(is_ready, seconds=SECONDS)
        delivery_id = (await self.delivery(payer))["id"]
        parts = f"/api/deliveries/{delivery_id}"
        assert (await payer.client.get(f"{parts}/parts/1")).status_code == 409, "sealed"
        (await payer.client.post(f"{parts}/open")).raise_for_status()
        return (await payer.client.get(f"{parts}/parts/1")).raise_for_status().content

    async def scans(self, secret: str, expected: str) -> None:
        async def is_so() -> bool:
            return await asyncio.to_thread(self.target.scan, secret) == expected

        await eventually(is_so, seconds=SECONDS)


@pytest.fixture
async def market(shop: Site, target: StandIn | RealPretix) -> AsyncGenerator[Market]:
    async with AsyncExitStack() as stack:
        market = Market(shop, target, ApiClients(shop.url, stack))
        yield market
        await market.stripe.close()
        await market.probe.redis.aclose()
    assert await asyncio.to_thread(shop.broken_rules) == []


async def read_secret(content: bytes) -> str:
    (ticket,) = (await sandbox.inspect(content)).tickets
    return ticket.codes[0].payload.decode()


async def test_buyer_gets_a_ticket_that_is_theirs_alone(market: Market) -> None:
    sold = market.target.sell()
    (old,) = sold.secrets
    seller = await market.clients.sign_up()
    ticket_id = await market.offer(seller, old)
    await market.scans(old, "blocked")

    payer = await market.buy(ticket_id)
    new = await read_secret(await market.arrives(payer))

    assert new != old
    assert market.target.scan(old) == "invalid"
    assert market.target.open_link(sold.link) == 404
    (row,) = await market.probe.rows("SELECT email FROM users WHERE id = $1", payer.client.id)
    assert market.target.email_of(new) == row["email"]
    assert market.target.scan(new) == "ok"
    delivery_id = (await market.delivery(payer))["id"]
    for stranger in (seller, await market.clients.sign_up()):
        answer = await stranger.get(f"/api/deliveries/{delivery_id}/parts/1")
        assert answer.status_code == 404


async def test_withdrawn_ticket_is_its_sellers_again(market: Market) -> None:
    sold = market.target.sell()
    seller = await market.clients.sign_up()
    ticket_id = await market.offer(seller, sold.secrets[0])
    await market.scans(sold.secrets[0], "blocked")

    (await seller.delete(f"/api/tickets/{ticket_id}")).raise_for_status()

    await market.scans(sold.secrets[0], "ok")
    assert market.target.open_link(sold.link) == 200


async def test_one_of_two_tickets_leaves_the_other_to_its_seller(market: Market) -> None:
    sold = market.target.sell(2)
    seller = await market.clients.sign_up()
    payer = await market.buy(await market.offer(seller, sold.secrets[0]))

    new = await read_secret(await market.arrives(payer))

    assert [market.target.scan(one) for one in (sold.secrets[0], new)] == ["invalid", "ok"]
    assert market.target.scan(sold.secrets[1]) == "ok"
    assert market.target.open_link(sold.link) == 200


@pytest.mark.parametrize("moment", [SWAP, FILE])
async def test_crash_between_swap_and_store_swaps_once(market: Market, moment: str) -> None:
    if not isinstance(market.target, StandIn):
        pytest.skip("A real pretix cannot be stopped between two answers.")
    stand_in = market.target
    (old,) = stand_in.sell().secrets
    ticket_id = await market.offer(await market.clients.sign_up(), old)
    swaps = stand_in.count(SWAP)
    reached = stand_in.count(moment)
    # The call takes effect, and its answer waits: the worker dies in between.
    held = stand_in.waits[moment] = Event()
    payer = await market.buy(ticket_id)
    await eventually(lambda: stand_in.count(moment) > reached, seconds=SECONDS)
    await asyncio.to_thread(market.site.stack.kill, "worker")
    held.set()
    del stand_in.waits[moment]
    assert (await market.delivery(payer))["status"] == "issuing"

    await asyncio.to_thread(market.site.stack.start_part, "worker")
    new = await read_secret(await market.arrives(payer))

    assert stand_in.count(SWAP) == swaps + 1
    assert [stand_in.scan(one) for one in (old, new)] == ["invalid", "ok"]
