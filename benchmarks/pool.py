"""Speed of a hold through our connection pool, as a share of pgbench's.

    .venv/bin/python -m benchmarks.pool [--pgbench /usr/bin/pgbench]

Holds tickets with the same statement by pgbench and by `db.autocommit()`, in turns, in a PostgreSQL of its
own. Only the ratio counts: times of a busy machine mean little. It also counts the connections opened.
"""

import argparse
import asyncio
import os
import signal
import statistics
import sys
import tempfile
from hashlib import md5
from pathlib import Path
from time import monotonic
from uuid import UUID

from sqlalchemy import event, text

from benchmarks import pgbench
from benchmarks.measure import check_limit, record
from benchmarks.pgbench import Run
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
# SQL for the parameters of the hold.
VALUES = {
    "buyer_id": f"md5('u' || (1 + :n % {BUYERS}))::uuid",
    "ticket_id": "md5('t' || :n)::uuid",
}


async def main(path: str) -> int:
    """Measure, print, and return the exit code."""
    with tempfile.TemporaryDirectory(prefix="gittix-benchmark-") as folder:
        stack = Stack(Path(folder) / "stack", {"postgres"})
        try:
            stack.start()
            os.environ |= stack.env
            get_settings.cache_clear()
            await _load()
            return await _measure(path, Path(folder), stack.env["DATABASE_URL"])
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


async def _measure(path: str, folder: Path, url: str) -> int:
    opened = 0

    def count(*_: object) -> None:
        nonlocal opened
        opened += 1

    await db.dispose()
    event.listen(db.engine().sync_engine, "connect", count)
    ratios: list[float] = []
    for round_number in range(ROUNDS):
        start = 1 + 2 * round_number * CLIENTS * HOLDS_PER_CLIENT
        run = Run(start, CLIENTS, HOLDS_PER_CLIENT)
        theirs = await asyncio.to_thread(
            pgbench.measure, path, folder, url, str(HOLD_LOOSE), VALUES, run
        )
        ours = await _run_pool(start + CLIENTS * HOLDS_PER_CLIENT)
        ratios.append(ours / theirs)
        print(f"pgbench {theirs:6.0f}/s, pool {ours:6.0f}/s, ratio {ours / theirs:.3f}", flush=True)
    holds = ROUNDS * CLIENTS * HOLDS_PER_CLIENT
    ratio = statistics.median(ratios)
    print(f"median ratio {ratio:.3f}")
    record("holds through the pool", ratio, "of pgbench")
    is_kept = check_limit(f"connections opened for {holds} holds", opened, CLIENTS, "connections")
    return 0 if is_kept else 1


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
    parser.add_argument("--pgbench", default=pgbench.default_path(), help="its path")
    sys.exit(asyncio.run(main(parser.parse_args().pgbench)))
