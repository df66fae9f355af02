"""500 buyers at once on 50 seats of one event: `python -m benchmarks.rush`.

1,000 watchers have the page of the event open, and visitors browse beside them. A refused buyer looks
at the offers again and takes other seats, a few times; winners pay. All clients share the machine with the one
web process that serves them.
"""

import asyncio
import random
import re
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Self

import httpx

from benchmarks.crowd import SHEDDING, Event, Person, connect, make_event, make_people
from benchmarks.event_page import Watcher, open_pages
from benchmarks.http_load import Answer, Connection, Load
from benchmarks.measure import Processes, check_limit, running_site
from benchmarks.visitors import Visitors
from tests.outside.api_client import ApiClient
from tests.outside.database_probe import DatabaseProbe
from tests.outside.emulator_client import EmulatorClient
from tests.outside.payer import Payer
from tests.site import Site

BUYERS = 500
WATCHERS = 1000
LISTINGS = (10, 9, 8, 7, 6, 4, 3, 2, 1)
PRESSES = 8
LONGEST_WAIT_SECONDS = 60
SETTLE_SECONDS = 1
IDLE_SECONDS = 3
LIMIT_HOLD_MS = 1000
LIMIT_BROWSING_MS = 100
SEED = 20261130


@dataclass
class Figures:
    """Seconds of the answers to Purchase, and how often each status came."""

    holds: Load = field(default_factory=Load)
    refused: Load = field(default_factory=Load)
    statuses: Counter[str] = field(default_factory=Counter[str])
    problems: Counter[str] = field(default_factory=Counter[str])
    sentences: Counter[str] = field(default_factory=Counter[str])
    held: int = 0
    paid: int = 0
    last_at: float = 0.0

    def note(self, what: str, answer: Answer, seconds: float) -> None:
        self.statuses[f"{what} {answer.status}"] += 1
        is_shed = answer.status == HTTPStatus.SERVICE_UNAVAILABLE
        if is_shed and "retry-after" not in answer.headers:
            self.problems[f"{what}: 503 without Retry-After"] += 1
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not is_shed:
            self.problems[f"{what}: {answer.status}"] += 1
        if what == "hold":
            (self.refused if is_shed else self.holds).seconds.append(seconds)


class Client:
    """A person with a connection; the answers are noted."""

    def __init__(self, connection: Connection, figures: Figures) -> None:
        self._connection = connection
        self._figures = figures

    async def ask(
        self, what: str, method: str, path: str, body: dict[str, Any] | None = None
    ) -> Answer:
        started = time.perf_counter()
        answer = await self._connection.exchange(method, path, body)
        self._figures.note(what, answer, time.perf_counter() - started)
        return answer


class Buyer(Client):
    def __init__(
        self, person: Person, connection: Connection, figures: Figures, event: Event
    ) -> None:
        super().__init__(connection, figures)
        self.person = person
        self._event = event
        self._random = random.Random(str(person.id))  # noqa: S311  # no secret.

    async def buy(self, offers: list[dict[str, Any]]) -> dict[str, Any] | None:
        """Press Purchase until seats are held, or there are none; return the order."""
        for _ in range(PRESSES):
            choice = self._choose(offers)
            if choice is None:
                return None
            answer = await self.ask("hold", "POST", "/api/orders", choice)
            if answer.status == HTTPStatus.CREATED:
                return self._won(answer.json())
            if answer.status == HTTPStatus.SERVICE_UNAVAILABLE:
                await self._wait(answer)
                continue
            [error] = answer.json()["errors"]
            self._figures.sentences[re.sub(r"\d+", "N", error["message"])] += 1
            await asyncio.sleep(self._random.uniform(0.3, 1.5))
            offers = await self._look(offers)
        return None

    def _choose(self, offers: list[dict[str, Any]]) -> dict[str, Any] | None:
        left = [offer for offer in offers if offer["available"]]
        if not left:
            return None
        offer = self._random.choice(left)
        quantity = min(self._random.randint(1, 4), offer["available"])
        return {"listingId": offer["listingId"], "quantity": quantity}

    def _won(self, order: dict[str, Any]) -> dict[str, Any]:
        self._figures.held += order["quantity"]
        self._figures.last_at = time.perf_counter()
        return order

    async def _look(self, before: list[dict[str, Any]]) -> list[dict[str, Any]]:
        answer = await self.ask("look", "GET", f"/api/events/{self._event.slug}/listings")
        if answer.status != HTTPStatus.OK:
            await self._wait(answer)
            return before
        return answer.json()["items"]

    async def _wait(self, answer: Answer) -> None:
        seconds = int(answer.headers.get("retry-after", "1"))
        await asyncio.sleep(seconds * self._random.uniform(1, 1.3))


