"""Delayed jobs that expire holds: one for each second in which some hold ends."""

import asyncio
import math
from datetime import UTC, datetime

from ticketing_app.core import queues, redis
from ticketing_app.core.logging import get_logger
from ticketing_app.expiration import jobs

log = get_logger()


async def schedule_expiry(expires_at: datetime) -> None:
    """Have all holds expired that are due at the full second after `expires_at`.

    Ten thousand holds that end in one second cost one job. May be repeated, and may fail: without
    Redis nothing is scheduled, and the sweep, which cron starts every few seconds, does it instead.
    """
    try:
        await asyncio.to_thread(_schedule, math.ceil(expires_at.timestamp()))
    except redis.RedisError as error:
        log.warning("expiration.not_scheduled", expires_at=expires_at, error=repr(error))


def _schedule(second: int) -> None:
    # Another hold that ends in the same second, or an event that came twice, finds it scheduled.
    at = datetime.fromtimestamp(second, UTC)
    queues.schedule(jobs.expire_due_orders, at=at, job_id=f"expire-orders-{second}")
