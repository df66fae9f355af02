"""Jobs on RQ: registered functions only, under names that do not change when their module moves."""

import asyncio
import io
import json
import pickle
from collections import deque
from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, Never, TypeVar

from rq import Queue, Retry
from rq.exceptions import DuplicateJobError
from rq.job import Job

from ticketing_app.core import redis
from ticketing_app.core.logging import get_logger, start_context

# Work on our own database, such as expiry; calls no other service.
DEFAULT = "default"

# Work that calls another service while a buyer waits for it.
OUTSIDE = "outside"

# Work that calls another service without urgency: voids, refunds, sweeps, the audit.
OUTSIDE_LATER = "outside-later"

QUEUES = (DEFAULT, OUTSIDE, OUTSIDE_LATER)
FAILURE_TTL_SECONDS = 86_400
LOGGED_NAME_LENGTH = 100
SCHEDULED_SIZE = 100
PICKLE_MARK = b"\x80"

JobFunction = Callable[..., Coroutine[Any, Any, None]]
Function = TypeVar("Function", bound=JobFunction)

log = get_logger()


class JobRefusedError(Exception):
    """The name of a job is not registered, or its data are more than plain values."""


class Registered(NamedTuple):
    name: str
    queue: str
    function: JobFunction


_by_name: dict[str, Registered] = {}
_by_function: dict[JobFunction, Registered] = {}


def job(
    name: str, *, queue: str, formerly: str | tuple[str, ...] = ()
) -> Callable[[Function], Function]:
    """Register a function as a job of this queue.

    `formerly` are its names in the previous version, for jobs that are still queued under them.
    """

    def register(function: Function) -> Function:
        registered = Registered(name, queue, function)
        _by_function[function] = registered
        _by_name[name] = registered
        for old_name in (formerly,) if isinstance(formerly, str) else formerly:
            _by_name[old_name] = registered
        return function

    return register


# The last ids that this process has scheduled: the holds of a second share one.
_scheduled: deque[str] = deque(maxlen=SCHEDULED_SIZE)


def names() -> frozenset[str]:
    return frozenset(_by_name)


class _PlainUnpickler(pickle.Unpickler):
    """Reads numbers, strings, lists and dictionaries; everything else needs a global, which it refuses."""

    def find_class(self, *_: str) -> Never:
        raise JobRefusedError


class Serializer:
    """JSON; reads the pickles of the previous version as plain data, without running code."""

    @staticmethod
    def dumps(value: object) -> bytes:
        return json.dumps(value).encode()

    @staticmethod
    def loads(data: bytes) -> Any:  # noqa: ANN401  # as JSON is.
        if data.startswith(PICKLE_MARK):
            return _PlainUnpickler(io.BytesIO(data)).load()
        return json.loads(data)


class RegisteredJob(Job):
    """A job that can only run a registered function.

    Write access to Redis must not become code execution here. RQ itself imports any name, also for
    callbacks, and sends webhooks to any address.
    """

    @property
    def registered(self) -> Registered:
        """Return the registration of this job's name; raises JobRefusedError if there is none."""
        name: object = self.func_name
        if not isinstance(name, str) or name not in _by_name:
            log.error("job.refused", job_id=self.id, name=repr(name)[:LOGGED_NAME_LENGTH])
            raise JobRefusedError
        return _by_name[name]

    @property
    def func(self) -> JobFunction:
        return self.registered.function

    @property
    def success_callback(self) -> None:
        return None

    @property
    def failure_callback(self) -> None:
        return None

    @property
    def stopped_callback(self) -> None:
        return None

    def send_webhooks(self, *_: object, **__: object) -> None:
        return None

    async def run(self) -> None:
        start_context(self.id)
        await self.func(*self.args, **self.kwargs)

    def move(self) -> None:
        """Move the job to the queue that it is registered for."""
        get_queue(self.registered.queue).enqueue(
            self.registered.name,
            args=self.args,
            kwargs=self.kwargs,
            result_ttl=0,
            failure_ttl=self.failure_ttl,
        )


@lru_cache(maxsize=len(QUEUES))
def get_queue(name: str) -> Queue:
    """Return the queue; all share one client per process, because RQ registers scripts per client."""
    return Queue(name, connection=_client(), job_class=RegisteredJob, serializer=Serializer)


@lru_cache(maxsize=1)
def _client() -> Any:  # noqa: ANN401  # Redis' own client, which only core imports.
    return redis.sync_client()


def enqueue(
    function: JobFunction,
    *args: str,
    queue: str | None = None,
    at_front: bool = False,
    ttl: int | None = None,
    failure_ttl: int = FAILURE_TTL_SECONDS,
    tries: int = 1,
) -> None:
    """Queue a job, by default in its own queue; blocks on Redis and raises RedisError.

    `tries` limits how often it runs, including runs that ended with their worker.
    """
    registered = _by_function[function]
    get_queue(queue or registered.queue).enqueue(
        registered.name,
        args=args,
        at_front=at_front,
        ttl=ttl,
        result_ttl=0,
        failure_ttl=failure_ttl,
        retry=Retry(max=tries - 1) if tries > 1 else None,
    )


async def schedule_soon(function: JobFunction, *, at: datetime, job_id: str) -> None:
    """As `schedule`, without blocking; an id that was scheduled here lately costs nothing."""
    if job_id not in _scheduled:
        await asyncio.to_thread(schedule, function, at=at, job_id=job_id)
        _scheduled.append(job_id)


def schedule(function: JobFunction, *args: str, at: datetime, job_id: str) -> None:
    """Schedule a job, once per id; blocks on Redis and raises RedisError."""
    # A job that is due enters the default queue; the worker there moves it to its own queue.
    try:
        get_queue(DEFAULT).enqueue_at(
            at,
            _by_function[function].name,
            *args,
            job_id=job_id,
            unique=True,
            result_ttl=0,
            failure_ttl=FAILURE_TTL_SECONDS,
        )
    except DuplicateJobError:
        return


async def nudge(function: JobFunction, *args: str, queue: str | None = None) -> None:
    """Queue a job after the commit of its rows. A failure is only logged, as a sweep finds those rows."""
    try:
        await asyncio.to_thread(enqueue, function, *args, queue=queue)
    except redis.RedisError as error:
        log.warning("queues.nudge_failed", job=_by_function[function].name, error=repr(error))
