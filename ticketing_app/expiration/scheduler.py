"""Delayed jobs that expire holds: one for each second in which some hold ends."""

import asyncio
import math
from datetime import UTC, datetime
from functools import lru_cache

from rq import Queue
from rq.exceptions import DuplicateJobError

from ticketing_app.core import redis
from ticketing_app.core.logging import get_logger
from ticketing_app.expiration import jobs

FAILURE_TTL_SECONDS = 86_400

log = get_logger()


async def schedule_expiry(expires_at: datetime) -> None:
    """Have all holds expired that are due at the full second after `expires_at`.

    Ten thousand holds that end in one second cost one job. May be repeated, and may fail: without
    Redis nothing is scheduled, and the sweep, which cron starts every few seconds, does it instead.
    """
    try:
        await asyncio.to_thread(_enqueue, math.ceil(expires_at.timestamp()))
    except redis.RedisError as error:
        log.warning("expiration.not_scheduled", expires_at=expires_at, error=repr(error))


def _enqueue(second: int) -> None:
    try:
        _queue().enqueue_at(
            datetime.fromtimestamp(second, UTC),
            jobs.expire_due_orders,
            job_id=f"expire-orders-{second}",
            unique=True,
            result_ttl=0,
            failure_ttl=FAILURE_TTL_SECONDS,
        )
    except DuplicateJobError:
        return  # Another hold ends in the same second, or the event came twice.


@lru_cache(maxsize=1)
def _queue() -> Queue:
    """The queue of this process, made on first use; RQ keeps a script for each client it sees."""
    return Queue(connection=redis.sync_client())
