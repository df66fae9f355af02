"""Sample jobs for the tests of the worker; each leaves marks in Redis."""

import asyncio
from pathlib import Path
from typing import cast

from sqlalchemy import text

from tests.waiting import eventually
from ticketing_app.core import db, queues, redis

MARKS = "tests.marks"


async def leave(mark: str) -> None:
    """Leave a mark for the test."""
    await redis.client().execute_command("RPUSH", MARKS, mark)


async def marks() -> list[str]:
    """Return the marks of this test, oldest first."""
    return cast("list[str]", await redis.client().execute_command("LRANGE", MARKS, 0, -1))


@queues.job("tests.note_loop", queue=queues.DEFAULT, formerly="tests.jobs_before.note_loop")
async def note_loop() -> None:
    """Use the database and Redis on this loop, and mark the loop."""
    async with db.transaction() as session:
        await (await session.connection()).execute(text("SELECT 1"))
    await leave(str(id(asyncio.get_running_loop())))


@queues.job("tests.take_too_long", queue=queues.DEFAULT)
async def take_too_long() -> None:
    """Outlast any time limit, and leave a mark when cancelled."""
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        await leave("cancelled")
        raise


@queues.job("tests.tick", queue=queues.DEFAULT)
async def tick() -> None:
    """Do nothing: tests only check that it is queued."""


@queues.job("tests.call_outside", queue=queues.OUTSIDE)
async def call_outside(name: str) -> None:
    """Mark the beginning, wait for `let_go`, and mark the end."""
    await leave(f"{name} begins")
    await eventually(lambda: redis.client().exists(f"tests.go.{name}"), seconds=60)
    await leave(f"{name} ends")


async def let_go(name: str) -> None:
    """End the `call_outside` of this name."""
    await redis.client().set(f"tests.go.{name}", 1)


@queues.job("tests.leave_mark", queue=queues.OUTSIDE)
async def leave_mark(mark: str) -> None:
    """Leave a mark."""
    await leave(mark)


class Trap:
    """Creates a file when unpickled."""

    def __init__(self, proof: Path) -> None:
        self._proof = proof

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self._proof,)
