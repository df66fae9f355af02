"""Deliveries of files while parts of the product are killed in turn."""

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack
from typing import Self

import boto3
import pytest
from filelock import FileLock
from moto.server import ThreadedMotoServer
from typing_extensions import override

from tests import invariants, ticket_files
from tests.outside.api_client import ApiClients
from tests.outside.database_probe import DatabaseProbe
from tests.outside.delivery_market import DeliveryMarket
from tests.outside.emulator_client import EmulatorClient
from tests.outside.partition import Partition
from tests.outside.payment_market import PaymentMarket
from tests.site import Site
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

DELIVERIES = 200
LANES = 8
# Deliveries between two faults, and the seconds of each.
PROGRESS = 8
DOWN_SECONDS = 2
BUCKET = "tickets"
RECEIVED = """
    SELECT count(*) FROM deliveries d JOIN order_items i ON i.order_id = d.order_id
    JOIN tickets t ON t.id = i.ticket_id JOIN vault_files f ON f.id = t.vault_file_id
    WHERE d.status = 'received' AND f.owner_id = d.buyer_id AND f.opened_at IS NOT NULL"""
WRONG_READS = """
    SELECT r.id FROM vault_reads r JOIN tickets t ON t.vault_file_id = r.file_id
    JOIN order_items i ON i.ticket_id = t.id JOIN orders o ON o.id = i.order_id
    WHERE r.user_id <> o.buyer_id"""
UNSENT = "SELECT count(*) FROM outbox WHERE published_at IS NULL"


class Store(Partition):
    """The way to a server that speaks S3; it can also be closed, which refuses connections."""

    async def kill(self) -> None:
        await self.__aexit__()

    async def revive(self) -> None:
        assert self._server
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port)

    @override
    async def __aenter__(self) -> Self:
        await super().__aenter__()
        assert self._server
        self._port = self._server.sockets[0].getsockname()[1]
        return self


@pytest.fixture(scope="module")
def endpoint() -> Generator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
    url = f"http://{host}:{port}"
    client = boto3.client("s3", endpoint_url=url, region_name="us-east-1", **keys)
    client.create_bucket(Bucket=BUCKET)
    yield url
    server.stop()


@pytest.fixture
async def store(endpoint: str) -> AsyncGenerator[Store]:
    async with Store(endpoint) as store:
        yield store


@pytest.fixture
async def mortal_site(
    store: Store, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Site]:
    """A site of this test alone, with its files in a bucket."""
    site = Site(
        tmp_path_factory.mktemp("mortal"),
        FILES_URL=f"s3://{BUCKET}",
        FILES_S3_ENDPOINT=store.url,
        FILES_S3_ACCESS_KEY="key",
        FILES_S3_SECRET_KEY="secret",  # of a test.
        UPLOAD_LIMIT_PER_HOUR="0",
        UPLOAD_LIMIT_PER_ADDRESS_PER_HOUR="0",
        PAYMENT_LIMIT_PER_MINUTE="0",
        SETTLE_LIMIT_PER_MINUTE="0",
    )
    with FileLock(tmp_path_factory.getbasetemp().parent / "build.lock"):
        await asyncio.to_thread(site.start)
    yield site
    await asyncio.to_thread(site.stop)


class Faults:
    """Kills web, worker and storage in turn; `lines` has the recovery time of each."""

    def __init__(self, site: Site, store: Store, probe: DatabaseProbe) -> None:
        self._site = site
        self._store = store
        self._probe = probe
        self.delivered = 0
        self.lines: list[str] = []

    async def run(self) -> None:
        faults = (self._web, self._worker, self._storage, self._silent_storage)
        for fault in itertools.cycle(faults):
            await self._progress(PROGRESS)
            if self.delivered == DELIVERIES:
                return
            await fault()

    async def _progress(self, count: int) -> None:
        wanted = min(self.delivered + count, DELIVERIES)
        await eventually(lambda: self.delivered >= wanted, seconds=600)

    async def _web(self) -> None:
        await asyncio.to_thread(self._site.kill_web)
        await self._record("web", lambda: asyncio.to_thread(self._site.start_web))

    async def _worker(self) -> None:
        await asyncio.to_thread(self._site.stack.kill, "worker")
        await self._record(
            "worker", lambda: asyncio.to_thread(self._site.stack.start_part, "worker")
        )

    async def _storage(self) -> None:
        await self._store.kill()
        await self._record("storage (refuses)", self._store.revive)

    async def _silent_storage(self) -> None:
        self._store.cut()

        async def heal() -> None:
            self._store.heal()

        await self._record("storage (silent)", heal)

    async def _record(self, name: str, revive: Callable[[], Awaitable[None]]) -> None:
        await asyncio.sleep(DOWN_SECONDS)
        during = self.delivered
        started = time.monotonic()
        await revive()
        is_up = time.monotonic() - started
        if name == "worker":
            await eventually(self._has_sent_all, seconds=120)
        else:
            await self._progress(1)
        recovered = time.monotonic() - started
        self.lines.append(
            f"{name:<18} at {during:>3} delivered: up after {is_up:5.2f} s, "
            f"recovered after {recovered:5.2f} s"
        )

    async def _has_sent_all(self) -> bool:
        return (await self._probe.rows(UNSENT))[0]["count"] == 0


async def test_two_hundred_deliveries_while_parts_are_killed_in_turn(
    mortal_site: Site, store: Store
) -> None:
    env = mortal_site.stack.env
    probe = DatabaseProbe(env)
    stripe = EmulatorClient(env)
    faults = Faults(mortal_site, store, probe)
    started = time.monotonic()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(probe.redis.aclose)
        stack.push_async_callback(stripe.close)
        clients = ApiClients(mortal_site.url, stack)
        people = [await clients.sign_up() for _ in range(2 * LANES)]
        numbers = iter(range(DELIVERIES))

        async def lane(number: int) -> None:
            seller, buyer = people[2 * number], people[2 * number + 1]
            market = DeliveryMarket(seller, buyer, people[2 * number - 1], stripe, probe)
            for ticket in numbers:
                await market.deliver(ticket_files.pkpass(f"LANTERNS-TICKET-{ticket:03}"))
                faults.delivered += 1

        await asyncio.gather(faults.run(), *(lane(number) for number in range(LANES)))
        market = PaymentMarket(mortal_site, clients, probe)
        await market.settle_down()
        await market.close()
        (received,) = await probe.rows(RECEIVED)
        wrong = await probe.rows(WRONG_READS)
        urls = env["DATABASE_URL"], env["STRIPE_API_BASE"]
        broken = await invariants.broken_rules(*urls, settled=True)
    print(f"\n{received['count']} of {DELIVERIES} received in {time.monotonic() - started:.0f} s")
    print("\n".join(faults.lines))
    print(f"read by others: {len(wrong)}, broken rules: {len(broken)}")
    assert received["count"] == DELIVERIES
    assert (wrong, broken) == ([], [])
