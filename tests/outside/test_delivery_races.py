"""Two sides want the same file at once through two web processes: one of them gets it."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack
from typing import NamedTuple

import httpx
import pytest

from tests import ticket_files
from tests.outside.api_client import ApiClient, ApiClients
from tests.outside.database_probe import DatabaseProbe
from tests.outside.delivery_market import DeliveryMarket
from tests.outside.payment_market import PaymentMarket
from tests.site import Site

pytestmark = pytest.mark.slow

OPENED_ROUNDS = 20
GIFT_ROUNDS = 30
LISTED_ROUNDS = 10
SELLERS = 8
VOID_SECONDS = 60
UNLIMITED = {"GIFT_LIMIT_PER_HOUR": "0", "PAYMENT_LIMIT_PER_MINUTE": "0"}
OPENED_AT = "SELECT opened_at FROM vault_files WHERE id = $1"
OWNER = "SELECT owner_id FROM vault_files WHERE id = $1"
CLAIMED = "SELECT file_id FROM vault_codes WHERE is_claimed AND file_id = ANY($1)"
CONFIRM = "UPDATE users SET email_confirmed_at = now() WHERE id = $1 RETURNING email"


class Pause:
    """A wait before the request of the faster side, which approaches the moment when either side wins."""

    def __init__(self, step_seconds: float) -> None:
        self._step = step_seconds
        self._finest = step_seconds / 8
        self._seconds = 0.0
        self._has_won = True

    async def __call__(self) -> None:
        await asyncio.sleep(self._seconds)

    def adjust(self, *, has_won: bool) -> None:
        """Give the other side a better chance in the next round."""
        if has_won != self._has_won:
            self._step = max(self._step / 2, self._finest)
            self._has_won = has_won
        self._seconds = max(0, self._seconds + (self._step if has_won else -self._step))


class Person(NamedTuple):
    """One account at both web processes."""

    here: ApiClient
    there: ApiClient
    email: str

    @property
    def id(self) -> str:
        return self.there.id


@pytest.fixture
def other_url(site: Site) -> Generator[str]:
    with site.other_web(**UNLIMITED) as other:
        yield other.url


@pytest.fixture
async def connections() -> AsyncGenerator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
async def people(
    clients: ApiClients,
    connections: AsyncExitStack,
    probe: DatabaseProbe,
    site: Site,
    other_url: str,
) -> list[Person]:
    """Three people with confirmed addresses."""
    found: list[Person] = []
    for _ in range(3):
        there = await clients.sign_up(other_url)
        cookie = "; ".join(f"{name}={value}" for name, value in there.cookies.items())
        here = await connections.enter_async_context(ApiClient(site.url, {"cookie": cookie}))
        (row,) = await probe.rows(CONFIRM, there.id)
        found.append(Person(here, there, row["email"]))
    return found


@pytest.fixture
def sales(people: list[Person], market: PaymentMarket, probe: DatabaseProbe) -> DeliveryMarket:
    """Prepares the rounds at the process without limits."""
    seller, buyer, friend = [person.there for person in people]
    return DeliveryMarket(seller, buyer, friend, market.stripe, probe)


async def upload(seller: ApiClient, content: bytes) -> list[str]:
    answer = (await seller.post("/api/files", content=content)).raise_for_status()
    return [file["id"] for file in answer.json()["items"]]


class Sold(NamedTuple):
    file_id: str
    order_id: str
    delivery_id: str
    intent: str


async def sell(sales: DeliveryMarket, name: str) -> Sold:
    (file_id,) = await upload(sales.seller, ticket_files.pkpass(name))
    order_id = await sales.buy(await sales.sell(file_id))
    intent = await sales.pay(order_id)
    delivery = (await sales.buyer.get(f"/api/orders/{order_id}/delivery")).raise_for_status()
    return Sold(file_id, order_id, delivery.json()["id"], intent)


async def test_opened_against_refunded(
    people: list[Person], sales: DeliveryMarket, market: PaymentMarket, probe: DatabaseProbe
) -> None:
    buyer = people[1]
    pause = Pause(0.1)
    won = Counter[str]()
    for number in range(OPENED_ROUNDS):
        sold = await sell(sales, f"RACE-OPENED-{number:02}-{buyer.id}")
        opened, _, steps = await asyncio.gather(
            open_after(pause, buyer.here, sold),
            market.stripe.by_hand("refunds", payment_intent=sold.intent),
            read_until_voided(buyer.there, sold),
        )
        assert opened.status_code in {200, 409}, opened.text
        has_opened = opened.status_code == 200
        (row,) = await probe.rows(OPENED_AT, sold.file_id)
        assert (row["opened_at"] is not None) == has_opened
        assert ("open" in steps, steps[-1]) == (has_opened, "void")
        await refuse(buyer, sold)
        won["opened" if has_opened else "voided"] += 1
        pause.adjust(has_won=has_opened)
    print(f"\nopened against refunded: {dict(won)}")


async def open_after(pause: Pause, buyer: ApiClient, sold: Sold) -> httpx.Response:
    await pause()
    return await buyer.post(f"/api/deliveries/{sold.delivery_id}/open")


async def read_until_voided(buyer: ApiClient, sold: Sold) -> list[str]:
    """Read until the delivery is void, after which nothing may be read; return its transitions."""
    path = f"/api/deliveries/{sold.delivery_id}"
    async with asyncio.timeout(VOID_SECONDS):
        while True:
            delivery = (await buyer.get(path)).raise_for_status().json()
            part = await buyer.get(f"{path}/parts/1")
            if delivery["status"] == "voided":
                assert part.status_code == 404, part.status_code
                return [step["transition"] for step in delivery["steps"]]
            assert part.status_code in {200, 404, 409}, part.text


async def refuse(buyer: Person, sold: Sold) -> None:
    for client in (buyer.here, buyer.there):
        path = f"/api/deliveries/{sold.delivery_id}"
        assert (await client.post(f"{path}/open")).status_code == 409
        for read in (f"{path}/parts/1", f"/api/orders/{sold.order_id}/door"):
            assert (await client.get(read)).status_code == 404


async def test_taken_against_withdrawn(
    people: list[Person], sales: DeliveryMarket, probe: DatabaseProbe
) -> None:
    sold = await sell(sales, f"RACE-GIFT-{people[1].id}")
    owner, other = people[1], people[2]
    pause = Pause(0.008)
    won = Counter[str]()
    for _ in range(GIFT_ROUNDS):
        offer = {"email": other.email}
        offered = await owner.there.post(f"/api/files/{sold.file_id}/gift", json=offer)
        path = f"/api/gifts/{offered.raise_for_status().json()['id']}"
        taken, withdrawn = await asyncio.gather(
            other.here.post(f"{path}/take"), withdraw_after(pause, owner.there, path)
        )
        assert sorted((taken.status_code, withdrawn.status_code)) == [200, 409]
        has_taken = taken.status_code == 200
        for client in (owner.here, other.there):
            gift = (await client.get(path)).raise_for_status().json()
            assert gift["status"] == ("taken" if has_taken else "withdrawn")
        if has_taken:
            owner, other = other, owner
        (row,) = await probe.rows(OWNER, sold.file_id)
        assert str(row["owner_id"]) == owner.id
        won[gift["status"]] += 1
        pause.adjust(has_won=not has_taken)
    print(f"\ntaken against withdrawn: {dict(won)}")


async def withdraw_after(pause: Pause, giver: ApiClient, path: str) -> httpx.Response:
    await pause()
    return await giver.post(f"{path}/withdraw")


async def test_the_same_barcodes_of_many_sellers(
    clients: ApiClients, site: Site, other_url: str, probe: DatabaseProbe
) -> None:
    urls = [site.url, other_url] * (SELLERS // 2)
    sellers = [await clients.sign_up(url) for url in urls]
    content = ticket_files.two_tickets(f"race-{sellers[0].id}")
    files = [await upload(seller, content) for seller in sellers]
    every_file = [file_id for pair in files for file_id in pair]
    won = Counter[str]()
    for _ in range(LISTED_ROUNDS):
        answers = await asyncio.gather(
            *(
                # Half of the sellers at each process name the tickets in the other order.
                list_both(seller, pair if number % 4 < 2 else pair[::-1])
                for number, (seller, pair) in enumerate(zip(sellers, files, strict=True))
            )
        )
        codes = [answer.status_code for answer in answers]
        assert sorted(codes) == [201] + [409] * (SELLERS - 1)
        refused = [answer.json()["errors"] for answer in answers if answer.status_code == 409]
        assert {error["field"] for errors in refused for error in errors} == {"delivery"}
        winner = codes.index(201)
        claimed = {str(row["file_id"]) for row in await probe.rows(CLAIMED, every_file)}
        assert claimed == set(files[winner])
        listing = answers[winner].json()["id"]
        (await sellers[winner].delete(f"/api/listings/{listing}")).raise_for_status()
        assert await probe.rows(CLAIMED, every_file) == []
        won["site" if urls[winner] == site.url else "other"] += 1
    print(f"\nthe same barcodes of {SELLERS} sellers, by process: {dict(won)}")


async def list_both(seller: ApiClient, file_ids: list[str]) -> httpx.Response:
    listing = {
        "title": "The Paper Lanterns",
        "price": 40,
        "quantity": 2,
        "delivery": {"method": "file", "fileIds": file_ids},
    }
    return await seller.post("/api/listings", json=listing)
