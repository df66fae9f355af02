"""Jobs that the worker runs in the tests of the processes; they leave their marks in Redis."""

import asyncio

from sqlalchemy import text

from ticketing_app.core import db, redis

MARKS = "tests.marks"


async def note_loop() -> None:
    """Use both clients of this loop, and tell which loop it is."""
    async with db.transaction() as session:
        await (await session.connection()).execute(text("SELECT 1"))
    await redis.client().execute_command("RPUSH", MARKS, str(id(asyncio.get_running_loop())))


async def take_too_long() -> None:
    """Wait far beyond any limit, and tell when that is cut short."""
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        await redis.client().execute_command("RPUSH", MARKS, "cancelled")
        raise


async def tick() -> None:
    """Start by cron; what counts is that it is queued."""


async def fail() -> None:
    """Fail as a job does that nobody foresaw."""
    raise ValueError(MARKS)
