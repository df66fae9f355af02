"""Starts the job of a kind, at once or at a second. A lost nudge delays work until the next sweep."""

import asyncio
import math
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

from ticketing_app.core import queues, redis
from ticketing_app.core.clock import utc_now
from ticketing_app.core.logging import get_logger
from ticketing_app.core.queues import JobFunction

DELAY_SECONDS = 0.005

# The job of each kind; filled by `jobs.register`.
JOBS: dict[str, JobFunction] = {}

log = get_logger()

# Nudges that are not sent yet, by event loop: kind and second, None for now.
_unsent: WeakKeyDictionary[asyncio.AbstractEventLoop, set[tuple[str, int | None]]]
_unsent = WeakKeyDictionary()
_senders: set[asyncio.Task[None]] = set()


async def nudge(kind: str, at: datetime | None = None) -> None:
    """Queue the job of the kind, debounced; does not wait for Redis, so that no buyer does."""
    second = math.ceil(at.timestamp()) if at and at > utc_now() else None
    loop = asyncio.get_running_loop()
    unsent = _unsent.setdefault(loop, set())
    unsent.add((kind, second))
    # A done task is discarded only after the other callbacks of its step.
    if not any(sender.get_loop() is loop and not sender.done() for sender in _senders):
        sender = loop.create_task(_send(unsent))
        _senders.add(sender)
        sender.add_done_callback(_senders.discard)


async def finish() -> None:
    """Wait for the nudges of the running loop."""
    loop = asyncio.get_running_loop()
    await asyncio.gather(*(sender for sender in list(_senders) if sender.get_loop() is loop))


async def _send(unsent: set[tuple[str, int | None]]) -> None:
    # One after the other: while Redis hangs, they must not use up the threads of the process.
    await asyncio.sleep(DELAY_SECONDS)
    while unsent:
        kind, second = unsent.pop()
        try:
            await _enqueue(kind, second)
        except redis.RedisError as error:
            log.warning("work.nudge_failed", kind=kind, error=repr(error))


async def _enqueue(kind: str, second: int | None) -> None:
    if second is None:
        await asyncio.to_thread(queues.enqueue, JOBS[kind])
        return
    job_id = f"work-{kind.replace('.', '-')}-{second}"
    at = datetime.fromtimestamp(second, UTC)
    await queues.schedule_soon(JOBS[kind], at=at, job_id=job_id)
