"""Failing handlers: retries, dead letters and replays."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from tests.integration.messaging import samples
from tests.integration.messaging.samples import (
    consumer_of,
    effects,
    envelope_of,
    note,
    note_and_fail,
    note_too,
    record,
)
from tests.waiting import eventually, running
from ticketing_app.core import db
from ticketing_app.messaging import inbox
from ticketing_app.messaging.catalog import UserCreated

pytestmark = pytest.mark.usefixtures("_effects")

FAILING = inbox.subscriber_name(note_and_fail)


class TestFailure:
    async def test_rolls_back_and_schedules_a_retry(self) -> None:
        envelope = await envelope_of(await record())
        await consumer_of(first_retry_seconds=100).handle([note_and_fail], [envelope])
        [row] = await samples.inbox_rows()
        assert (row.subscriber, row.status, row.attempts) == (FAILING, "retrying", 1)
        assert row.last_error == "HandlerError('no luck today')"
        assert row.next_attempt_at
        assert 40 < (row.next_attempt_at - datetime.now(UTC)).total_seconds() <= 101
        assert await effects("note_and_fail") == []

    async def test_leaves_the_other_handlers_of_the_event(self) -> None:
        user = await record()
        consumer = consumer_of(first_retry_seconds=100)
        await consumer.handle([note, note_and_fail, note_too], [await envelope_of(user)])
        assert await effects("note") == await effects("note_too") == [user]
        assert await effects("note_and_fail") == []
        statuses = {row.subscriber: row.status for row in await samples.inbox_rows()}
        assert statuses.pop(FAILING) == "retrying"
        assert list(statuses.values()) == ["done", "done"]

    async def test_leaves_the_other_events_of_its_batch(self) -> None:
        users = [await record() for _ in range(3)]

        async def note_but_one(session: AsyncSession, event: UserCreated) -> None:
            await (note_and_fail if event.user_id == users[1] else note)(session, event)

        envelopes = [await envelope_of(user) for user in users]
        await consumer_of(first_retry_seconds=100).handle([note_but_one], envelopes)
        assert sorted(await effects()) == sorted([users[0], users[2]])
        statuses = sorted(row.status for row in await samples.inbox_rows())
        assert statuses == ["done", "done", "retrying"]

    async def test_is_not_retried_early_by_a_duplicate(self) -> None:
        envelope = await envelope_of(await record())
        consumer = consumer_of(first_retry_seconds=100)
        await consumer.handle([note_and_fail], [envelope])
        await consumer.handle([note_and_fail], [envelope])
        [row] = await samples.inbox_rows()
        assert row.attempts == 1

    async def test_waits_longer_each_time(self) -> None:
        envelope = await envelope_of(await record())
        consumer = consumer_of(first_retry_seconds=100)
        waits: list[float] = []
        for _ in range(4):
            await consumer.handle([note_and_fail], [envelope])
            await samples.column(
                "UPDATE inbox SET next_attempt_at = now(),"
                " last_error = extract(epoch FROM next_attempt_at - now())::text RETURNING status"
            )
            [row] = await samples.inbox_rows()
            waits.append(float(row.last_error or 0))
        assert 100 <= waits[1] + 1 <= 201
        assert all(150 <= wait + 1 <= 301 for wait in waits[2:])  # The longest wait is 300 s.

    async def test_includes_an_invalid_payload(self) -> None:
        user = await record()
        await samples.column("UPDATE outbox SET payload = '{}' RETURNING id")
        await consumer_of(first_retry_seconds=100).handle([note], [await envelope_of(user)])
        [row] = await samples.inbox_rows()
        assert row.status == "retrying"
        assert "validation error" in str(row.last_error)

    async def test_never_undoes_the_work_of_another_process(self) -> None:
        envelope = await envelope_of(await record())
        await consumer_of().handle([note], [envelope])
        async with db.transaction() as session:
            await inbox.record_failure(
                session,
                subscriber=inbox.subscriber_name(note),
                event_id=envelope.id,
                error="too late",
                first_retry_seconds=1,
            )
        [row] = await samples.inbox_rows()
        assert row.status == "done"

    async def test_takes_effect_once_after_a_retry(self) -> None:
        failures = 3

        async def note_at_last(session: AsyncSession, event: UserCreated) -> None:
            nonlocal failures
            failures -= 1
            await (note_and_fail if failures >= 0 else note)(session, event)

        user = await record()
        async with running(consumer_of(note_at_last).run()):
            await consumer_of().handle([note_at_last], [await envelope_of(user)])
            await eventually(lambda: has_status("done"))
        assert await effects() == [user]
        assert [row.attempts for row in await samples.inbox_rows()] == [4]


class TestDeadLetter:
    async def test_is_kept_after_eight_retries_and_listed_with_its_event(self) -> None:
        user = await record()
        await self._bury(user)
        async with db.transaction() as session:
            [(entry, event)] = await inbox.list_dead_letters(session)
        assert (entry.subscriber, entry.attempts) == (FAILING, 1 + inbox.RETRIES)
        assert entry.last_error == "HandlerError('no luck today')"
        assert (event.name, event.aggregate_id) == ("UserCreated", user)

    async def test_is_not_retried_by_a_duplicate(self) -> None:
        user = await record()
        await self._bury(user)
        await consumer_of().handle([note_and_fail], [await envelope_of(user)])
        assert await has_status("dead")

    async def test_is_handled_when_replayed_after_a_fix(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        user = await record()
        await self._bury(user)
        envelope = await envelope_of(user)
        monkeypatch.setattr(inbox, "subscriber_name", lambda _handler: FAILING)
        async with running(consumer_of(note).run()):  # The handler of that name, repaired.
            async with db.transaction() as session:
                assert await inbox.replay(session, subscriber=FAILING, event_id=envelope.id)
            await eventually(lambda: has_status("done"))
        assert await effects() == [user]

    async def test_refuses_to_replay_other_events(self) -> None:
        envelope = await envelope_of(await record())
        await consumer_of().handle([note], [envelope])
        async with db.transaction() as session:
            name = inbox.subscriber_name(note)
            assert not await inbox.replay(session, subscriber=name, event_id=envelope.id)
            assert not await inbox.replay(session, subscriber="nobody", event_id=db.new_id())
        assert await has_status("done")

    async def _bury(self, user: UUID) -> None:
        async with running(consumer_of(note_and_fail).run()):
            envelope = await envelope_of(user)
            await consumer_of().handle([note_and_fail], [envelope])
            await eventually(lambda: has_status("dead"))


async def has_status(status: str) -> bool:
    return [row.status for row in await samples.inbox_rows()] == [status]
