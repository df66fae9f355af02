"""A lease in Redis, held by one process at a time; calls raise RedisError during an outage."""

from contextlib import suppress

from redis.exceptions import LockError

from ticketing_app.core import redis


class Lease:
    """Expires `seconds` after it was last renewed."""

    def __init__(self, key: str, *, seconds: float) -> None:
        self._lock = redis.sync_client().lock(
            key, timeout=seconds, blocking=False, thread_local=False
        )

    def hold(self) -> bool:
        """Renew the lease, or acquire it if it is free; return whether this process holds it."""
        with suppress(LockError):
            return self._lock.reacquire()
        return self._lock.acquire()

    def release(self) -> None:
        """Free the lease at once, unless another process has taken it over."""
        with suppress(LockError):
            self._lock.release()
