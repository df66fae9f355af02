"""Cost of a hold, the home page, an event's page and a search in growing markets."""

import asyncio
import os
from collections.abc import Sequence
from contextlib import AsyncExitStack
from http import HTTPStatus
from urllib.parse import quote_plus

import asyncpg
from sqlalchemy import text

from benchmarks import search
from benchmarks.components import POSTGRES, WEB, Components, wait_until_done
from benchmarks.http_load import Connection, Request, connect_buyer, send_all
from benchmarks.measure import WITHOUT_LIMITS, running_site
from benchmarks.sample_market import SampleMarket
from benchmarks.series import Series
from tests.site import Site
from tests.waiting import eventually
from ticketing_app.core import db
from ticketing_app.core.settings import get_settings

CLIENTS = 8
PAGES = 200
HOLDS = 200
HOLD_AND_HOME = "hold and home page"
LIMITS = {
    "hold": 1.5,
    "home page": 1.5,
    "home page after a hold": 1.5,
    "event page": 1.5,
    "search": 3,
}
EMPTY = "TRUNCATE tickets, listings, events, venues, search_words CASCADE"
# The order by a hash is random, but the same in each run.
TO_HOLD = """
    SELECT id::text FROM tickets WHERE listing_id IS NULL AND status = 'for_sale' AND locked_until IS NULL
      AND starts_at > now() + interval '2 days' ORDER BY md5(title || price_cents) LIMIT :count"""
# With about as many offers in each market: a longer page costs more.
EVENTS = """
    SELECT slug FROM events WHERE starts_at > now() + interval '2 days' AND id IN (
      SELECT event_id FROM tickets WHERE status = 'for_sale' GROUP BY event_id HAVING count(*) BETWEEN 6 AND 12)
    ORDER BY md5(title) LIMIT :count"""


def main(sizes: tuple[int, ...]) -> bool:
    with running_site(**WITHOUT_LIMITS) as site:
        return asyncio.run(_measure(site, sizes))


async def _measure(site: Site, sizes: tuple[int, ...]) -> bool:
    os.environ |= site.stack.env
    get_settings.cache_clear()
    await search.use_memory(site.stack)
    series = Series("tickets", "ms of CPU")
    components = Components(site, site.web_pid)
    async with AsyncExitStack() as stack:
        database = await asyncpg.connect(site.stack.env["DATABASE_URL"].replace("+asyncpg", ""))
        stack.push_async_callback(database.close)
        # The restart of PostgreSQL ended the connections of the site.
        probe = await stack.enter_async_context(Connection(site.url))
        await eventually(lambda: _answers(probe))
        await components.watch_idle()
        for size in sizes:
            await _empty()
            market = await search.load(size)
            # Anew: the site ends connections that idle while a large market is made.
            async with AsyncExitStack() as buyers:
                connections = [await connect_buyer(site.url, nth, buyers) for nth in range(CLIENTS)]
                costs = await _measure_size(components, connections, market, database)
            series.add(size, costs)
    await db.dispose()
    verdicts = [
        series.check_growth(name, sizes[0], sizes[-1], limit) for name, limit in LIMITS.items()
    ]
    return all(verdicts)


async def _answers(connection: Connection) -> bool:
    return await connection.send("GET", "/search?q=any") == HTTPStatus.OK


async def _empty() -> None:
    async with db.transaction() as session:
        await (await session.connection()).execute(text(EMPTY))


async def _measure_size(
    components: Components,
    connections: list[Connection],
    market: SampleMarket,
    database: asyncpg.Connection,
) -> dict[str, float]:
    async with db.autocommit() as connection:
        slugs = (await connection.execute(text(EVENTS), {"count": PAGES})).scalars().all()
        ids = (await connection.execute(text(TO_HOLD), {"count": 2 * HOLDS})).scalars().all()
    holds = [Request("POST", "/api/orders", {"ticketId": each}, 201) for each in ids]
    half = len(holds) // 2
    home = Request("GET", "/")
    # Each once: the second document of an event would come from the cache.
    events = [Request("GET", f"/events/{slug}") for slug in slugs]
    # Warm up statements, with documents that are not measured.
    other = [Request("GET", f"/events/{slug}?quantity=10") for slug in slugs[:20]]
    await send_all(connections, [home, *other, Request("GET", "/search?q=any")])
    costs: dict[str, float] = {}

    async def measure(name: str, requests: Sequence[Request], clients: int = CLIENTS) -> None:
        with components.measure() as used:
            await send_all(connections[:clients], requests)
            await wait_until_done(database)
        each = used.milliseconds(len(requests))
        costs[name] = each[WEB] + each[POSTGRES]
        costs[f"{name}, {POSTGRES}"] = each[POSTGRES]

    await measure("hold", holds[:half])
    await measure("home page", [home] * PAGES)
    await measure("event page", events)
    await measure("search", _searches(market))
    # In turns by one client: a hold drops the documents that show its ticket.
    await measure(HOLD_AND_HOME, [each for hold in holds[half:] for each in (hold, home)], 1)
    costs["home page after a hold"] = 2 * costs.pop(HOLD_AND_HOME) - costs["hold"]
    del costs[f"{HOLD_AND_HOME}, {POSTGRES}"]
    return costs


def _searches(market: SampleMarket) -> list[Request]:
    """Return searches for words of titles; each occurs once, so that no document is kept."""
    events = market.events[:PAGES]
    words = dict.fromkeys(
        words
        for event in events
        for words in (event.title, f"{event.title.split()[0]} {event.city}", event.title.split()[0])
    )
    return [Request("GET", f"/search?q={quote_plus(each)}") for each in list(words)[:PAGES]]
