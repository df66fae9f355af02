"""What the live pages hear."""

from collections import Counter

import pytest

from tests.integration.messaging.samples import envelope_of, record
from tests.waiting import eventually, running
from ticketing_app.core import redis
from ticketing_app.devstack.stack import Stack
from ticketing_app.messaging import bus
from ticketing_app.messaging.bus import Envelope

pytestmark = pytest.mark.usefixtures("_effects")


class Follower:
    """Counts what it hears."""

    def __init__(self) -> None:
        self.heard: Counter[object] = Counter()
        self.gaps = 0

    async def on_event(self, envelope: Envelope) -> None:
        self.heard[envelope.event.aggregate_id] += 1

    async def on_gap(self) -> None:
        self.gaps += 1

    async def has_heard(self, envelope: Envelope) -> bool:
        """Send the event until it is heard: nobody tells when a follower begins to listen."""
        await bus.publish([envelope])
        return self.heard[envelope.aggregate_id] > 0


class TestFollowEvents:
    async def test_hears_every_event_from_now_on_and_each_once(self) -> None:
        past, now = await envelope_of(await record()), await envelope_of(await record())
        await bus.publish([past])
        follower = Follower()
        async with running(bus.follow_events(follower.on_event, follower.on_gap)):
            await eventually(lambda: follower.has_heard(now))
            heard = [await envelope_of(await record()) for _ in range(120)]
            await bus.publish(heard)
            await eventually(lambda: len(follower.heard) == 121)
        assert all(follower.heard[envelope.aggregate_id] == 1 for envelope in heard)
        assert past.aggregate_id not in follower.heard
        assert follower.gaps == 0

    async def test_skips_events_that_this_version_does_not_know(self) -> None:
        first, second = await envelope_of(await record()), await envelope_of(await record())
        follower = Follower()
        async with running(bus.follow_events(follower.on_event, follower.on_gap)):
            await eventually(lambda: follower.has_heard(first))
            await bus.publish([second.model_copy(update={"name": "TicketPraised"}), second])
            await eventually(lambda: second.aggregate_id in follower.heard)
        assert follower.heard[second.aggregate_id] == 1
        assert follower.gaps == 0

    async def test_tells_of_a_gap_when_redis_lost_what_it_had(self) -> None:
        first, second = await envelope_of(await record()), await envelope_of(await record())
        follower = Follower()
        async with running(bus.follow_events(follower.on_event, follower.on_gap)):
            await eventually(lambda: follower.has_heard(first))
            await bus.publish([first] * 50)
            await redis.client().flushall()
            await eventually(lambda: follower.has_heard(second))
            await eventually(lambda: follower.gaps == 1)

    async def test_tells_of_a_gap_and_goes_on_after_an_outage(self, stack: Stack) -> None:
        first, second = await envelope_of(await record()), await envelope_of(await record())
        follower = Follower()
        async with running(bus.follow_events(follower.on_event, follower.on_gap)):
            await eventually(lambda: follower.has_heard(first))
            stack.stop_part("redis")
            stack.start_part("redis")
            await eventually(lambda: follower.gaps == 1)
            await eventually(lambda: follower.has_heard(second))
