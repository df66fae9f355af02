"""How the workers on Redis are: what waits in RQ's queue, and who is at work."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, cast

from rq import Queue, Worker
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.scheduler import RQScheduler

from ticketing_app.core import redis
from ticketing_app.messaging import bus
from ticketing_app.messaging.consumer import HANDLER_SECONDS

QUEUE = "default"
SILENT_AFTER = timedelta(seconds=90)
"""RQ's workers say that they live each time they wait for a job (20 s) or take one."""

UNREAD_AFTER_SECONDS = HANDLER_SECONDS + 2 * redis.BLOCK_SECONDS
"""A consumer that lives reads again within this time, unless many events are slow."""


class WorkerState(NamedTuple):
    """Jobs that wait, how long the first one has, and which processes are alive."""

    queued: int
    oldest_seconds: float
    is_clock_alive: bool
    is_jobs_alive: bool
    is_consumer_alive: bool


def get_worker_state() -> WorkerState:
    """Ask Redis how the workers are; blocks for a second and a half at most for each answer.

    Raises:
        RedisError: it does not answer.
    """
    with redis.sync_client(redis.TIMEOUT_SECONDS) as connection:
        queue = Queue(QUEUE, connection=connection)
        clock_lock = RQScheduler.get_locking_key(QUEUE)
        now = datetime.now(UTC)
        beats = [worker.last_heartbeat for worker in Worker.all(queue=queue)]
        return WorkerState(
            queued=queue.count,
            oldest_seconds=_age_of_first(queue, now),
            is_clock_alive=bool(connection.exists(clock_lock)),
            is_jobs_alive=any(beat and now - beat < SILENT_AFTER for beat in beats),
            is_consumer_alive=_is_read(connection),
        )


def _age_of_first(queue: Queue, now: datetime) -> float:
    for job_id in queue.get_job_ids(0, 1):
        try:
            enqueued_at = Job.fetch(job_id, queue.connection).enqueued_at
        except NoSuchJobError:
            break  # A worker took it meanwhile, or nobody did in its time.
        return max(0.0, (now - enqueued_at).total_seconds()) if enqueued_at else 0.0
    return 0.0


def _is_read(connection: Any) -> bool:  # noqa: ANN401  # Redis' own client, which only core imports.
    """Whether some consumer asked the stream for events lately."""
    if not connection.exists(bus.STREAM):
        return False
    groups = [group["name"].decode() for group in connection.xinfo_groups(bus.STREAM)]
    if bus.GROUP not in groups:
        return False
    readers = cast("list[dict[str, int]]", connection.xinfo_consumers(bus.STREAM, bus.GROUP))
    return any(reader["idle"] < 1000 * UNREAD_AFTER_SECONDS for reader in readers)
