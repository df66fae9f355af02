"""Wait for a condition without sleeping longer than needed."""

import asyncio
import inspect
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

FIRST_POLL_SECONDS = 0.02
LONGEST_POLL_SECONDS = 0.1


async def eventually(
    condition: Callable[[], bool | Awaitable[bool]], *, seconds: float = 15
) -> None:
    """Return as soon as `condition()` holds.

    Raises:
        AssertionError: it does not within `seconds`.
    """
    deadline = time.monotonic() + seconds
    pause = FIRST_POLL_SECONDS
    while True:
        holds = condition()
        if inspect.isawaitable(holds):
            holds = await holds
        if holds:
            return
        assert time.monotonic() < deadline, f"waited {seconds} s in vain: {_source(condition)}"
        await asyncio.sleep(pause)
        # A condition that asks the database takes CPU from the system for which it waits.
        pause = min(2 * pause, LONGEST_POLL_SECONDS)


@asynccontextmanager
async def running(*work: Coroutine[Any, Any, Any]) -> AsyncGenerator[list[asyncio.Task[Any]]]:
    """Run these beside the test and cancel them at its end; one that failed fails the test."""
    tasks = [asyncio.create_task(coroutine) for coroutine in work]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def _source(condition: Callable[[], object]) -> str:
    with suppress(OSError):
        return inspect.getsource(condition).strip()
    return repr(condition)
