"""Speed of the load generator: `python -m benchmarks.generator`.

Against a server that only answers, and against the cheapest request of the site. One loop of it is no bottleneck for
one web process if a request costs it less than it costs the site.
"""

import asyncio
import subprocess
import sys
from collections.abc import Generator
from contextlib import AsyncExitStack, contextmanager
from typing import NamedTuple

from benchmarks.http_load import Connection, Request, send_all
from benchmarks.measure import Processes, check_least, check_limit, running_site
from ticketing_app.devstack.stack import ROOT

CLIENTS = 16
REQUESTS = 20_000
PATH = "/api/health/live"
LIMIT_RATIO = 0.5
LEAST_RATIO = 1.5


class Speed(NamedTuple):
    rate: float
    generator_ms: float
    server_ms: float


def main() -> int:
    with running_site() as site, trivial_server() as (url, pid):
        trivial = asyncio.run(_measure("a trivial server", url, Processes(pid)))
        health = asyncio.run(_measure("health", site.url, Processes(site.web_pid)))
    is_fast = check_least(
        "rate against a trivial server", trivial.rate / health.rate, LEAST_RATIO, "times health"
    )
    cost = health.generator_ms / health.server_ms
    is_cheap = check_limit("CPU of a request of health", cost, LIMIT_RATIO, "of the web process")
    return 0 if is_fast and is_cheap else 1


@contextmanager
def trivial_server() -> Generator[tuple[str, int]]:
    command = [sys.executable, "-m", "benchmarks.trivial_server"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603  # Our own words.
        assert server.stdout
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}", server.pid
        finally:
            server.terminate()


async def _measure(name: str, url: str, server: Processes) -> Speed:
    async with AsyncExitStack() as stack:
        connections = [
            await stack.enter_async_context(Connection(url, address=f"10.3.0.{nth}"))
            for nth in range(CLIENTS)
        ]
        requests = [Request("GET", PATH)] * REQUESTS
        await send_all(connections, requests[:CLIENTS])
        before = server.cpu_seconds()
        load = await send_all(connections, requests)
        server_ms = 1000 * (server.cpu_seconds() - before) / REQUESTS
    generator_ms = 1000 * load.cpu_seconds / REQUESTS
    print(
        f"{name}: {load.rate:,.0f} requests/s, CPU {generator_ms:.3f} ms of the generator "
        f"({load.cpu_share:.0%} of a core), {server_ms:.3f} ms of the server"
    )
    return Speed(load.rate, generator_ms, server_ms)


if __name__ == "__main__":
    sys.exit(main())
