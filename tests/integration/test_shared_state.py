"""Reflex's state in Redis: timeouts of the client must not end its listeners."""

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError
from reflex.istate.manager.redis import StateManagerRedis
from reflex.istate.manager.token import StateToken

from tests.waiting import eventually
from ticketing_app.core import redis
from ticketing_app.core.settings import get_settings

pytestmark = pytest.mark.usefixtures("database")
LOCK_SECONDS = 60


@dataclass
class Tab:
    """State of a tab."""

    clicks: int = 0


@pytest.fixture
async def two_managers() -> AsyncGenerator[tuple[StateManagerRedis, StateManagerRedis]]:
    """Of two web processes, as Reflex makes them, with a shorter limit for reading."""
    url = redis.with_time_limits(
        f"{get_settings().redis_url.get_secret_value()}?socket_timeout=0.2"
    )
    first, second = (
        StateManagerRedis(
            redis=Redis.from_url(url, retry_on_error=[RedisError]),
            token_expiration=3600,
            lock_expiration=LOCK_SECONDS * 1000,
            lock_warning_threshold=LOCK_SECONDS * 500,
            oplock_hold_time_ms=1000,
        )
        for _ in range(2)
    )
    yield first, second
    await first.close()
    await second.close()


async def listeners() -> set[str]:
    """Return the connections that wait for notifications of locks."""
    clients = await redis.client().client_list(_type="pubsub")
    return {client["id"] for client in clients}


async def test_idle_listener_reconnects_and_is_notified_of_a_free_lock(
    two_managers: tuple[StateManagerRedis, StateManagerRedis],
    caplog: pytest.LogCaptureFixture,
) -> None:
    first, second = two_managers
    token = StateToken(ident="tab", cls=Tab)

    async def click() -> None:
        async with second.modify_state(token) as tab:
            tab.clicks += 1

    async with first.modify_state(token) as tab:
        waiting = asyncio.create_task(click())
        await eventually(lambda: has_listener(set()))
        # Nothing happens to the lock for longer than the limit, again and again.
        for _ in range(3):
            before = await listeners()
            await eventually(lambda before=before: has_listener(before))
        tab.clicks += 1
        assert not waiting.done()
        freed_at = time.monotonic()
    await waiting
    assert time.monotonic() - freed_at < LOCK_SECONDS / 2
    assert (await second.get_state(token)).clicks == 2
    assert caplog.messages == []


async def has_listener(before: set[str]) -> bool:
    """Whether there is a new one."""
    return bool(await listeners() - before)
