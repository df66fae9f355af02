"""Delayed jobs that expire holds: one for each second in which holds end."""

import math
from datetime import UTC, datetime

from ticketing_app.core import queues, redis
from ticketing_app.core.logging import get_logger
from ticketing_app.expiration import jobs

log = get_logger()


async def schedule_expiry(expires_at: datetime) -> None:
    """Schedule the job of the second that contains `expires_at`, shared by all holds that end in it.

    During an outage of Redis nothing is scheduled; the sweep expires the hold a few seconds late.
    """
    # A second hold of the same second, or a duplicate event, finds the job id taken.
    second = math.floor(expires_at.timestamp())
    at = datetime.fromtimestamp(second, UTC)
    try:
        await queues.schedule_soon(jobs.expire_due_orders, at=at, job_id=f"expire-orders-{second}")
    except redis.RedisError as error:
        log.warning("expiration.not_scheduled", expires_at=expires_at, error=repr(error))