class Rush:
    def __init__(self, site: Site, event: Event, stack: AsyncExitStack) -> None:
        self._site = site
        self._event = event
        self._stack = stack
        self._probe = DatabaseProbe(site.stack.env)
        self._stripe = EmulatorClient(site.stack.env)
        self.figures = Figures()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stripe.close()
        await self._probe.redis.aclose()

    async def connect(self, people: list[Person]) -> list[Buyer]:
        return [
            Buyer(person, await self._connection(number, person.cookie), self.figures, self._event)
            for number, person in enumerate(people)
        ]

    async def _connection(self, number: int, cookie: str = "") -> Connection:
        address = f"10.2.{number // 250}.{number % 250 + 1}"
        connection = Connection(self._site.url, session=cookie, address=address)
        return await self._stack.enter_async_context(connection)

    async def watch(self) -> list[Watcher]:
        return await open_pages(self._stack, [self._site.url], [self._event], WATCHERS, Watcher)

    async def run(self, buyers: list[Buyer]) -> None:
        offers = [
            {"listingId": str(listing.id), "available": len(listing.ticket_ids)}
            for listing in self._event.listings
        ]
        await asyncio.gather(*(self._buy(buyer, offers) for buyer in buyers))

    async def _buy(self, buyer: Buyer, offers: list[dict[str, Any]]) -> None:
        if order := await buyer.buy(offers):
            await self._pay(buyer.person, order)

    async def _pay(self, person: Person, order: dict[str, Any]) -> None:
        """Pay at once; any refusal counts as a problem, as payments go first."""
        async with ApiClient(self._site.url) as client:
            client.cookies.set("session", person.cookie)
            payer = Payer(client, self._stripe, self._probe, order)
            opened = await payer.open_payment()
            if opened.status_code >= HTTPStatus.BAD_REQUEST:
                self.figures.problems[f"payment: {opened.status_code} {opened.text}"] += 1
                return
            payer.payment = opened.json()
            try:
                await payer.press_pay()
                await payer.enter_card()
                await self._settle(payer)
            except httpx.HTTPStatusError as error:
                self.figures.problems[f"payment: {error.response.status_code}"] += 1
                return
            self.figures.paid += order["quantity"]

    async def _settle(self, payer: Payer) -> None:
        async with asyncio.timeout(LONGEST_WAIT_SECONDS):
            while (await payer.settle())["status"] != "completed":  # noqa: ASYNC110  # another process.
                await asyncio.sleep(SETTLE_SECONDS)


async def measure(site: Site) -> bool:
    random.seed(SEED)
    database = await connect(site)
    seller, *people = await make_people(database, site, BUYERS + 1)
    event = await make_event(database, seller, "The Paper Lanterns", LISTINGS)
    await database.close()
    async with AsyncExitStack() as stack:
        rush = await stack.enter_async_context(Rush(site, event, stack))
        buyers = await rush.connect(people)
        watchers = await rush.watch()
        ticket_id = event.listings[0].ticket_ids[0]
        paths = ("/", f"/events/{event.slug}", "/api/tickets", f"/tickets/{ticket_id}")
        idle = Visitors(site.url, paths)
        async with idle.visiting():
            await asyncio.sleep(IDLE_SECONDS)
        visitors = Visitors(site.url, paths)
        web = Processes(site.web_pid)
        async with visitors.visiting():
            before = web.cpu_seconds()
            started = time.perf_counter()
            await rush.run(buyers)
        elapsed = time.perf_counter() - started
        used = web.cpu_seconds() - before
        for watcher in watchers:
            watcher.stop()
    print(f"before the rush: {idle}\nmeanwhile: {visitors}")
    rush.figures.problems.update(visitors.problems)
    return await _report(site, rush.figures, visitors, started, elapsed, used)


async def _report(
    site: Site, figures: Figures, visitors: Visitors, started: float, elapsed: float, used: float
) -> bool:
    seats = sum(LISTINGS)
    holds = figures.holds
    print(
        f"{seats} seats, all held after {figures.last_at - started:.1f} s; over after {elapsed:.1f} s, "
        f"{used:.1f} s of CPU in the web process; {Watcher.refreshes} refreshes of {WATCHERS} watchers"
    )
    print(", ".join(f"{what}: {count}" for what, count in sorted(figures.statuses.items())))
    print(f"answers to Purchase: p50 {holds.p(0.5):.0f} ms, p99 {holds.p(0.99):.0f} ms")
    if figures.refused.seconds:
        print(
            f"503 to Purchase: p50 {figures.refused.p(0.5):.0f} ms, p99 {figures.refused.p(0.99):.0f} ms"
        )
    for sentence, count in figures.sentences.most_common():
        print(f"  {count} x {sentence}")
    problems = [f"{count} x {text}" for text, count in figures.problems.items()]
    if figures.held != seats:
        problems.append(f"{figures.held} seats are held, not {seats}")
    if figures.paid != figures.held:
        problems.append(f"{figures.paid} seats are paid, not {figures.held}")
    problems += await asyncio.to_thread(site.broken_rules)
    for problem in problems:
        print(f"WRONG: {problem}")
    verdicts = [
        not problems,
        check_limit("answers to Purchase, p99", holds.p(0.99), LIMIT_HOLD_MS, "ms"),
        check_limit("browsing, p95", visitors.load.p(0.95), LIMIT_BROWSING_MS, "ms"),
    ]
    return all(verdicts)


def main() -> int:
    with running_site(**SHEDDING) as site:
        return 0 if asyncio.run(measure(site)) else 1


if __name__ == "__main__":
    sys.exit(main())
