"""Jobs on RQ: registered functions only, under names that survive a move of their module."""

import asyncio
import io
import json
import pickle
from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, Never, TypeVar

from rq import Queue, Retry
from rq.exceptions import DuplicateJobError
from rq.job import Job

from ticketing_app.core import redis
from ticketing_app.core.logging import get_logger, start_context

DEFAULT = "default"
"""Work on our own database, such as expiry: it waits for no other service."""

OUTSIDE = "outside"
"""Work that calls another service while a buyer waits for it."""

OUTSIDE_LATER = "outside-later"
"""Work that calls another service and may take its time: voids, refunds, sweeps, the audit."""

QUEUES = (DEFAULT, OUTSIDE, OUTSIDE_LATER)
FAILURE_TTL_SECONDS = 86_400
LOGGED_NAME_LENGTH = 100
PICKLE_MARK = b"\x80"

JobFunction = Callable[..., Coroutine[Any, Any, None]]
Function = TypeVar("Function", bound=JobFunction)

log = get_logger()


class JobRefusedError(Exception):
    def __init__(self) -> None:
        super().__init__("This is no job of ours.")


class Registered(NamedTuple):
    """A function that may run as a job."""

    name: str
    queue: str
    function: JobFunction


_by_name: dict[str, Registered] = {}
_by_function: dict[JobFunction, Registered] = {}


def job(name: str, *, queue: str, formerly: str | None = None) -> Callable[[Function], Function]:
    """Register a function as a job of this queue.

    `formerly`: the name under which the version before queued it, so that its jobs still run.
    """

    def register(function: Function) -> Function:
        registered = Registered(name, queue, function)
        _by_function[function] = registered
        _by_name[name] = registered
        if formerly:
            _by_name[formerly] = registered
        return function

    return register


def names() -> frozenset[str]:
    """Return the names that may run."""
    return frozenset(_by_name)


class _PlainUnpickler(pickle.Unpickler):
    """Reads numbers, texts, lists and dictionaries. Anything else needs a global, and gets none."""

    def find_class(self, *_: str) -> Never:
        raise JobRefusedError


class Serializer:
    """JSON. The version before wrote pickles, which are read as plain data: loading one runs nothing."""

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

    Redis says what runs, and not all that can write to Redis may run code here. RQ would import any
    name, also those of callbacks, and send webhooks anywhere.
    """

    @property
    def registered(self) -> Registered:
        """What this job runs.

        Raises:
            JobRefusedError: its name is none of ours.
        """
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
        """Run the function on the running loop."""
        start_context(self.id)
        await self.func(*self.args, **self.kwargs)

    def move(self) -> None:
        """Queue it again where it belongs."""
        get_queue(self.registered.queue).enqueue(
            self.registered.name,
            args=self.args,
            kwargs=self.kwargs,
            result_ttl=0,
            failure_ttl=self.failure_ttl,
        )


@lru_cache(maxsize=len(QUEUES))
def get_queue(name: str) -> Queue:
    """Return a queue, with one client of this process, made on first use: RQ keeps scripts for it."""
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
    """Queue a job, by default in its own queue; blocks for as long as Redis takes.

    `tries`: how often it runs at most, also when its worker died or was stopped.

    Raises:
        RedisError: it is not queued.
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


def schedule(function: JobFunction, *args: str, at: datetime, job_id: str) -> None:
    """Have a job queued at that time, once for this id. It comes through the default queue.

    Raises:
        RedisError: it is not scheduled.
    """
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
    """Queue a job after the commit of what it works on. May fail: a sweep finds that work, too."""
    try:
        await asyncio.to_thread(enqueue, function, *args, queue=queue)
    except redis.RedisError as error:
        name = _by_function[function].name
        log.warning("queues.nudge_failed", job=name, error=repr(error))
