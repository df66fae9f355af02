"""CPU time of a running site by component, without the clients and stand-ins of Stripe and mail."""

import asyncio
import time
from collections.abc import Generator
from contextlib import contextmanager

import asyncpg
import psutil

from benchmarks.measure import Processes
from tests.outside.database_probe import UNFINISHED
from tests.site import Site
from ticketing_app.processes import ROLES

WEB = "web"
POSTGRES = "PostgreSQL"
REDIS = "Redis"
IDLE_SECONDS = 5
DONE_SECONDS = 120
POLL_SECONDS = 0.5
IS_UNFINISHED = f"SELECT {' OR '.join(f'EXISTS ({query})' for query in UNFINISHED.values())}"


class Used:
    """CPU seconds of a block by component, without those of an idle site."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.elapsed = 0.0

    def milliseconds(self, count: int) -> dict[str, float]:
        """Return the milliseconds of one of `count` operations."""
        return {name: 1000 * seconds / count for name, seconds in self.seconds.items()}


class Components:
    """Measures the cost of an operation for each component; first `watch_idle`."""

    def __init__(self, site: Site, *web_pids: int) -> None:
        stack = site.stack
        self._processes = {
            WEB: Processes(*web_pids),
            POSTGRES: Processes(stack.pid("postgres")),
            REDIS: Processes(stack.pid("redis"), stack.pid("redis-state")),
        }
        # The supervisor starts the roles in this order.
        children = psutil.Process(stack.pid("worker")).children()
        children.sort(key=psutil.Process.create_time)
        for role, child in zip(ROLES, children, strict=True):
            self._processes[role] = Processes(child.pid)
        self._idle: dict[str, float] = {}

    async def watch_idle(self) -> None:
        """Measure the share of a core that each component takes without requests."""
        self._idle = {}
        with self.measure() as used:
            await asyncio.sleep(IDLE_SECONDS)
        self._idle = {name: seconds / used.elapsed for name, seconds in used.seconds.items()}

    @contextmanager
    def measure(self) -> Generator[Used]:
        """Measure the block; the result is complete at its end."""
        used = Used()
        started = time.perf_counter()
        before = self._seconds()
        yield used
        used.elapsed = time.perf_counter() - started
        for name, seconds in self._seconds().items():
            idle = self._idle.get(name, 0) * used.elapsed
            used.seconds[name] = max(0.0, seconds - before[name] - idle)

    def _seconds(self) -> dict[str, float]:
        return {name: each.cpu_seconds() for name, each in self._processes.items()}


async def wait_until_done(database: asyncpg.Connection) -> None:
    """Wait until all events and the work that they cause are handled."""
    async with asyncio.timeout(DONE_SECONDS):
        while True:
            # Rarely, because each poll costs PostgreSQL some CPU. At least once: the relay has only just been woken.
            await asyncio.sleep(POLL_SECONDS)
            if not await database.fetchval(IS_UNFINISHED):
                return
