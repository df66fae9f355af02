"""Backlogs of RQ's queues, and which background processes are alive."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, cast

from rq import Queue, Worker
from rq.exceptions import NoSuchJobError
from rq.scheduler import RQScheduler

from ticketing_app.core import queues, redis
from ticketing_app.core.queues import RegisteredJob
from ticketing_app.messaging import bus
from ticketing_app.messaging.consumer import HANDLER_SECONDS

# A worker sends a heartbeat every five seconds.
SILENT_AFTER = timedelta(seconds=90)

# Number of jobs at the head of a queue whose age is read: cron jobs are queued in front of older ones.
SAMPLED_JOBS = 5

# A live consumer reads the stream again within this time, unless many events are slow to handle.
UNREAD_AFTER_SECONDS = HANDLER_SECONDS + 2 * redis.BLOCK_SECONDS


class QueueState(NamedTuple):
    queued: int
    oldest_seconds: float
    is_worked: bool


class WorkerState(NamedTuple):
    queues: dict[str, QueueState]
    is_scheduler_alive: bool
    is_consumer_alive: bool

    @property
    def is_jobs_alive(self) -> bool:
        return self.queues[queues.DEFAULT].is_worked

    @property
    def is_outside_alive(self) -> bool:
        return self.queues[queues.OUTSIDE].is_worked


def get_worker_state() -> WorkerState:
    """Read the state of the workers; blocks on Redis, up to 1.5 s per call, and raises RedisError."""
    with redis.sync_client(redis.TIMEOUT_SECONDS) as connection:
        lease = RQScheduler.get_locking_key(queues.DEFAULT)
        return WorkerState(
            queues={name: _inspect(Queue(name, connection=connection)) for name in queues.QUEUES},
            is_scheduler_alive=bool(connection.exists(lease)),
            is_consumer_alive=_is_stream_read(connection),
        )


def _inspect(queue: Queue) -> QueueState:
    now = datetime.now(UTC)
    beats = [worker.last_heartbeat for worker in Worker.all(queue=queue)]
    ages = [_age(job_id, queue, now) for job_id in queue.get_job_ids(0, SAMPLED_JOBS)]
    return QueueState(
        queued=queue.count,
        oldest_seconds=max(ages, default=0.0),
        is_worked=any(beat and now - beat < SILENT_AFTER for beat in beats),
    )


def _age(job_id: str, queue: Queue, now: datetime) -> float:
    # RegisteredJob unpickles no objects: any client of Redis may have written this job.
    try:
        job = RegisteredJob.fetch(job_id, queue.connection, serializer=queues.Serializer)
    except NoSuchJobError:
        return 0.0  # Taken by a worker meanwhile, or dropped at the end of its TTL.
    return max(0.0, (now - job.enqueued_at).total_seconds()) if job.enqueued_at else 0.0


def _is_stream_read(connection: Any) -> bool:  # noqa: ANN401  # Redis' own client, which only core imports.
    if not connection.exists(bus.STREAM):
        return False
    groups = [group["name"].decode() for group in connection.xinfo_groups(bus.STREAM)]
    if bus.GROUP not in groups:
        return False
    readers = cast("list[dict[str, int]]", connection.xinfo_consumers(bus.STREAM, bus.GROUP))
    return any(reader["idle"] < 1000 * UNREAD_AFTER_SECONDS for reader in readers)
