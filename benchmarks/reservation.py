"""Speed of Purchase over REST, as a share of pgbench's: `python -m benchmarks.reservation [--pgbench PATH]`.

The same statement in the same database in turns: by pgbench, and by requests to one web process while the
background processes run. For one loose ticket, and for two of a listing. Only the ratio counts: times of a busy
machine mean little.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from hashlib import md5
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from benchmarks import pgbench
from benchmarks.http_load import Connection, Load
from benchmarks.measure import Processes, check_limit, running_site
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


async def measure(site: Site, pgbench_path: str, folder: Path) -> bool:
    async with AsyncExitStack() as stack:
        seller = await stack.enter_async_context(ApiClient(site.url))
        await seller.sign_up()
        await _fill(site.stack.env["DATABASE_URL"], seller.id)
        buyers = [await _sign_up(site.url) for _ in range(CLIENTS * BUYERS_EACH)]
        connections = [
            await stack.enter_async_context(
                Connection(site.url, session=buyer.cookies["session"], address=f"10.1.0.{nth}")
            )
            for nth, buyer in enumerate(buyers)
        ]
        web = Processes(site.web_pid)
        results = [
            await _compare(case, site, web, connections, pgbench_path, folder)
            for case in _cases([buyer.id for buyer in buyers])
        ]
    return all(results)


async def _sign_up(url: str) -> ApiClient:
    async with ApiClient(url) as buyer:
        await buyer.sign_up()
        return buyer


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
    web: Processes,
    connections: list[Connection],
    pgbench_path: str,
    folder: Path,
) -> bool:
    url = site.stack.env["DATABASE_URL"]
    load, ratios, used = Load(), list[float](), 0.0
    for nth in range(ROUNDS):
        run = Run(2 * nth * CLIENTS * HOLDS_EACH, CLIENTS, HOLDS_EACH)
        rate = await asyncio.to_thread(
            pgbench.measure, pgbench_path, folder, url, case.statement, case.values, run
        )
        start = run.start + CLIENTS * HOLDS_EACH
        own, before = Load(), web.cpu_seconds()
        await own.run(CLIENTS, lambda client: _hold(case, own, connections, start, client))  # noqa: B023  # awaited here.
        used += web.cpu_seconds() - before
        ratios.append(own.rate / rate)
        load.seconds += own.seconds
        load.elapsed += own.elapsed
    ratio = median(ratios)
    milliseconds = 1000 * used / len(load.seconds)
    print(
        f"k={case.quantity}: {load.rate:.0f} orders/s, p50 {load.p(0.5):.0f} ms, p99 {load.p(0.99):.0f} ms, "
        f"{ratio:.3f} of pgbench, {milliseconds:.2f} ms of CPU in the web process each",
        flush=True,
    )
    name = f"least share of pgbench, k={case.quantity}"
    is_quick = check_limit(name, LEAST_RATIO[case.quantity], ratio, "")
    if case.quantity > 1:
        return is_quick
    return check_limit("p99, k=1", load.p(0.99), LIMIT_P99_MS, "ms") and is_quick


async def _hold(
    case: Case, load: Load, connections: list[Connection], start: int, client: int
) -> None:
    for nth in range(HOLDS_EACH):
        connection = connections[client * BUYERS_EACH + nth % BUYERS_EACH]
        number = start + client * HOLDS_EACH + nth
        await load.timed(connection.send("POST", "/api/orders", case.body(number)), 201)


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
