"""Visitors that open pages at a steady rate while something else happens."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from http import HTTPStatus

from benchmarks.http_load import Connection, Load

PER_SECOND = 5


class Visitors:
    """`load` has the times of answers; `problems` those that no visitor should get, by their number.

    A 503 response with Retry-After is none: `shed` counts them.
    """

    def __init__(self, url: str, paths: Sequence[str], count: int = 4) -> None:
        self._url = url
        self._paths = paths
        self._count = count
        self.load = Load()
        self.problems = Counter[str]()
        self.shed = 0

    async def run(self) -> None:
        """Visit the pages until cancelled."""
        await asyncio.gather(*(self._visit(number) for number in range(self._count)))

    async def _visit(self, number: int) -> None:
        async with AsyncExitStack() as stack:
            connection = Connection(self._url, address=f"10.5.0.{number + 1}")
            await stack.enter_async_context(connection)
            started = time.perf_counter()
            visit = 0
            while True:
                path = self._paths[(number + visit) % len(self._paths)]
                await self._open(connection, path)
                visit += 1
                due = started + visit / PER_SECOND
                await asyncio.sleep(max(0.0, due - time.perf_counter()))

    async def _open(self, connection: Connection, path: str) -> None:
        started = time.perf_counter()
        answer = await connection.exchange("GET", path)
        if answer.status == HTTPStatus.SERVICE_UNAVAILABLE and "retry-after" in answer.headers:
            self.shed += 1
            return
        self.load.seconds.append(time.perf_counter() - started)
        if answer.status != HTTPStatus.OK:
            self.problems[f"GET {path}: {answer.status}"] += 1

    def __str__(self) -> str:
        load = self.load
        return (
            f"{len(load.seconds)} pages, p50 {load.p(0.5):.0f} ms, p95 {load.p(0.95):.0f} ms, "
            f"{self.shed} refused with 503"
        )
