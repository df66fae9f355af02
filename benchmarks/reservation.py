"""Speed of Purchase over REST, as a share of pgbench's: `python -m benchmarks.reservation [--pgbench PATH]`.

The same statement in the same database in turns: by pgbench, and by requests to one web process while the
background processes run. For one loose ticket, and for two of a listing. Only the ratio counts: times of a busy
machine mean little.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from hashlib import md5
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from benchmarks import pgbench
from benchmarks.http_load import Connection, Load
from benchmarks.measure import Processes, check_least, check_limit, record, running_site
from benchmarks.pgbench import Run
from tests.outside.api_client import ApiClient
from tests.site import Site
from ticketing_app.orders.repository.hold_statements import HOLD_LISTED, HOLD_LOOSE

CLIENTS = 16
BUYERS_EACH = 4
HOLDS_EACH = 60
ROUNDS = 5
SEATS = 10
LEAST_RATIO = {1: 0.20, 2: 0.15}
LIMIT_P99_MS = 60
SETTINGS = {"MAX_OPEN_HOLDS": "1000"}

TICKETS = """
    INSERT INTO tickets (id, seller_id, title, price_cents, currency, status, version, created_at)
    SELECT md5('t' || n)::uuid, $1, 'Derby', 4000, 'usd', 'for_sale', 1, now()
    FROM generate_series(0, $2::int) n"""
LISTINGS = """
    INSERT INTO listings (id, seller_id)
    SELECT md5('l' || n)::uuid, $1 FROM generate_series(0, $2::int) n"""
SEATS_OF_LISTINGS = """
    INSERT INTO tickets (id, seller_id, title, price_cents, currency, status, version, created_at, listing_id, position)
    SELECT md5('s' || n || '-' || p)::uuid, $1, 'Derby', 4000, 'usd', 'for_sale', 1, now(), md5('l' || n)::uuid, p
    FROM generate_series(0, $2::int) n, generate_series(0, 9) p"""


class Case(NamedTuple):
    """Holds of `quantity` tickets: by a statement with values, and by the body of a request; both by number."""

    quantity: int
    statement: str
    values: dict[str, str]
    body: Callable[[int], dict[str, Any]]


class Market(NamedTuple):
    """Tickets to hold, and the connections of their buyers, `BUYERS_EACH` of each client."""

    connections: list[Connection]
    cases: list[Case]


@asynccontextmanager
async def open_market(site: Site) -> AsyncGenerator[Market]:
    async with AsyncExitStack() as stack:
        seller = await _sign_up(site.url)
        await _fill(site.stack.env["DATABASE_URL"], seller.id)
        buyers = [await _sign_up(site.url) for _ in range(CLIENTS * BUYERS_EACH)]
        connections = [
            await stack.enter_async_context(
                Connection(site.url, session=buyer.cookies["session"], address=f"10.1.0.{nth}")
            )
            for nth, buyer in enumerate(buyers)
        ]
        yield Market(connections, _cases([buyer.id for buyer in buyers]))


async def _sign_up(url: str) -> ApiClient:
    async with ApiClient(url) as person:
        await person.sign_up()
        return person


async def measure(site: Site, pgbench_path: str, folder: Path) -> bool:
    async with open_market(site) as market:
        results = [
            await _compare(case, site, market.connections, pgbench_path, folder)
            for case in market.cases
        ]
    return all(results)


async def _fill(url: str, seller_id: str) -> None:
    database = await asyncpg.connect(url.replace("+asyncpg", ""))
    holds = 2 * ROUNDS * CLIENTS * HOLDS_EACH
    await database.execute(TICKETS, UUID(seller_id), holds)
    await database.execute(LISTINGS, UUID(seller_id), holds // (SEATS // 2))
    await database.execute(SEATS_OF_LISTINGS, UUID(seller_id), holds // (SEATS // 2))
    await database.execute("VACUUM ANALYZE")
    await database.close()


def _cases(buyer_ids: list[str]) -> list[Case]:
    ids = ", ".join(f"'{each}'" for each in buyer_ids)
    buyer = {"buyer_id": f"(ARRAY[{ids}]::uuid[])[1 + :n % {len(buyer_ids)}]"}
    listed = {
        "listing_id": f"md5('l' || :n / {SEATS // 2})::uuid",
        "quantity": "2",
        "order_id": "md5('o2-' || :n)::uuid",
        "created_event_id": "md5('c2-' || :n)::uuid",
        "expired_event_ids": "ARRAY[md5('e2-' || :n)::uuid, md5('f2-' || :n)::uuid]",
    }
    loose = {"ticket_id": "md5('t' || :n)::uuid"}
    return [
        Case(1, str(HOLD_LOOSE), buyer | loose, lambda n: {"ticketId": _id(f"t{n}")}),
        Case(
            2,
            str(HOLD_LISTED),
            buyer | listed,
            lambda n: {"listingId": _id(f"l{n // (SEATS // 2)}"), "quantity": 2},
        ),
    ]


def _id(name: str) -> str:
    return str(UUID(md5(name.encode(), usedforsecurity=False).hexdigest()))


async def _compare(
    case: Case,
    site: Site,
    connections: list[Connection],
    pgbench_path: str,
    folder: Path,
) -> bool:
    url = site.stack.env["DATABASE_URL"]
    load = Load()
    ratios = list[float]()
    used = list[dict[str, float]]()
    for nth in range(ROUNDS):
        run = Run(2 * nth * CLIENTS * HOLDS_EACH, CLIENTS, HOLDS_EACH)
        rate = await asyncio.to_thread(
            pgbench.measure, pgbench_path, folder, url, case.statement, case.values, run
        )
        start = run.start + CLIENTS * HOLDS_EACH
        own = Load()
        parts = Cpu(site)
        await hold_all(case, own, connections, start)
        used.append(parts.used())
        ratios.append(own.rate / rate)
        load.seconds += own.seconds
        load.elapsed += own.elapsed
    print(
        f"k={case.quantity}: {load.rate:.0f} orders/s, p50 {load.p(0.5):.0f} ms, p99 {load.p(0.99):.0f} ms",
        flush=True,
    )
    _report_cpu(case, used)
    name = f"rate of orders, k={case.quantity}"
    is_quick = check_least(name, median(ratios), LEAST_RATIO[case.quantity], "of pgbench")
    if case.quantity > 1:
        return is_quick
    return check_limit("p99, k=1", load.p(0.99), LIMIT_P99_MS, "ms") and is_quick


def _report_cpu(case: Case, used: list[dict[str, float]]) -> None:
    for part in used[0]:
        milliseconds = 1000 * median(each[part] for each in used) / (CLIENTS * HOLDS_EACH)
        name = f"CPU per order, k={case.quantity}, {part}"
        print(f"{name}: {milliseconds:.2f} ms", flush=True)
        record(name, milliseconds, "ms")


class Cpu:
    """Seconds of CPU that the parts of a site use from now on."""

    def __init__(self, site: Site) -> None:
        parts = ("worker", "postgres", "redis")
        pids = {"web": site.web_pid} | {part: site.stack.pid(part) for part in parts}
        self._parts = {part: Processes(pid) for part, pid in pids.items()}
        self._before = self._read()

    def used(self) -> dict[str, float]:
        return {part: seconds - self._before[part] for part, seconds in self._read().items()}

    def _read(self) -> dict[str, float]:
        return {part: each.cpu_seconds() for part, each in self._parts.items()}


async def hold_all(case: Case, load: Load, connections: list[Connection], start: int) -> None:
    """Hold the tickets from number `start` on, as many as `HOLDS_EACH` of each client."""

    async def hold(client: int) -> None:
        for nth in range(HOLDS_EACH):
            connection = connections[client * BUYERS_EACH + nth % BUYERS_EACH]
            number = start + client * HOLDS_EACH + nth
            await load.timed(connection.send("POST", "/api/orders", case.body(number)), 201)

    await load.run(CLIENTS, hold)


def main(pgbench_path: str) -> int:
    with (
        tempfile.TemporaryDirectory(prefix="gittix-benchmark-") as folder,
        running_site(**SETTINGS) as site,
    ):
        return 0 if asyncio.run(measure(site, pgbench_path, Path(folder))) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Compare Purchase over REST with pgbench.")
    parser.add_argument("--pgbench", default=pgbench.default_path(), help="its path")
    sys.exit(main(parser.parse_args().pgbench))
