"""Jobs that the worker runs in the tests of the processes; they leave their marks in Redis."""

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
    """Return the marks of this test, the first one first."""
    return cast("list[str]", await redis.client().execute_command("LRANGE", MARKS, 0, -1))


@queues.job("tests.note_loop", queue=queues.DEFAULT, formerly="tests.jobs_before.note_loop")
async def note_loop() -> None:
    """Use both clients of this loop, and leave a mark of it."""
    async with db.transaction() as session:
        await (await session.connection()).execute(text("SELECT 1"))
    await leave(str(id(asyncio.get_running_loop())))


@queues.job("tests.take_too_long", queue=queues.DEFAULT)
async def take_too_long() -> None:
    """Wait far beyond any limit, and leave a mark when that is cut short."""
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        await leave("cancelled")
        raise


@queues.job("tests.tick", queue=queues.DEFAULT)
async def tick() -> None:
    """Start by cron; what counts is that it is queued."""


@queues.job("tests.call_outside", queue=queues.OUTSIDE)
async def call_outside(name: str) -> None:
    """Begin, wait until the test lets it go on, and end."""
    await leave(f"{name} begins")
    await eventually(lambda: redis.client().exists(f"tests.go.{name}"), seconds=60)
    await leave(f"{name} ends")


async def let_go(name: str) -> None:
    """Let `call_outside` of this name end."""
    await redis.client().set(f"tests.go.{name}", 1)


@queues.job("tests.leave_mark", queue=queues.OUTSIDE)
async def leave_mark(mark: str) -> None:
    """Leave a mark."""
    await leave(mark)


class Trap:
    """Leaves a file when a pickle of it is loaded."""

    def __init__(self, proof: Path) -> None:
        self._proof = proof

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self._proof,)
