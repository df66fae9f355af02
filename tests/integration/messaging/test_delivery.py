"""From the outbox to the handlers: no event is lost, and each takes effect once."""

import asyncio
from contextlib import AsyncExitStack
from uuid import UUID

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from tests.integration.messaging import samples
from tests.integration.messaging.samples import (
    consumer_of,
    effects,
    envelope_of,
    note,
    note_too,
    record,
    relay_to,
)
from tests.outages import stopped
from tests.waiting import eventually, running
from ticketing_app.core import db, redis
from ticketing_app.devstack.stack import Stack
from ticketing_app.messaging import bus, consumer, inbox, outbox, relay

pytestmark = pytest.mark.usefixtures("_effects")


async def has_effects(*users: UUID, handler: str = "note") -> bool:
    return sorted(await effects(handler)) == sorted(users)


class TestDelivery:
    async def test_reaches_every_handler_of_the_event(self) -> None:
        async with running(relay_to(note, note_too).run(), consumer_of(note, note_too).run()):
            user = await record()
            await eventually(lambda: has_effects(user))
            await eventually(lambda: has_effects(user, handler="note_too"))

    async def test_delivers_events_published_before_the_first_consumer(self) -> None:
        async with running(relay_to(note, resend_seconds=60).run()):
            user = await record()
            await eventually(lambda: is_published(1))
            async with running(consumer_of(note).run()):
                await eventually(lambda: has_effects(user))

    async def test_is_nudged_after_the_commit_and_not_only_by_polling(self) -> None:
        slow = relay.Relay(samples.subscribe(note), poll_seconds=60)
        async with running(slow.run(), consumer_of(note).run()):
            await eventually(is_listened_to)
            first = await record()
            await eventually(lambda: has_effects(first), seconds=5)
            second = await record()
            await eventually(lambda: has_effects(first, second), seconds=5)

    async def test_is_nudged_once_for_the_changes_of_a_moment(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await outbox.finish_nudges()
        sent: list[str] = []

        async def publish(channel: str, _message: str) -> None:
            sent.append(channel)

        monkeypatch.setattr(redis, "publish", publish)
        for number in (1, 2):
            for _ in range(3):
                await outbox.nudge()
            await outbox.finish_nudges()
            assert sent == [outbox.NUDGE_CHANNEL] * number

    async def test_takes_effect_once_with_ten_duplicates_and_two_consumers(self) -> None:
        user = await record()
        async with running(relay_to(note).run(), consumer_of(note).run(), consumer_of(note).run()):
            await eventually(lambda: has_effects(user))
            await bus.publish([await envelope_of(user)] * 10)
            last = await record()
            await eventually(lambda: has_effects(user, last))

    async def test_takes_effect_once_with_ten_concurrent_handlers(self) -> None:
        user = await record()
        envelope = await envelope_of(user)
        own = consumer_of(note)
        await asyncio.gather(*(own.handle([note], [envelope]) for _ in range(10)))
        assert await effects() == [user]

    async def test_handles_an_event_once_for_each_handler_that_has_not(self) -> None:
        user = await record()
        envelope = await envelope_of(user)
        own = consumer_of(note, note_too)
        await own.handle([note], [envelope])
        await asyncio.gather(*(own.handle([note_too, note], [envelope]) for _ in range(5)))
        assert await effects() == await effects("note_too") == [user]

    async def test_handles_holds_that_arrive_together_in_one_transaction(self) -> None:
        other = await envelope_of(await record())
        names = ("OrderCreated", "OrderExpired")
        holds = [other.model_copy(update={"name": name}) for name in names]
        keys = [consumer._batch(each) for each in (*holds, other)]
        assert keys == [*names, other.id]

    async def test_handles_an_event_once_that_a_batch_has_twice(self) -> None:
        user = await record()
        await consumer_of(note).handle([note], [await envelope_of(user)] * 2)
        assert await effects() == [user]

    async def test_publishes_events_that_commit_out_of_order(self) -> None:
        late = samples.some_event()
        async with running(relay_to(note).run(), consumer_of(note).run()):
            async with db.transaction() as session:
                outbox.record(session, late)
                await session.flush()  # This assigns its position.
                early = await record()
                await eventually(lambda: has_effects(early))
            await eventually(lambda: has_effects(early, late.user_id))
        positions = await samples.column("SELECT aggregate_id FROM outbox ORDER BY position")
        assert positions == [late.user_id, early]

    async def test_does_not_deliver_rolled_back_events(self) -> None:
        async with running(relay_to(note).run(), consumer_of(note).run()):
            async with db.transaction() as session:
                outbox.record(session, samples.some_event())
                await session.flush()
                await session.rollback()
            kept = await record()
            await eventually(lambda: has_effects(kept))

    async def test_survives_an_unreadable_entry(self) -> None:
        await redis.client().xadd(bus.STREAM, {"event": "no json"})
        async with running(relay_to(note).run(), consumer_of(note).run()):
            user = await record()
            await eventually(lambda: has_effects(user))


class TestLostEvents:
    async def test_is_repaired_after_a_flush_between_relay_and_consumption(self) -> None:
        async with running(relay_to(note).run()):
            user = await record()
            await eventually(lambda: is_published(1))
            await redis.client().flushall()
            async with running(consumer_of(note).run()):
                await eventually(lambda: has_effects(user))

    async def test_is_repaired_ten_times_under_load_with_effect_once(self) -> None:
        users: list[UUID] = []
        async with running(relay_to(note).run(), consumer_of(note).run()):
            for _ in range(10):
                users += await asyncio.gather(*(record() for _ in range(20)))
                await redis.client().flushall()
            await eventually(lambda: has_effects(*users), seconds=30)

    async def test_is_repaired_when_a_consumer_dies_after_fetching(self) -> None:
        async with running(relay_to(note).run()):
            user = await record()
            await eventually(lambda: is_published(1))
            async with redis.blocking_client() as connection:
                await bus.fetch(connection)  # Makes the group.
                assert [envelope.aggregate_id for envelope in await bus.fetch(connection)] == [user]
            async with running(consumer_of(note).run()):
                await eventually(lambda: has_effects(user))

    async def test_does_not_include_unread_events(self) -> None:
        async with running(relay_to(note, resend_seconds=0.1).run()):
            await record()
            await eventually(lambda: is_published(1))
            checks = await redis.client().info("commandstats")
            before = checks["cmdstat_xinfo|groups"]["calls"]

            async def was_checked_often() -> bool:
                stats = await redis.client().info("commandstats")
                return stats["cmdstat_xinfo|groups"]["calls"] > before + 5

            await eventually(was_checked_often)
            assert await redis.client().xlen(bus.STREAM) == 1

    async def test_is_not_checked_once_every_subscriber_acknowledged(self) -> None:
        async with running(relay_to(note).run(), consumer_of(note).run()):
            await record()
            await eventually(is_all_settled)
        assert await redis.client().xlen(bus.STREAM) == 1


class TestFullStream:
    async def test_resends_only_as_much_as_fits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bus, "MAX_LENGTH", 100)
        monkeypatch.setattr(relay, "BATCH", 50)
        events = [samples.some_event() for _ in range(300)]
        async with db.transaction() as session:
            for event in events:
                outbox.record(session, event)
        consumers_away = relay_to(note, resend_seconds=0)
        async with relay._leadership() as connection:
            assert connection
            async with AsyncSession(connection) as session, session.begin():
                await inbox.register(session, consumers_away.subscriptions)
            while await relay.publish_unsent(connection):
                pass
            for _ in range(3):
                await consumers_away._check_deliveries(connection)
                assert await samples.unpublished() == 0
        async with running(relay_to(note).run(), consumer_of(note).run()):
            users = [event.user_id for event in events]
            await eventually(lambda: has_effects(*users), seconds=60)


