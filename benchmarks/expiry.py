"""Leases of 10,000 tickets, in orders of 1 to 10, that end in the same second: `python -m benchmarks.expiry`.

Purchase succeeds right then, as the lease decides and no job. How much later is the last order
expired, and how much later do the open pages of the events show the tickets as available?
"""

import asyncio
import os
import re
import sys
import time
from contextlib import AsyncExitStack
from http import HTTPStatus

import asyncpg
from typing_extensions import override

from benchmarks.crowd import SHEDDING, Event, Listing, Person, connect, make_event, make_people
from benchmarks.event_page import Watcher, open_pages
from benchmarks.http_load import Connection
from benchmarks.measure import check_limit, percentile, running_site
from tests.site import Site
from tests.waiting import eventually
from ticketing_app.core import db
from ticketing_app.core.settings import get_settings
from ticketing_app.orders.repository import hold as repository
from ticketing_app.orders.repository.hold import HoldLimits
from ticketing_app.orders.rules import ANY_OFFER, Choice

TICKETS = 10_000
EVENTS = 20
PAGES = 400
BUYERS = 200
HOLDS_AT_ONCE = 8
# Of the last hold; the first ones are held longer, so that all end together.
HOLD_SECONDS = 50
# More at once would get a 503 response, as in a rush (benchmarks/rush.py).
PRESSES = int(SHEDDING["WRITES_IN_PROGRESS"])
WAIT_SECONDS = 60
LIMIT_PRESS_MS = 1000
LIMIT_EXPIRED_SECONDS = 3
LIMIT_SHOWN_SECONDS = 10
LEAD_SECONDS = 0.01

SIZES = tuple(range(1, 11))
AVAILABLE = re.compile(
    r'\\"ticket\\": \\"([0-9a-f-]{36})\\", \\"version\\": \d+, \\"status\\": \\"available\\"'
)
OPEN = "SELECT count(*) FROM orders WHERE status IN ('created', 'awaiting_payment') AND expires_at <= now()"
UNHANDLED = """
    SELECT count(*) FROM outbox o JOIN subscribers s ON s.event_name = o.name
    WHERE NOT EXISTS (SELECT FROM inbox i WHERE i.event_id = o.id AND i.subscriber = s.name)"""


class Page(Watcher):
    """Records when each ticket was shown as available."""

    def __init__(self, url: str, event: Event, address: str) -> None:
        super().__init__(url, event, address)
        self.shown: dict[str, float] = {}
        self.rows = {str(each) for listing in event.listings for each in listing.ticket_ids}

    @override
    def on_message(self, message: str) -> None:
        at = time.time()
        for ticket_id in AVAILABLE.findall(message):
            self.shown.setdefault(ticket_id, at)
        super().on_message(message)


async def hold_all(listings: list[Listing], buyers: list[Person], ends_at: float) -> None:
    """Hold each listing as a whole, so that all leases end at this moment."""
    waiting = list(enumerate(listings))

    async def hold_some() -> None:
        while waiting:
            number, listing = waiting.pop()
            async with db.autocommit() as connection:
                held = await repository.hold_listed(
                    connection,
                    buyer_id=buyers[number % len(buyers)].id,
                    choice=Choice(listing.id, len(listing.ticket_ids)),
                    seen=ANY_OFFER,
                    limits=HoldLimits(ends_at - time.time(), 1_000_000, 0),
                    correlation_id=None,
                )
            assert held

    await asyncio.gather(*(hold_some() for _ in range(HOLDS_AT_ONCE)))


async def press(site: Site, buyer: Person, listing: Listing, number: int) -> tuple[int, float]:
    """Press Purchase on an expired hold; return the status and the seconds."""
    address = f"10.4.0.{number + 1}"
    async with Connection(site.url, session=buyer.cookie, address=address) as connection:
        started = time.perf_counter()
        body = {"listingId": str(listing.id), "quantity": len(listing.ticket_ids)}
        status = await connection.send("POST", "/api/orders", body)
        return status, time.perf_counter() - started


