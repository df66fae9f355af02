"""Speed of holds of 1, 2 and 4 tickets: `python -m benchmarks.hold [--pgbench PATH]`.

In a PostgreSQL of its own with a history of orders, in turns: the statement before orders had items, in the
schema of its time; today's statements for one loose ticket and for 2 and 4 of a listing of ten, each by
pgbench and by the program. Only the ratios count: times of a busy machine mean little. One ticket may take at
most a tenth longer than before.
"""

import argparse
import asyncio
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
from hashlib import md5
from pathlib import Path
from time import monotonic
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks import pgbench
from benchmarks.measure import check_limit
from benchmarks.pgbench import Run
from ticketing_app.core import db
from ticketing_app.core.settings import get_settings
from ticketing_app.devstack.stack import Stack
from ticketing_app.orders.repository import hold as repository
from ticketing_app.orders.repository.hold import HoldLimits
from ticketing_app.orders.repository.hold_statements import HOLD_LISTED, HOLD_LOOSE
from ticketing_app.orders.rules import ANY_OFFER, Choice

# The schema before orders had items, in which `BEFORE` ran.
REVISION_BEFORE = "0009"
BEFORE = Path(__file__).with_name("hold_before.sql")
LIMIT = 1.10
ROUNDS = 6
CLIENTS = 4
HOLDS_EACH = 200  # Divisible by the holds of a listing.
HOLDS = CLIENTS * HOLDS_EACH
BUYERS = 1_000
HISTORY = 60_000
SEATS = 10
QUANTITIES = (2, 4)

USERS = """
    INSERT INTO users (id, email, password_hash, version, created_at)
    SELECT md5('u' || n)::uuid, n || '@gittix.test', '-', 1, now() FROM generate_series(0, :size) n"""
TICKETS = """
    INSERT INTO tickets (id, seller_id, title, price_cents, currency, status, version, created_at,
                         city, starts_at, category)
    SELECT md5(:kind || n)::uuid, md5('u0')::uuid, 'Derby ' || n % 500, 4000, 'usd', 'for_sale', 1, now(),
           'Leeds', now() + interval '30 days', 'sports'
    FROM generate_series(1, :size) n"""
# Ids of three days ago, as the program makes them. `later` are columns that came with items.
ORDERS = """
    INSERT INTO orders (id, buyer_id, ticket_id, title, price_cents, currency, status, expires_at, ended_at,
                        is_grace_used, is_excused, version, created_at{later})
    SELECT CAST(lpad(to_hex(CAST(extract(epoch FROM at) * 1000 AS bigint)), 12, '0') || '7000'
             || lpad(to_hex(n), 16, '8') AS uuid),
           md5('u' || (1 + n % 1000))::uuid, md5('h' || n)::uuid, 'Derby', 4000, 'usd', 'expired', at, at,
           false, false, 2, at{values}
    FROM (SELECT n, now() - make_interval(days => 3, secs => n) AS at FROM generate_series(1, :size) AS n) AS old"""
ITEMS = """
    INSERT INTO order_items (order_id, ticket_id, price_cents, is_order_live)
    SELECT id, ticket_id, price_cents, is_live FROM orders"""
LISTINGS = """
    INSERT INTO listings (id, seller_id)
    SELECT md5(:kind || n)::uuid, md5('u0')::uuid FROM generate_series(0, :size) n"""
SEATS_OF_LISTINGS = """
    INSERT INTO tickets (id, seller_id, title, price_cents, currency, status, version, created_at, listing_id, position,
                         city, starts_at, category)
    SELECT md5(:kind || 's' || n || '-' || p)::uuid, md5('u0')::uuid, 'Derby ' || n % 500, 4000, 'usd', 'for_sale', 1,
           now(), md5(:kind || n)::uuid, p, 'Leeds', now() + interval '30 days', 'sports'
    FROM generate_series(0, :size) n, generate_series(0, 9) p"""


class Case(NamedTuple):
    name: str
    url: str
    statement: str
    values: dict[str, str]
    quantity: int


async def main(path: str) -> int:
    """Measure, print, and return the exit code."""
    with tempfile.TemporaryDirectory(prefix="gittix-benchmark-") as folder:
        stack = Stack(Path(folder) / "stack", {"postgres"})
        try:
            stack.start()
            os.environ |= stack.env
            get_settings.cache_clear()
            url = stack.env["DATABASE_URL"]
            before_url = await _make_before(url)
            await _load(before_url, with_listings=False)
            await _load(url, with_listings=True)
            return await _measure(path, Path(folder), _cases(before_url, url))
        finally:
            await db.dispose()
            stack.destroy()


async def _make_before(url: str) -> str:
    """Make the database of the statement before; return its URL."""
    async with db.autocommit() as connection:
        await connection.execute(text("CREATE DATABASE before"))
    before_url = re.sub(r"/\w+$", "/before", url)
    command = [sys.executable, "-m", "alembic", "upgrade", REVISION_BEFORE]
    env = os.environ | {"DATABASE_URL": before_url, "DATABASE_DIRECT_URL": before_url}
    await asyncio.to_thread(subprocess.run, command, check=True, env=env, capture_output=True)
    return before_url


