"""Messages to the pages of an account: the number of its unread notices."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import pytest

from tests import factories
from tests.integration.notices.bell import make_notice
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.messaging.bus import Envelope
from ticketing_app.messaging.catalog import DomainEvent, NoticeCreated, NoticesRead
from ticketing_app.notices.service import reading
from ticketing_app.ui.live import batches, broadcast, channels
from ticketing_app.ui.live.messages import Facts, merge

pytestmark = pytest.mark.usefixtures("database")


class Pages:
    """Collects what would be sent; only accounts in `open` have a page."""

    def __init__(self) -> None:
        self.open: set[str] = set()
        self.sent: list[tuple[str, Facts]] = []

    def has_page(self, channel: str) -> bool:
        return channel in self.open

    async def send(self, channel: str, facts: Facts) -> None:
        self.sent.append((channel, facts))

    @property
    def counts(self) -> dict[str, int]:
        return {channel: facts["notices"] for channel, facts in self.sent}


@pytest.fixture
async def pages(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Pages]:
    pages = Pages()
    monkeypatch.setattr(batches, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(channels, "count_pages", lambda: 1)
    monkeypatch.setattr(channels, "has_page", pages.has_page)
    monkeypatch.setattr(broadcast, "_send_or_collect", pages.send)
    yield pages
    await finish()
    assert not batches._changed


async def finish() -> None:
    await asyncio.gather(*batches._batches)


async def deliver(event: DomainEvent) -> None:
    await broadcast._deliver(
        Envelope(
            id=db.new_id(),
            name=type(event).__name__,
            schema_version=1,
            occurred_at=utc_now(),
            aggregate_id=event.aggregate_id,
            aggregate_version=event.aggregate_version,
            correlation_id=None,
            published_at=None,
            payload=event.model_dump(mode="json"),
        )
    )


def created(user_id: UUID) -> NoticeCreated:
    facts = {"notice_id": db.new_id(), "user_id": user_id, "kind": "sold"}
    return NoticeCreated.model_validate(facts)


class TestDeliver:
    async def test_sends_the_count_to_the_pages_of_its_account(self, pages: Pages) -> None:
        user, other = await factories.make_user(), await factories.make_user()
        room = channels.notices_channel(user.id)
        pages.open = {room, channels.notices_channel(other.id)}
        await make_notice(user)
        await make_notice(user)
        await deliver(created(user.id))
        await finish()
        ((channel, facts),) = pages.sent
        assert (channel, facts["notices"]) == (room, 2)
        assert facts["at"] > 0

    async def test_sends_zero_after_the_last_was_read(self, pages: Pages) -> None:
        user = await factories.make_user()
        notice_id = await make_notice(user)
        pages.open = {channels.notices_channel(user.id)}
        async with db.transaction() as session:
            await reading.mark_read(session, user_id=user.id, notice_id=notice_id)
        await deliver(NoticesRead(user_id=user.id, notice_id=notice_id))
        await finish()
        assert pages.counts == {channels.notices_channel(user.id): 0}

    async def test_does_not_count_without_an_open_page(
        self, pages: Pages, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reading, "count_unread", None)
        await deliver(created((await factories.make_user()).id))
        await finish()
        assert pages.sent == []

    async def test_counts_once_for_several_accounts(self, pages: Pages) -> None:
        users = [await factories.make_user() for _ in range(3)]
        pages.open = {channels.notices_channel(user.id) for user in users}
        for user in users:
            await make_notice(user)
            batches.collect(("account", user.id), pages.send)
            batches.collect(("account", user.id), pages.send)
        await finish()
        assert pages.counts == dict.fromkeys(pages.open, 1)
        assert len(pages.sent) == len(users)

    async def test_counts_a_change_in_the_last_step_of_a_batch(self, pages: Pages) -> None:
        first, second = await factories.make_user(), await factories.make_user()
        pages.open = {channels.notices_channel(user.id) for user in (first, second)}
        batches.collect(("account", first.id), pages.send)
        (batch,) = batches._batches
        while not batch.done():  # noqa: ASYNC110  # to act in its last step.
            await asyncio.sleep(0)
        batches.collect(("account", second.id), pages.send)
        await finish()
        assert pages.counts == dict.fromkeys(pages.open, 0)

    async def test_repeats_a_count_that_failed(
        self, pages: Pages, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        user = await factories.make_user()
        pages.open = {channels.notices_channel(user.id)}
        count, failures = reading.count_unread, iter([ConnectionError])

        async def fail_once(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # as `count_unread`.
            for failure in failures:
                raise failure
            return await count(*args, **kwargs)

        monkeypatch.setattr(reading, "count_unread", fail_once)
        batches.collect(("account", user.id), pages.send)
        await finish()
        assert pages.counts == {channels.notices_channel(user.id): 0}


def test_newest_count_replaces_a_collected_one() -> None:
    collected: dict[str, Facts] = {}
    merge(collected, {"notices": 1, "at": 1})
    merge(collected, {"notices": 2, "at": 2})
    assert list(collected.values()) == [{"notices": 2, "at": 2}]
