"""Rates of public reads by one web process: `python -m benchmarks.documents`.

Documents of home, an event and a ticket, and the REST reads of the same offers, by 8 connections: while nothing
changes, and while sellers change prices of other events, or of the same event. The health check is the peer: a
request without any content.
"""

import asyncio
import itertools
import os
import sys
import time
from contextlib import AsyncExitStack, suppress
from operator import itemgetter
from typing import Any, NamedTuple

from benchmarks import search
from benchmarks.http_load import Connection, Load
from benchmarks.measure import Processes, check_least, check_limit, running_site
from tests.outside.api_client import ApiClient
from tests.site import Site
from ticketing_app.core import db
from ticketing_app.core.settings import get_settings

CLIENTS = 8
SECONDS = 3
TICKETS = 2_000
CHANGES_PER_SECOND = 5
OTHER_EVENTS = 4
HEALTH = "/api/health/live"
LIMIT_P99_MS = 60
SETTINGS = {"SEARCH_LIMIT_PER_ADDRESS_PER_MINUTE": "1000000"}


class Target(NamedTuple):
    """A path, and the least rate of requests to it; `is_personal` if who is signed in may see more."""

    name: str
    path: str
    least: int
    is_personal: bool = False


class Market(NamedTuple):
    """The seller, one ticket of the measured event, and tickets of other events."""

    seller: ApiClient
    own: dict[str, Any]
    others: list[dict[str, Any]]
    targets: list[Target]


async def measure(site: Site) -> bool:
    async with AsyncExitStack() as stack:
        seller = await stack.enter_async_context(ApiClient(site.url))
        await seller.sign_up()
        market = await _fill(site, seller)
        web = Processes(site.web_pid)
        visitors = [
            await stack.enter_async_context(Connection(site.url, address=f"10.1.0.{nth}"))
            for nth in range(CLIENTS)
        ]
        member = await stack.enter_async_context(ApiClient(site.url))
        await member.sign_up()
        session = member.cookies["session"]
        members = [
            await stack.enter_async_context(
                Connection(site.url, session=session, address=f"10.2.0.{nth}")
            )
            for nth in range(CLIENTS)
        ]
        await _report("health", HEALTH, visitors, web)
        results: list[bool] = []
        for target in market.targets:
            quiet = await _report(target.name, target.path, visitors, web)
            results += _check(target.name, target.least, quiet)
            signed_in = await _report(f"{target.name}, signed in", target.path, members, web)
            if not target.is_personal:
                results += _check(f"{target.name}, signed in", target.least, signed_in)
            for where, changed in (("elsewhere", market.others), ("here", [market.own])):
                name = f"{target.name}, changes {where}"
                changes = asyncio.create_task(_change_prices(seller, changed))
                try:
                    busy = await _report(name, target.path, visitors, web)
                finally:
                    changes.cancel()
                    with suppress(asyncio.CancelledError):
                        await changes
                results += _check(name, target.least, busy)
    return all(results)


async def _fill(site: Site, seller: ApiClient) -> Market:
    """Fill the market, and list a ticket for the event with the most offers and for others."""
    os.environ |= site.stack.env
    get_settings.cache_clear()
    try:
        await search.load(TICKETS)
    finally:
        await db.dispose()
    hits = (await seller.get("/api/events", params={"limit": 50})).raise_for_status().json()
    counted = [(event, await _count_offers(seller, event["id"])) for event in hits["items"]]
    events = [event for event, _ in sorted(counted, key=itemgetter(1), reverse=True)]
    own, *others = [
        await seller.sell(title=event["title"], eventId=event["id"])
        for event in events[: 1 + OTHER_EVENTS]
    ]
    event_id, slug = events[0]["id"], events[0]["slug"]
    targets = [
        Target("home", "/", 400),
        Target("event", f"/events/{slug}", 400),
        Target("ticket", f"/tickets/{own['id']}", 400),
        Target("listings", f"/api/events/{event_id}/listings", 600),
        Target("tickets", "/api/tickets", 400, is_personal=True),
        Target("events", "/api/events", 400),
    ]
    return Market(seller, own, others, targets)


async def _count_offers(client: ApiClient, event_id: str) -> int:
    answer = await client.get(f"/api/events/{event_id}/listings")
    return len(answer.raise_for_status().json()["items"])


async def _change_prices(seller: ApiClient, tickets: list[dict[str, Any]]) -> None:
    for number, ticket in zip(itertools.count(), itertools.cycle(tickets), strict=False):
        await asyncio.sleep(1 / CHANGES_PER_SECOND)
        changed = {name: ticket[name] for name in ("title", "eventId")}
        answer = await seller.put(
            f"/api/tickets/{ticket['id']}", json={**changed, "price": 40 + number % 50}
        )
        answer.raise_for_status()


async def _report(name: str, path: str, connections: list[Connection], web: Processes) -> Load:
    async def ask(client: int) -> None:
        until = time.perf_counter() + SECONDS
        while time.perf_counter() < until:
            await load.timed(connections[client].send("GET", path), 200)

    load = Load()
    before = web.cpu_seconds()
    await load.run(CLIENTS, ask)
    milliseconds = 1000 * (web.cpu_seconds() - before) / len(load.seconds)
    print(
        f"{name}: {load.rate:.0f}/s, p50 {load.p(0.5):.1f} ms, p99 {load.p(0.99):.1f} ms, "
        f"{milliseconds:.2f} ms of CPU in the web process each",
        flush=True,
    )
    return load


def _check(name: str, least: int, load: Load) -> list[bool]:
    return [
        check_least(f"rate, {name}", load.rate, least, "/s"),
        check_limit(f"p99, {name}", load.p(0.99), LIMIT_P99_MS, "ms"),
    ]


def main() -> int:
    with running_site(**SETTINGS) as site:
        return 0 if asyncio.run(measure(site)) else 1


if __name__ == "__main__":
    sys.exit(main())
