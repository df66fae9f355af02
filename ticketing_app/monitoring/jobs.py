"""How the workers on Redis are: what waits in RQ's queues, and who is at work."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, cast

from rq import Queue, Worker
from rq.exceptions import NoSuchJobError
from rq.scheduler import RQScheduler

from ticketing_app.core import queues, redis
from ticketing_app.core.queues import RegisteredJob
from ticketing_app.messaging import bus
from ticketing_app.messaging.consumer import HANDLER_SECONDS

SILENT_AFTER = timedelta(seconds=90)
"""A worker reports that it lives every five seconds."""

LOOKED_AT = 5
"""Jobs at the head of a queue: those of cron stand in front of older ones."""

UNREAD_AFTER_SECONDS = HANDLER_SECONDS + 2 * redis.BLOCK_SECONDS
"""A consumer that lives reads again within this time, unless many events are slow."""


class QueueState(NamedTuple):
    """Jobs that wait, how long the oldest one has, and whether some worker takes them."""

    queued: int
    oldest_seconds: float
    is_worked: bool


class WorkerState(NamedTuple):
    """What waits, and which processes are alive."""

    queues: dict[str, QueueState]
    is_scheduler_alive: bool
    is_consumer_alive: bool

    @property
    def is_jobs_alive(self) -> bool:
        """Whether some worker of role `jobs` lives."""
        return self.queues[queues.DEFAULT].is_worked

    @property
    def is_outside_alive(self) -> bool:
        """Whether some worker of role `outside` lives."""
        return self.queues[queues.OUTSIDE].is_worked


def get_worker_state() -> WorkerState:
    """Ask Redis how the workers are; blocks for a second and a half at most for each answer.

    Raises:
        RedisError: it does not answer.
    """
    with redis.sync_client(redis.TIMEOUT_SECONDS) as connection:
        scheduler_lock = RQScheduler.get_locking_key(queues.DEFAULT)
        return WorkerState(
            queues={name: _look_at(Queue(name, connection=connection)) for name in queues.QUEUES},
            is_scheduler_alive=bool(connection.exists(scheduler_lock)),
            is_consumer_alive=_is_read(connection),
        )


def _look_at(queue: Queue) -> QueueState:
    now = datetime.now(UTC)
    beats = [worker.last_heartbeat for worker in Worker.all(queue=queue)]
    ages = [_age(job_id, queue, now) for job_id in queue.get_job_ids(0, LOOKED_AT)]
    return QueueState(
        queued=queue.count,
        oldest_seconds=max(ages, default=0.0),
        is_worked=any(beat and now - beat < SILENT_AFTER for beat in beats),
    )


def _age(job_id: str, queue: Queue, now: datetime) -> float:
    # Ours reads no pickle: any client of Redis could have put it there.
    try:
        job = RegisteredJob.fetch(job_id, queue.connection, serializer=queues.Serializer)
    except NoSuchJobError:
        return 0.0  # A worker took it meanwhile, or none did in its time.
    return max(0.0, (now - job.enqueued_at).total_seconds()) if job.enqueued_at else 0.0


def _is_read(connection: Any) -> bool:  # noqa: ANN401  # Redis' own client, which only core imports.
    """Whether some consumer asked the stream for events lately."""
    if not connection.exists(bus.STREAM):
        return False
    groups = [group["name"].decode() for group in connection.xinfo_groups(bus.STREAM)]
    if bus.GROUP not in groups:
        return False
    readers = cast("list[dict[str, int]]", connection.xinfo_consumers(bus.STREAM, bus.GROUP))
    return any(reader["idle"] < 1000 * UNREAD_AFTER_SECONDS for reader in readers)
