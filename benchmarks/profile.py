"""Flame graph of the web process under a load: `python -m benchmarks.profile [LOAD] [SVG]`."""

import argparse
import asyncio
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from itertools import count
from pathlib import Path

from benchmarks import reservation
from benchmarks.http_load import Connection, Load
from benchmarks.measure import running_site
from tests.site import Site

READS_EACH = 60
ROUNDS = 5
SAMPLES_PER_SECOND = 100
PY_SPY = Path(sys.executable).with_name("py-spy")

# One round of a load.
Run = Callable[[], Awaitable[object]]


@asynccontextmanager
async def reserve(site: Site) -> AsyncGenerator[Run]:
    async with reservation.open_market(site) as market:
        starts = count(step=reservation.CLIENTS * reservation.HOLDS_EACH)
        yield lambda: reservation.hold_all(
            market.cases[0], Load(), market.connections, next(starts)
        )


@asynccontextmanager
async def read(path: str, site: Site) -> AsyncGenerator[Run]:
    load = Load()

    async def ask(_client: int) -> None:
        async with Connection(site.url) as connection:
            for _ in range(READS_EACH):
                await load.timed(connection.send("GET", path), 200)

    yield lambda: load.run(reservation.CLIENTS, ask)


LOADS: dict[str, Callable[[Site], AbstractAsyncContextManager[Run]]] = {
    "reservation": reserve,
    "home": partial(read, "/"),
    "tickets": partial(read, "/api/tickets"),
}


async def profile(site: Site, name: str, svg: Path) -> int:
    """Record all rounds but the first one, and return py-spy's exit code."""
    async with LOADS[name](site) as run:
        await run()
        recorder = await asyncio.create_subprocess_exec(
            PY_SPY, "record", "--subprocesses", "--pid", str(site.web_pid),
            "--rate", str(SAMPLES_PER_SECOND), "--output", svg,
        )  # fmt: skip
        for _ in range(ROUNDS):
            await run()
        # py-spy writes its file.
        recorder.send_signal(signal.SIGINT)
        return await recorder.wait()


def main(name: str, svg: Path) -> int:
    settings = reservation.SETTINGS | {"SEARCH_LIMIT_PER_ADDRESS_PER_MINUTE": "0"}
    with running_site(**settings) as site:
        return asyncio.run(profile(site, name, svg))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Draw a flame graph of the web process.")
    parser.add_argument("load", nargs="?", choices=LOADS, default="reservation")
    parser.add_argument("svg", nargs="?", type=Path, default=Path("profile.svg"))
    chosen = parser.parse_args()
    sys.exit(main(chosen.load, chosen.svg))