async def _load(url: str, *, with_listings: bool) -> None:
    await _use(url)
    async with db.autocommit() as connection:
        await _fill(connection, USERS, size=BUYERS)
        # By pgbench and by the program.
        await _fill(connection, TICKETS, kind="t", size=2 * ROUNDS * HOLDS)
        await _fill(connection, TICKETS, kind="h", size=HISTORY)
        if with_listings:
            orders = ORDERS.format(later=", quantity", values=", 1")
            await _fill(connection, orders, size=HISTORY)
            await _fill(connection, ITEMS)
        else:
            await _fill(connection, ORDERS.format(later="", values=""), size=HISTORY)
        for quantity in QUANTITIES if with_listings else ():
            size = 2 * ROUNDS * HOLDS // (SEATS // quantity) + 1
            await _fill(connection, LISTINGS, kind=f"l{quantity}-", size=size)
            await _fill(connection, SEATS_OF_LISTINGS, kind=f"l{quantity}-", size=size)
        await connection.execute(text("VACUUM ANALYZE"))


async def _fill(connection: AsyncConnection, statement: str, **values: object) -> None:
    typed = statement.replace(":kind", "CAST(:kind AS text)")
    await connection.execute(text(typed), values)


async def _use(url: str) -> None:
    await db.dispose()
    os.environ["DATABASE_URL"] = url
    get_settings.cache_clear()


def _cases(before_url: str, url: str) -> list[Case]:
    buyer = {"buyer_id": f"md5('u' || (1 + :n % {BUYERS}))::uuid"}
    loose = buyer | {"ticket_id": "md5('t' || :n)::uuid"}
    before = "\n".join(
        line for line in BEFORE.read_text().splitlines() if not line.startswith("--")
    )
    cases = [
        Case("before", before_url, before, loose, 1),
        Case("k=1", url, str(HOLD_LOOSE), loose, 1),
    ]
    for quantity in QUANTITIES:
        ids = ", ".join(f"md5('e{nth}-' || :n)::uuid" for nth in range(quantity))
        listed = buyer | {
            "listing_id": f"md5('l{quantity}-' || :n / {SEATS // quantity})::uuid",
            "quantity": str(quantity),
            "order_id": f"md5('o{quantity}-' || :n)::uuid",
            "created_event_id": f"md5('c{quantity}-' || :n)::uuid",
            "expired_event_ids": f"ARRAY[{ids}]",
        }
        cases.append(Case(f"k={quantity}", url, str(HOLD_LISTED), listed, quantity))
    return cases


async def _measure(path: str, folder: Path, cases: list[Case]) -> int:
    times: dict[str, list[float]] = {case.name: [] for case in cases}
    program: dict[str, list[float]] = {case.name: [] for case in cases}
    for nth in range(ROUNDS):
        for case in cases:
            run = Run(1 + 2 * nth * HOLDS, CLIENTS, HOLDS_EACH)
            rate = await asyncio.to_thread(
                pgbench.measure, path, folder, case.url, case.statement, case.values, run
            )
            times[case.name].append(1 / rate)
            if case.name != "before":
                await _use(case.url)
                own = await _run_program(case.quantity, run.start + HOLDS)
                program[case.name].append(own / rate)
    for name, rows in times.items():
        ratios = [now / before for now, before in zip(rows, times["before"], strict=True)]
        line = (
            f"{name}: {1 / statistics.median(rows):.0f} holds/s by pgbench, "
            f"{statistics.median(ratios):.2f} times as long as before"
        )
        if program[name]:
            line += f", by the program {statistics.median(program[name]):.2f} of that"
        print(line, flush=True)
    ratios = [now / before for now, before in zip(times["k=1"], times["before"], strict=True)]
    is_kept = check_limit("time of a hold, beside before", statistics.median(ratios), LIMIT, "")
    return 0 if is_kept else 1


async def _run_program(quantity: int, start: int) -> float:
    async def hold_some(client: int) -> None:
        for number in range(HOLDS_EACH):
            async with db.autocommit() as connection:
                await _hold(connection, quantity, start + client * HOLDS_EACH + number)

    started = monotonic()
    await asyncio.gather(*(hold_some(client) for client in range(CLIENTS)))
    return HOLDS / (monotonic() - started)


async def _hold(connection: AsyncConnection, quantity: int, n: int) -> None:
    buyer_id = _id(f"u{1 + n % BUYERS}")
    limits = HoldLimits(hold_seconds=900, max_open_holds=1_000_000, cooldown_seconds=60)
    if quantity == 1:
        made = await repository.hold_loose(
            connection,
            buyer_id=buyer_id,
            ticket_id=_id(f"t{n}"),
            seen=ANY_OFFER,
            limits=limits,
            correlation_id=None,
        )
    else:
        made = await repository.hold_listed(
            connection,
            buyer_id=buyer_id,
            choice=Choice(_id(f"l{quantity}-{n // (SEATS // quantity)}"), quantity),
            seen=ANY_OFFER,
            limits=limits,
            correlation_id=None,
        )
    if made is None:
        raise LookupError(n)


def _id(name: str) -> UUID:
    return UUID(md5(name.encode(), usedforsecurity=False).hexdigest())


if __name__ == "__main__":
    # SIGTERM also stops the database, like Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parser = argparse.ArgumentParser(description="Compare holds with those before items.")
    parser.add_argument("--pgbench", default=pgbench.default_path(), help="its path")
    sys.exit(asyncio.run(main(parser.parse_args().pgbench)))
