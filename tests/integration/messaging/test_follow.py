from collections import Counter

import pytest

from tests.integration.messaging.samples import envelope_of, record
from tests.outages import stopped
from tests.waiting import eventually, running
from ticketing_app.core import redis
from ticketing_app.devstack.stack import Stack
from ticketing_app.messaging import bus
from ticketing_app.messaging.bus import Envelope

pytestmark = pytest.mark.usefixtures("_effects")


class Follower:
    def __init__(self) -> None:
        self.received: Counter[object] = Counter()
        self.gaps = 0

    async def on_event(self, envelope: Envelope) -> None:
        self.received[envelope.aggregate_id] += 1

    async def on_gap(self) -> None:
        self.gaps += 1

    async def has_received(self, envelope: Envelope) -> bool:
        """Publish again on each poll: the start of a subscription cannot be observed."""
        await bus.publish([envelope])
        return self.received[envelope.aggregate_id] > 0


class TestFollowEvents:
    async def test_receives_every_new_event_once(self) -> None:
        past = await envelope_of(await record())
        now = await envelope_of(await record())
        await bus.publish([past])
        follower = Follower()
        async with running(bus.follow_events(follower.on_event, follower.on_gap)):
            await eventually(lambda: follower.has_received(now))
            received = [await envelope_of(await record()) for _ in range(120)]
            await bus.publish(received)
            await eventually(lambda: len(follower.received) == 121)
        assert all(follower.received[envelope.aggregate_id] == 1 for envelope in received)
        assert past.aggregate_id not in follower.received
        # Before the first one: a page may have read before the subscription began.
        assert follower.gaps == 1

    async def test_delivers_events_that_this_version_does_not_know(self) -> None:
        first = await envelope_of(await record())
        second = await envelope_of(await record())
        follower = Follower()
        async with running(bus.follow_events(follower.on_event, follower.on_gap)):
            await eventually(lambda: follower.has_received(first))
            await bus.publish([second.model_copy(update={"name": "TicketPraised"}), second])
            await eventually(lambda: follower.received[second.aggregate_id] == 2)
        assert follower.gaps == 1

    async def test_reports_a_gap_when_redis_lost_its_data(self) -> None:
        first = await envelope_of(await record())
        second = await envelope_of(await record())
        follower = Follower()
        async with running(bus.follow_events(follower.on_event, follower.on_gap)):
            await eventually(lambda: follower.has_received(first))
            await bus.publish([first] * 50)
            await redis.client().flushall()
            await eventually(lambda: follower.has_received(second))
            await eventually(lambda: follower.gaps == 2)

    async def test_reports_a_gap_and_continues_after_an_outage(self, stack: Stack) -> None:
        first = await envelope_of(await record())
        second = await envelope_of(await record())
        follower = Follower()
        async with running(bus.follow_events(follower.on_event, follower.on_gap)):
            await eventually(lambda: follower.has_received(first))
            with stopped(stack, "redis"):
                pass
            await eventually(lambda: follower.gaps == 2)
            await eventually(lambda: follower.has_received(second))
