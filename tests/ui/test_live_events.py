"""Summaries of events: what is left of them."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import pytest

from tests import factories
from ticketing_app.ui.live import batches, channels
from ticketing_app.ui.live.messages import Facts

pytestmark = pytest.mark.usefixtures("database")


class Pages:
    """Collects what would be sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Facts]] = []

    async def send(self, channel: str, facts: Facts) -> None:
        self.sent.append((channel, facts))

    def summaries(self, channel: str) -> list[Facts]:
        return [facts for room, facts in self.sent if room == channel and "event" in facts]


@pytest.fixture
async def pages(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Pages]:
    monkeypatch.setattr(batches, "PAUSE_SECONDS", 0)
    yield Pages()
    await asyncio.gather(*batches._batches)
    assert not batches._changed


async def sent(pages: Pages, *event_ids: UUID) -> list[tuple[str, Facts]]:
    for event_id in event_ids:
        batches.collect(("event", event_id), pages.send)
    await asyncio.gather(*batches._batches)
    return pages.sent


class TestCollect:
    async def test_sends_the_summary(self, pages: Pages) -> None:
        event = await factories.make_event()
        await factories.make_listing("1", "2", event=event)
        (first, second) = await sent(pages, event.id)
        assert first[1].pop("at") > 0
        facts = {"event": str(event.id), "left": 2, "cents": 4000}
        assert first == (channels.event_channel(event.id), facts)
        assert second == (channels.EVENTS, first[1])

    async def test_sold_out_event_has_no_price(self, pages: Pages) -> None:
        event = await factories.make_event()
        listing = await factories.make_listing("1", event=event)
        await factories.hold(await factories.read_ticket(listing.seats[0].ticket_id))
        await sent(pages, event.id)
        (facts,) = pages.summaries(channels.EVENTS)
        assert (facts["left"], facts["cents"]) == (0, None)

    async def test_sends_one_summary_per_event(self, pages: Pages) -> None:
        event = await factories.make_event()
        await sent(pages, event.id, event.id, event.id)
        assert len(pages.summaries(channels.EVENTS)) == 1

    async def test_repeats_a_batch_that_failed(
        self, pages: Pages, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        event = await factories.make_event()
        read = batches._read
        failures = iter([ConnectionError])

        async def fail_once(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # as `_read`.
            for failure in failures:
                raise failure
            return await read(*args, **kwargs)

        monkeypatch.setattr(batches, "_read", fail_once)
        await sent(pages, event.id)
        assert len(pages.summaries(channels.EVENTS)) == 1
