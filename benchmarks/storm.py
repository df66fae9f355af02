"""Requests while 200 open pages watch 100 changes a second: `python -m benchmarks.storm`.

One web process holds the pages and answers `GET /api/tickets`; the changes are put on the stream
directly, which adds only the work of the fan-out. The clients share the machine with it.
"""

import asyncio
import sys
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

from redis.asyncio import Redis

from benchmarks.fanout import Page
from benchmarks.measure import check_limit, percentile, running_site
from tests.outside.api_client import ApiClient
from tests.site import Site
from tests.waiting import eventually
from ticketing_app.core.db import new_id
from ticketing_app.messaging.bus import STREAM, Envelope
from ticketing_app.messaging.catalog import TicketUpdated

PAGES = 200
CONNECT_AT_ONCE = 20
CHANGES_PER_SECOND = 100
SECONDS = 10
REQUESTS_PER_SECOND = 20
TICKETS = 20
RATIO = 2
LAG_SECONDS = 3


def envelope(ticket: dict[str, Any], version: int) -> Envelope:
    """A change of the ticket's price, as the relay publishes it."""
    now = datetime.now(UTC)
    event = TicketUpdated(
        ticket_id=ticket["id"], ticket_version=version, seller_id=ticket["userId"],
        title=ticket["title"], price_cents=100 * version, currency="usd", status="for_sale",
    )  # fmt: skip
    return Envelope(
        id=new_id(), name="TicketUpdated", schema_version=1, occurred_at=now,
        aggregate_id=event.ticket_id, aggregate_version=version, correlation_id=None,
        published_at=now, payload=event.model_dump(mode="json"),
    )  # fmt: skip


async def change(redis: Redis, tickets: list[dict[str, Any]]) -> int:
    """Publish the changes at their rate; return the last version."""
    started = time.perf_counter()
    total = CHANGES_PER_SECOND * SECONDS
    for number in range(total):
        await asyncio.sleep(started + number / CHANGES_PER_SECOND - time.perf_counter())
        entry = envelope(tickets[number % TICKETS], version=number + 2)
        await redis.xadd(STREAM, {"event": entry.model_dump_json()})
    return total + 1


async def p50(visitor: ApiClient) -> float:
    """Ask for the list at a steady rate; return the median in milliseconds."""
    milliseconds: list[float] = []
    started = time.perf_counter()
    for number in range(REQUESTS_PER_SECOND * SECONDS):
        await asyncio.sleep(started + number / REQUESTS_PER_SECOND - time.perf_counter())
        asked = time.perf_counter()
        (await visitor.get("/api/tickets")).raise_for_status()
        milliseconds.append((time.perf_counter() - asked) * 1000)
    return percentile(milliseconds, 0.5)


async def measure(site: Site) -> bool:
    async with AsyncExitStack() as stack:
        seller = await stack.enter_async_context(ApiClient(site.url))
        await seller.sign_up()
        tickets = [await seller.sell() for _ in range(TICKETS)]
        pages = [Page(site.url) for _ in range(PAGES)]
        for start in range(0, PAGES, CONNECT_AT_ONCE):
            some = pages[start : start + CONNECT_AT_ONCE]
            await asyncio.gather(*(stack.enter_async_context(page) for page in some))
            await eventually(lambda some=some: all(page.is_loaded for page in some), seconds=60)
        idle = await p50(seller)
        redis = await stack.enter_async_context(Redis.from_url(site.stack.env["REDIS_URL"]))
        last, busy = await asyncio.gather(change(redis, tickets), p50(seller))
        ended = time.perf_counter()
        await eventually(lambda: all(str(100 * last) in page.heard for page in pages), seconds=60)
        lag = time.perf_counter() - ended
    print(f"GET /api/tickets with {PAGES} pages open, p50: idle {idle:.1f} ms, busy {busy:.1f} ms")
    is_quick = check_limit("GET p50 with 100 changes a second", busy / idle, RATIO, "times idle")
    return check_limit("last change on every page after", lag, LAG_SECONDS, "s") and is_quick


def main() -> int:
    with running_site() as site:
        return 0 if asyncio.run(measure(site)) else 1


if __name__ == "__main__":
    sys.exit(main())
