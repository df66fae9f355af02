"""One relay leads at a time; another one takes over after its end."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from tests.integration.messaging import samples
from tests.integration.messaging.samples import consumer_of, effects, note, record, relay_to
from tests.waiting import eventually, running
from ticketing_app.messaging import relay

pytestmark = pytest.mark.usefixtures("_effects")

LEADERS = """
    SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = :key AND granted
"""

LIMITS = """
    SELECT current_setting(name)::interval
    FROM unnest(ARRAY['idle_session_timeout', 'idle_in_transaction_session_timeout']) AS s (name)
"""


async def leaders() -> list[int]:
    return await samples.column(LEADERS, key=relay.RELAY_LOCK)


class TestLeadership:
    async def test_is_held_by_one_relay_and_passed_on(self) -> None:
        async with relay._leadership() as first, relay._leadership() as second:
            assert first is not None
            assert second is None
        await eventually(is_vacant)
        async with relay._leadership() as third:
            assert third is not None

    async def test_passes_to_another_relay_when_postgresql_ends_the_connection(self) -> None:
        async with running(relay_to(note).run(), relay_to(note).run(), consumer_of(note).run()):
            users = [await record()]
            await eventually(lambda: has_effects(users))
            for _ in range(5):
                [leader] = await leaders()
                assert await samples.column("SELECT pg_terminate_backend(:pid)", pid=leader)
                users.append(await record())
                await eventually(lambda: has_effects(users))
                assert await leaders() != [leader]

    async def test_is_lost_by_a_hung_relay(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(relay, "HANG_LIMIT", "200ms")
        async with relay._leadership() as hanging:
            assert hanging is not None  # From here on it does nothing, like a stopped process.
            async with running(relay_to(note).run(), consumer_of(note).run()):
                user = await record()
                await eventually(lambda: has_effects([user]))

    async def test_is_lost_after_seconds_of_inactivity(self) -> None:
        async with relay._leadership() as connection:
            assert connection is not None
            limits = (await connection.execute(text(LIMITS))).scalars().all()
        assert all(timedelta(seconds=1) <= limit <= timedelta(seconds=30) for limit in limits)


async def is_vacant() -> bool:
    return await leaders() == []


async def has_effects(users: Sequence[UUID]) -> bool:
    return sorted(await effects()) == sorted(users)
