"""Visitors that open pages at a steady rate while something else happens.

In a process of their own: the clients of a rush keep theirs busy, which would count as time of the site.
"""

import asyncio
import multiprocessing
import time
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from http import HTTPStatus
from multiprocessing.connection import Connection as Pipe
from typing import NamedTuple

from benchmarks.http_load import Connection, Load
from tests.waiting import running

PER_SECOND = 5


class Seen(NamedTuple):
    """Seconds of the answers, those that no visitor should get, and the number of 503 responses with Retry-After."""

    seconds: list[float]
    problems: Counter[str]
    shed: int


class Visitors:
    """`load` has the times of answers, `problems` and `shed` are as in Seen, all after `visiting`."""

    def __init__(self, url: str, paths: Sequence[str], count: int = 4) -> None:
        self._group = Group(url, paths, count)
        self.load = Load()
        self.problems = Counter[str]()
        self.shed = 0

    @asynccontextmanager
    async def visiting(self) -> AsyncGenerator[None]:
        """Visit the pages during the block."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_visit_until_told, args=(self._group, theirs))
        process.start()
        await asyncio.to_thread(ours.recv)
        try:
            yield
        finally:
            ours.send("stop")
            self.load.seconds, self.problems, self.shed = ours.recv()
            process.join()

    def __str__(self) -> str:
        load = self.load
        return (
            f"{len(load.seconds)} pages, p50 {load.p(0.5):.0f} ms, p95 {load.p(0.95):.0f} ms, "
            f"{self.shed} refused with 503"
        )


def _visit_until_told(group: "Group", pipe: Pipe) -> None:
    async def visit() -> None:
        async with running(group.run()):
            pipe.send("begun")
            await asyncio.to_thread(pipe.recv)

    asyncio.run(visit())
    pipe.send(Seen(group.seconds, group.problems, group.shed))


class Group:
    def __init__(self, url: str, paths: Sequence[str], count: int) -> None:
        self._url = url
        self._paths = paths
        self._count = count
        self.seconds: list[float] = []
        self.problems = Counter[str]()
        self.shed = 0

    async def run(self) -> None:
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
        self.seconds.append(time.perf_counter() - started)
        if answer.status != HTTPStatus.OK:
            self.problems[f"GET {path}: {answer.status}"] += 1
