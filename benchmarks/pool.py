"""Speed of a hold through our connection pool, as a share of pgbench's.

    .venv/bin/python -m benchmarks.pool [--pgbench /usr/bin/pgbench]

Holds tickets with the same statement by pgbench and by `db.autocommit()`, in turns, in a PostgreSQL of its
own. Only the ratio counts: times of a busy machine mean little. It also counts the connections opened.
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
from shutil import which
from time import monotonic
from uuid import UUID

from sqlalchemy import event, text

from ticketing_app.core import db
from ticketing_app.core.settings import get_settings
from ticketing_app.devstack.stack import Stack
from ticketing_app.orders.repository import hold as repository
from ticketing_app.orders.repository.hold import HoldLimits
from ticketing_app.orders.repository.hold_statements import HOLD_LOOSE
from ticketing_app.orders.rules import ANY_OFFER

CLIENTS = 16
ROUNDS = 5
HOLDS_PER_CLIENT = 60
HOLD_SECONDS = 900
BUYERS = 1_000
TICKETS = 2 * ROUNDS * CLIENTS * HOLDS_PER_CLIENT

LOAD = (
    """
    INSERT INTO users (id, email, password_hash, version, created_at)
    SELECT md5('u' || n)::uuid, n || '@gittix.test', '-', 1, now() FROM generate_series(0, :buyers) n
    """,
    """
    INSERT INTO tickets (id, seller_id, title, price_cents, currency, status, version, created_at)
    SELECT md5('t' || n)::uuid, md5('u0')::uuid, 'Derby', 4000, 'usd', 'for_sale', 1, now()
    FROM generate_series(1, :tickets) n
    """,
)
# Makes pgbench generate the values that the program passes.
VALUES = {
    "buyer_id": f"md5('u' || (1 + :n % {BUYERS}))::uuid",
    "ticket_id": "md5('t' || :n)::uuid",
    "order_id": "md5('o' || :n)::uuid",
    "created_event_id": "md5('c' || :n)::uuid",
    "expired_event_ids": "ARRAY[md5('e' || :n)::uuid]",
    "hold_seconds": str(HOLD_SECONDS),
    "cooldown_seconds": "60",
    "cooldown_window": "'1 day'",
    "longest_cooldown_holds": "5",
    "since": "'00000000-0000-0000-0000-000000000000'::uuid",
    "seen_version": "NULL",
    "seen_price_cents": "NULL",
    "max_open_holds": "1000000",
    "correlation_id": "NULL::text",
}


async def main(pgbench: str) -> int:
    """Measure, print, and return the exit code."""
    with tempfile.TemporaryDirectory(prefix="gittix-benchmark-") as folder:
        stack = Stack(Path(folder) / "stack", {"postgres"})
        try:
            stack.start()
            os.environ |= stack.env
            get_settings.cache_clear()
            await _load()
            return await _measure(pgbench, Path(folder), stack.env["DATABASE_URL"])
        finally:
            await db.dispose()
            stack.destroy()


async def _load() -> None:
    async with db.autocommit() as connection:
        for statement in LOAD:
            values = {"buyers": BUYERS, "tickets": TICKETS}
            wanted = {name: value for name, value in values.items() if f":{name}" in statement}
            await connection.execute(text(statement), wanted)
        await connection.execute(text("ANALYZE"))


async def _measure(pgbench: str, folder: Path, url: str) -> int:
    opened = 0

    def count(*_: object) -> None:
        nonlocal opened
        opened += 1

    await db.dispose()
    event.listen(db.engine().sync_engine, "connect", count)
    ratios: list[float] = []
    for round_number in range(ROUNDS):
        start = 1 + 2 * round_number * CLIENTS * HOLDS_PER_CLIENT
        theirs = await asyncio.to_thread(_run_pgbench, pgbench, folder, url, start)
        ours = await _run_pool(start + CLIENTS * HOLDS_PER_CLIENT)
        ratios.append(ours / theirs)
        print(f"pgbench {theirs:6.0f}/s, pool {ours:6.0f}/s, ratio {ours / theirs:.3f}", flush=True)
    holds = ROUNDS * CLIENTS * HOLDS_PER_CLIENT
    print(f"median ratio {statistics.median(ratios):.3f}; {opened} connections for {holds} holds")
    return 0 if opened <= CLIENTS else 1


def _run_pgbench(pgbench: str, folder: Path, url: str, start: int) -> float:
    statement = re.sub(r"(?<!:):(\w+)", lambda name: VALUES[name[1]], str(HOLD_LOOSE))
    script = folder / "hold.sql"
    script.write_text(
        f"\\set k :k + 1\n\\set n {start} + :client_id * {HOLDS_PER_CLIENT} + :k\n{statement};\n"
    )
    command = [
        pgbench, "-n", "-M", "prepared", "-c", str(CLIENTS), "-t", str(HOLDS_PER_CLIENT), "-D", "k=-1",
        "-f", str(script), url.replace("+asyncpg", ""),
    ]  # fmt: skip
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603  # our own words only.
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if not found:
        raise ValueError(done.stdout)
    return float(found[1])


async def _run_pool(start: int) -> float:
    async def hold_some(client: int) -> None:
        for number in range(HOLDS_PER_CLIENT):
            n = start + client * HOLDS_PER_CLIENT + number
            async with db.autocommit() as connection:
                made = await repository.hold_loose(
                    connection,
                    buyer_id=_id("u", 1 + n % BUYERS),
                    ticket_id=_id("t", n),
                    limits=HoldLimits(
                        hold_seconds=HOLD_SECONDS, max_open_holds=1_000_000, cooldown_seconds=60
                    ),
                    correlation_id=None,
                    seen=ANY_OFFER,
                )
            if made is None:
                raise LookupError(n)

    started = monotonic()
    await asyncio.gather(*(hold_some(client) for client in range(CLIENTS)))
    return CLIENTS * HOLDS_PER_CLIENT / (monotonic() - started)


def _id(kind: str, number: int) -> UUID:
    return UUID(md5(f"{kind}{number}".encode(), usedforsecurity=False).hexdigest())


if __name__ == "__main__":
    # SIGTERM also stops the database, like Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parser = argparse.ArgumentParser(description="Compare holds through the pool with pgbench.")
    parser.add_argument("--pgbench", default=which("pgbench"), help="its path")
    chosen = parser.parse_args()
    if chosen.pgbench is None:
        parser.error("pgbench is not on the PATH; name it with --pgbench.")
    sys.exit(asyncio.run(main(chosen.pgbench)))
