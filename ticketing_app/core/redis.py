"""Redis clients with timeouts, and publish/subscribe."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import parse_qs, urlencode, urlsplit
from weakref import WeakKeyDictionary

import redis as sync_redis
from redis.asyncio import Connection, Redis, SSLConnection
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from ticketing_app.core.logging import get_logger
from ticketing_app.core.settings import get_settings

__all__ = [
    "RedisError",
    "ResponseError",
    "blocking_client",
    "check_writable",
    "client",
    "follow",
    "page_state_client",
    "publish",
    "sync_client",
    "with_time_limits",
]

TIMEOUT_SECONDS = 1.5
BLOCK_SECONDS = 5
RECONNECT_SECONDS = 0.5
PROBE_KEY = "health.probe"
PROBE_SECONDS = 10

log = get_logger()
_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Redis]] = WeakKeyDictionary()


class _Connection(Connection):
    """Sends with a timeout that does not swallow cancellations.

    redis-py uses `asyncio.wait_for`, which on Python 3.11 loses a cancellation that arrives as the
    call ends: a loop over Redis would never stop. Obsolete from Python 3.12 on.
    """

    async def send_packed_command(
        self,
        command: bytes | str | Iterable[bytes],
        check_health: bool = True,  # noqa: FBT001, FBT002  # as in redis-py.
    ) -> None:
        limit = self.socket_timeout
        self.socket_timeout = None
        try:
            async with asyncio.timeout(limit):
                await super().send_packed_command(command, check_health)
        except TimeoutError as error:
            raise RedisTimeoutError from error
        finally:
            self.socket_timeout = limit


class _SecureConnection(SSLConnection, _Connection):
    """Replaces the class that redis-py selects for rediss:// addresses."""


def client() -> Redis:
    """Return the client of the running event loop; it fails within 1.5 s when Redis does not respond."""
    return _shared_client(get_settings().redis_url.get_secret_value())


def page_state_client() -> Redis:
    return _shared_client(get_settings().page_state_url.get_secret_value())


def _shared_client(url: str) -> Redis:
    clients = _clients.setdefault(asyncio.get_running_loop(), {})
    if url not in clients:
        clients[url] = _make_client(url, timeout_seconds=TIMEOUT_SECONDS)
    return clients[url]


def _make_client(url: str, *, timeout_seconds: float) -> Redis:
    made = Redis.from_url(
        url,
        connection_class=_Connection,
        decode_responses=True,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=TIMEOUT_SECONDS,
        retry=None,
    )
    if made.connection_pool.connection_class is SSLConnection:
        made.connection_pool.connection_class = _SecureConnection
    return made


async def dispose() -> None:
    for made in _clients.pop(asyncio.get_running_loop(), {}).values():
        await made.aclose()


def blocking_client() -> Redis:
    """Return a new client for reads that wait up to `BLOCK_SECONDS`; the caller closes it."""
    return _make_client(
        get_settings().redis_url.get_secret_value(), timeout_seconds=2 * BLOCK_SECONDS
    )


def sync_client(
    timeout_seconds: float = 2 * BLOCK_SECONDS, *, url: str | None = None
) -> sync_redis.Redis:
    """Return a new synchronous client for RQ; it reads and writes bytes."""
    return sync_redis.Redis.from_url(
        url or get_settings().redis_url.get_secret_value(),
        socket_timeout=timeout_seconds,
        socket_connect_timeout=TIMEOUT_SECONDS,
        retry=None,
    )


def with_time_limits(url: str) -> str:
    """Add timeouts to an address from which a library makes its client; existing ones stay.

    They also disconnect idle subscribers of the library, which redis-py then reconnects. So the timeout
    exceeds any wait for a message that a subscriber must not miss.
    """
    limits = {"socket_timeout": BLOCK_SECONDS, "socket_connect_timeout": TIMEOUT_SECONDS}
    given = parse_qs(urlsplit(url).query, keep_blank_values=True)
    missing = urlencode({name: limit for name, limit in limits.items() if name not in given})
    return f"{url}{'&' if '?' in url else '?'}{missing}" if missing else url


async def check_writable(connection: Redis) -> None:
    """Write a key, as a full Redis still responds to PING; raises ResponseError if it refuses the write."""
    await connection.set(PROBE_KEY, "", ex=PROBE_SECONDS)


async def publish(channel: str, message: str) -> None:
    """Publish a hint; an outage of Redis is logged, not raised."""
    try:
        await client().publish(channel, message)
    except RedisError as error:
        log.warning("redis.publish_failed", channel=channel, error=repr(error))


async def follow(
    channel: str,
    on_message: Callable[[str], Awaitable[None]],
    on_connection: Callable[[bool], None] = lambda _: None,
) -> None:
    """Call `on_message` per message until cancelled, `on_connection` when the subscription starts or ends."""
    while True:
        connection = blocking_client()
        try:
            async with connection.pubsub() as pubsub:
                await pubsub.subscribe(channel)
                on_connection(True)  # noqa: FBT003  # whether it is connected.
                while True:
                    message = await pubsub.get_message(
                        ignore_subscribe_messages=True, timeout=BLOCK_SECONDS
                    )
                    if message is not None:
                        await on_message(str(message["data"]))
        except RedisError as error:
            log.warning("redis.follow_lost", channel=channel, error=repr(error))
        finally:
            on_connection(False)  # noqa: FBT003  # as above.
            await connection.aclose()
        await asyncio.sleep(RECONNECT_SECONDS)