async def measure(site: Site) -> bool:
    os.environ |= site.stack.env
    get_settings.cache_clear()
    database = await connect(site)
    seller, *people = await make_people(database, site, BUYERS + PRESSES + 1)
    events = await _make_events(database, seller)
    listings = [listing for event in events for listing in event.listings]
    async with AsyncExitStack() as stack:
        pages = await open_pages(stack, [site.url], events, PAGES, Page)
        ends_at = float(int(time.time()) + HOLD_SECONDS)
        await hold_all(listings, people[PRESSES:], ends_at)
        await db.dispose()

        async def is_quiet() -> bool:
            return await database.fetchval(UNHANDLED) == 0

        await eventually(is_quiet, seconds=HOLD_SECONDS)
        print(
            f"{len(listings)} orders held, and their events handled, {ends_at - time.time():.0f} s before the end"
        )
        for page in pages:
            page.shown.clear()
        await asyncio.sleep(ends_at + LEAD_SECONDS - time.time())
        pressed, expired = await asyncio.gather(
            _press_all(site, people[:PRESSES], listings), _wait_until_expired(database, ends_at)
        )
        taken = {str(ticket) for each in listings[:PRESSES] for ticket in each.ticket_ids}
        await _wait_until_shown(pages, taken)
        shown = _delays(pages, taken, ends_at)
        for page in pages:
            page.stop()
        print(f"{Watcher.refreshes} refreshes of {PAGES} pages")
        await eventually(is_quiet, seconds=WAIT_SECONDS)
        print(f"all events handled {time.time() - ends_at:.1f} s after the end")
    await database.close()
    return await _report(site, pressed, expired, shown)


async def _make_events(database: asyncpg.Connection, seller: Person) -> list[Event]:
    sizes = [list[int]() for _ in range(EVENTS)]
    number = left = 0
    left = TICKETS
    while left:
        size = min(SIZES[number % len(SIZES)], left)
        sizes[number // len(SIZES) % EVENTS].append(size)
        left -= size
        number += 1
    return [
        await make_event(database, seller, f"Night {number}", each)
        for number, each in enumerate(sizes)
        if each
    ]


async def _press_all(
    site: Site, buyers: list[Person], listings: list[Listing]
) -> list[tuple[int, float]]:
    return await asyncio.gather(
        *(press(site, buyer, listings[number], number) for number, buyer in enumerate(buyers))
    )


async def _wait_until_expired(database: asyncpg.Connection, ends_at: float) -> float:
    async def is_over() -> bool:
        return await database.fetchval(OPEN) == 0

    await eventually(is_over, seconds=WAIT_SECONDS)
    return time.time() - ends_at


async def _wait_until_shown(pages: list[Page], taken: set[str]) -> None:
    for page in pages:
        await eventually(
            lambda page=page: page.shown.keys() >= page.rows - taken, seconds=WAIT_SECONDS
        )


def _delays(pages: list[Page], taken: set[str], ends_at: float) -> list[float]:
    return [
        at - ends_at
        for page in pages
        for ticket_id, at in page.shown.items()
        if ticket_id not in taken
    ]


async def _report(
    site: Site, pressed: list[tuple[int, float]], expired: float, shown: list[float]
) -> bool:
    problems = [f"Purchase: {status}" for status, _ in pressed if status != HTTPStatus.CREATED]
    problems += await asyncio.to_thread(site.broken_rules)
    for problem in problems:
        print(f"WRONG: {problem}")
    slowest = 1000 * max(seconds for _, seconds in pressed)
    print(
        f"{len(shown)} rows of open pages: shown as available after p50 {percentile(shown, 0.5):.1f} s, "
        f"at most {max(shown):.1f} s"
    )
    verdicts = [
        not problems,
        check_limit("a ticket bought right after its lease", slowest, LIMIT_PRESS_MS, "ms"),
        check_limit("the last order expired after", expired, LIMIT_EXPIRED_SECONDS, "s"),
        check_limit("shown on open pages, p99", percentile(shown, 0.99), LIMIT_SHOWN_SECONDS, "s"),
    ]
    return all(verdicts)


def main() -> int:
    with running_site(**SHEDDING) as site:
        return 0 if asyncio.run(measure(site)) else 1


if __name__ == "__main__":
    sys.exit(main())
