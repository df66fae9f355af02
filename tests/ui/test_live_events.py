"""Messages to the pages of an event, and what is left of it."""

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


async def sent(pages: Pages, *ticket_ids: UUID) -> list[tuple[str, Facts]]:
    for ticket_id in ticket_ids:
        batches.collect(facts_of(ticket_id), pages.send)
    await asyncio.gather(*batches._batches)
    return pages.sent


def facts_of(ticket_id: UUID, version: int = 2) -> dict[str, Any]:
    return {"ticket": str(ticket_id), "version": version, "status": "locked"}


class TestCollect:
    async def test_sends_the_ticket_and_the_summary(self, pages: Pages) -> None:
        event = await factories.make_event()
        listing = await factories.make_listing("1", "2", event=event)
        room = channels.event_channel(event.id)
        ticket_id = listing.seats[0].ticket_id
        (first, second, third) = await sent(pages, ticket_id)
        assert first == (room, facts_of(ticket_id))
        assert second[1].pop("at") > 0
        assert second == (room, {"event": str(event.id), "left": 2, "cents": 4000})
        assert third == (channels.EVENTS, second[1])

    async def test_sends_the_summary_of_a_named_event(self, pages: Pages) -> None:
        event = await factories.make_event()
        await factories.make_listing("1", "2", event=event)
        batches.collect({"event": str(event.id)}, pages.send)
        await asyncio.gather(*batches._batches)
        assert [room for room, _ in pages.sent] == [
            channels.event_channel(event.id),
            channels.EVENTS,
        ]
        assert pages.sent[0][1]["left"] == 2

    async def test_sold_out_event_has_no_price(self, pages: Pages) -> None:
        event = await factories.make_event()
        listing = await factories.make_listing("1", event=event)
        ticket = await factories.read_ticket(listing.seats[0].ticket_id)
        await factories.hold(ticket)
        await sent(pages, ticket.id)
        (facts,) = pages.summaries(channels.EVENTS)
        assert (facts["left"], facts["cents"]) == (0, None)

    async def test_sends_one_summary_per_event(self, pages: Pages) -> None:
        event = await factories.make_event()
        listing = await factories.make_listing("1", "2", "3", event=event)
        await sent(pages, *(seat.ticket_id for seat in listing.seats))
        assert len(pages.summaries(channels.EVENTS)) == 1
        assert len(pages.sent) == 5

    async def test_ignores_tickets_without_an_event(self, pages: Pages) -> None:
        ticket = await factories.make_ticket()
        assert await sent(pages, ticket.id) == []

    async def test_repeats_a_batch_that_failed(
        self, pages: Pages, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        event = await factories.make_event()
        listing = await factories.make_listing("1", event=event)
        read = batches._read
        failures = iter([ConnectionError])

        async def fail_once(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # as `_read`.
            for failure in failures:
                raise failure
            return await read(*args, **kwargs)

        monkeypatch.setattr(batches, "_read", fail_once)
        await sent(pages, listing.seats[0].ticket_id)
        assert len(pages.summaries(channels.EVENTS)) == 1
