"""Browsing while 50 people sign in at once and 10 files are inspected: `python -m benchmarks.busy`.

Waves of sign-ins and uploads, and downloads of opened tickets all the time; visitors browse beside them. One
web process; the clients share the machine with it.
"""

import asyncio
import random
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, aclosing
from http import HTTPStatus

import httpx

from benchmarks.crowd import SHEDDING, Person, connect, make_event, make_people
from benchmarks.http_load import Connection, Load
from benchmarks.measure import Processes, check_limit, running_site
from benchmarks.visitors import Visitors
from tests import ticket_files
from tests.outside.api_client import ApiClient
from tests.outside.database_probe import DatabaseProbe
from tests.outside.delivery_market import DeliveryMarket
from tests.outside.emulator_client import EmulatorClient
from tests.site import Site
from tests.waiting import running
from ticketing_app.accounts import passwords

WAVES = 4
SIGN_INS = 50
UPLOADS = 10
DOWNLOADERS = 3
DOWNLOAD_PAUSE_SECONDS = 0.2
PAUSE_SECONDS = 0.5
IDLE_SECONDS = 5
LIMIT_BROWSING_MS = 100
PASSWORD = "correct horse"  # noqa: S105  # as `ApiClient` signs up.


class Busy:
    def __init__(self, site: Site, people: list[Person]) -> None:
        self._site = site
        self._people = people
        self.sign_ins = Load()
        self.uploads = Load()
        self.downloads = Load()
        self.waits = 0

    async def run(self) -> None:
        for wave in range(WAVES):
            signing = [self._sign_in(person, wave) for person in self._people[:SIGN_INS]]
            uploading = [self._upload(person, wave) for person in self._people[SIGN_INS:]]
            await asyncio.gather(*signing, *uploading)

    async def _sign_in(self, person: Person, wave: int) -> None:
        address = f"10.6.{wave}.{self._people.index(person) + 1}"
        async with Connection(self._site.url, address=address) as connection:
            body = {"email": person.email, "password": PASSWORD}
            await self.sign_ins.timed(
                connection.send("POST", "/api/users/signin", body), HTTPStatus.OK
            )

    async def _upload(self, person: Person, wave: int) -> None:
        content = ticket_files.two_tickets(f"{person.id}-{wave}")
        async with ApiClient(self._site.url) as client:
            client.cookies.set("session", person.cookie)
            started = time.perf_counter()
            while not await self._is_taken(client, content):
                self.waits += 1
                await asyncio.sleep(PAUSE_SECONDS * random.uniform(1, 2))  # noqa: S311  # no secret.
            self.uploads.seconds.append(time.perf_counter() - started)

    async def _is_taken(self, client: ApiClient, content: bytes) -> bool:
        answer = await client.post("/api/files", content=content)
        if answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE and "retry-after" in answer.headers:
            return False
        answer.raise_for_status()
        return True

    async def download(self, get: Callable[[], Awaitable[httpx.Response]]) -> None:
        """Read an opened ticket again and again, until cancelled."""
        while True:
            started = time.perf_counter()
            (await get()).raise_for_status()
            self.downloads.seconds.append(time.perf_counter() - started)
            await asyncio.sleep(DOWNLOAD_PAUSE_SECONDS)


async def _deliver(site: Site, stack: AsyncExitStack) -> Callable[[], Awaitable[httpx.Response]]:
    """Sell a ticket with a file and open it; return a function that downloads it as its buyer."""
    seller, buyer, stranger = [
        await stack.enter_async_context(ApiClient(site.url)) for _ in range(3)
    ]
    for person in (seller, buyer, stranger):
        await person.sign_up()
    probe = DatabaseProbe(site.stack.env)
    stripe = EmulatorClient(site.stack.env)
    stack.push_async_callback(stripe.close)
    async with aclosing(probe.redis):
        await probe.rows("UPDATE users SET email_confirmed_at = now()")
        market = DeliveryMarket(seller, buyer, stranger, stripe, probe)
        delivery_id = await market.deliver(ticket_files.one_ticket(buyer.id))
    return lambda: buyer.get(f"/api/deliveries/{delivery_id}/parts/1")


async def measure(site: Site) -> bool:
    database = await connect(site)
    hashed = await passwords.hash_password(PASSWORD)
    seller, *people = await make_people(database, site, SIGN_INS + UPLOADS + 1, hashed=hashed)
    event = await make_event(database, seller, "The Paper Lanterns", (4, 2, 1))
    await database.close()
    busy = Busy(site, people)
    ticket_id = event.listings[0].ticket_ids[0]
    paths = ("/", f"/events/{event.slug}", "/api/tickets", f"/tickets/{ticket_id}")
    idle = Visitors(site.url, paths)
    visitors = Visitors(site.url, paths)
    web = Processes(site.web_pid)
    async with AsyncExitStack() as stack:
        readers = [await _deliver(site, stack) for _ in range(DOWNLOADERS)]
        async with idle.visiting():
            await asyncio.sleep(IDLE_SECONDS)
        before = web.cpu_seconds()
        started = time.perf_counter()
        async with visitors.visiting(), running(*(busy.download(reader) for reader in readers)):
            await busy.run()
        elapsed = time.perf_counter() - started
        used = web.cpu_seconds() - before
    print(f"before: {idle}\nmeanwhile: {visitors}")
    print(f"{WAVES} waves took {elapsed:.1f} s, {used:.1f} s of CPU in the web process")
    for name, load in (
        ("sign-in", busy.sign_ins),
        ("upload", busy.uploads),
        ("download", busy.downloads),
    ):
        print(
            f"{len(load.seconds)} times {name}: p50 {load.p(0.5):.0f} ms, p99 {load.p(0.99):.0f} ms"
        )
    print(f"uploads that had to wait: {busy.waits}")
    problems = [f"{count} x {text}" for text, count in visitors.problems.items()]
    problems += await asyncio.to_thread(site.broken_rules)
    for problem in problems:
        print(f"WRONG: {problem}")
    is_quick = check_limit("browsing, p95", visitors.load.p(0.95), LIMIT_BROWSING_MS, "ms")
    return is_quick and not problems


def main() -> int:
    with running_site(**SHEDDING) as site:
        return 0 if asyncio.run(measure(site)) else 1


if __name__ == "__main__":
    sys.exit(main())