class TestSubscribers:
    async def test_are_registered_before_the_first_publication(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Otherwise events of a first relay that ended early would reach later subscribers as well.
        registered: list[int] = []

        async def publish(_: object) -> None:
            registered.append(len(await samples.column("SELECT name FROM subscribers")))

        monkeypatch.setattr(bus, "publish", publish)
        await record()
        async with running(relay_to(note).run()):
            await eventually(lambda: bool(registered))
        assert registered[0] == 1

    async def test_added_later_get_only_new_events(self) -> None:
        async with running(relay_to(note).run(), consumer_of(note).run()):
            old = await record()
            await eventually(lambda: has_effects(old))
        await samples.column("UPDATE outbox SET settled_at = NULL RETURNING id")
        async with running(relay_to(note, note_too).run(), consumer_of(note, note_too).run()):
            await eventually(lambda: are_registered(2))
            new = await record()
            await eventually(lambda: has_effects(new, handler="note_too"))
            await eventually(is_all_settled)
        assert await has_effects(old, new)
        assert await has_effects(new, handler="note_too")

    async def test_of_a_new_database_get_all_events(self) -> None:
        user = await record()
        async with running(relay_to(note).run()):
            await eventually(lambda: is_published(1))
            await redis.client().flushall()
            async with running(consumer_of(note).run()):
                await eventually(lambda: has_effects(user))

    async def test_that_were_removed_block_nothing(self) -> None:
        async with db.transaction() as session:
            await inbox.register(session, samples.subscribe(note, note_too))
        async with running(relay_to(note).run(), consumer_of(note).run()):
            await record()
            await eventually(is_all_settled)
            await eventually(lambda: are_registered(1))


class TestDeleteOld:
    async def test_deletes_events_older_than_30_days_with_their_inbox(self) -> None:
        old = await record()
        new = await record()
        for user in (old, new):
            await consumer_of(note).handle([note], [await envelope_of(user)])
        await samples.column(
            "UPDATE outbox SET published_at = now(), settled_at = now() RETURNING id"
        )
        await make_old(old)
        assert await delete_old() == 1
        assert await samples.column("SELECT aggregate_id FROM outbox") == [new]
        assert len(await samples.inbox_rows()) == 1

    async def test_keeps_unsettled_events_and_dead_letters(self) -> None:
        unsent, unread, dead = [await record() for _ in range(3)]
        await samples.column(
            "UPDATE outbox SET published_at = now(),"
            " settled_at = CASE WHEN aggregate_id = :dead THEN now() END"
            " WHERE aggregate_id <> :unsent RETURNING id",
            dead=dead,
            unsent=unsent,
        )
        await samples.column(
            "INSERT INTO inbox (event_id, subscriber, status, attempts)"
            " SELECT id, 'note', 'dead', 9 FROM outbox WHERE aggregate_id = :dead RETURNING event_id",
            dead=dead,
        )
        for user in (unsent, unread, dead):
            await make_old(user)
        assert await delete_old() == 0

    async def test_publishes_new_events_between_batches(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        deleted = 0

        async def delete_without_end(_: object) -> int:
            nonlocal deleted
            deleted += 1
            return relay.BATCH

        monkeypatch.setattr(relay, "delete_old", delete_without_end)
        async with running(relay_to(note).run(), consumer_of(note).run()):
            await eventually(lambda: deleted > 1)
            user = await record()
            await eventually(lambda: has_effects(user))


class TestOutage:
    async def test_of_redis_delays_and_loses_nothing(self, stack: Stack) -> None:
        async with running(relay_to(note).run(), consumer_of(note).run()):
            before = await record()
            await eventually(lambda: has_effects(before))
            with stopped(stack, "redis"):
                meanwhile = await record()
            after = await record()
            await eventually(lambda: has_effects(before, meanwhile, after))

    async def test_of_postgresql_delays_and_loses_nothing(self, stack: Stack) -> None:
        async with running(relay_to(note).run()):
            before = await record()
            await eventually(lambda: is_published(1))
            async with AsyncExitStack() as consuming:
                with stopped(stack, "postgres"):
                    await consuming.enter_async_context(running(consumer_of(note).run()))
                    await eventually(is_all_fetched)
                after = await record()
                await eventually(lambda: has_effects(before, after))


async def is_listened_to() -> bool:
    return (await redis.client().pubsub_numsub(outbox.NUDGE_CHANNEL))[0][1] == 1


async def is_all_fetched() -> bool:
    groups = await redis.client().xinfo_groups(bus.STREAM)
    return bool(groups) and (await bus.get_unread()).length == 0


async def is_published(count: int) -> bool:
    return await redis.client().xlen(bus.STREAM) == count and await samples.unpublished() == 0


async def is_all_settled() -> bool:
    return not await samples.column("SELECT id FROM outbox WHERE settled_at IS NULL")


async def are_registered(count: int) -> bool:
    return len(await samples.column("SELECT name FROM subscribers")) == count


async def make_old(user: UUID) -> None:
    await samples.column(
        "UPDATE outbox SET occurred_at = now() - interval '31 days'"
        " WHERE aggregate_id = :user RETURNING id",
        user=user,
    )


async def delete_old() -> int:
    async with db.engine().connect() as connection:
        return await relay.delete_old(connection)
