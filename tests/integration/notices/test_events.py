from datetime import datetime

import pytest

from tests import factories
from tests.integration.events.delivery import deliver
from tests.integration.events.test_curation import apply
from tests.integration.notices import sends
from tests.integration.payments import sales
from ticketing_app.core import db
from ticketing_app.events.schemas import EventRead, VenueUpdate
from ticketing_app.events.service import curation
from ticketing_app.notices import repository, subscribers
from ticketing_app.notices.service import preparing
from ticketing_app.notices.views.facts import EventFacts

TOMORROW = datetime(2099, 5, 2, 20)  # noqa: DTZ001  # local times have no zone.

pytestmark = pytest.mark.usefixtures("stripe_books")


async def sale_of(event: EventRead) -> sales.Sale:
    ticket = await factories.make_ticket(eventId=str(event.id))
    sale = await sales.start_sale(ticket)
    await sales.pay(sale)
    return sale


async def told() -> list[tuple[str, str]]:
    rows = await sends.column(
        "SELECT kind || ' ' || user_id FROM notices WHERE kind LIKE 'event%' ORDER BY id"
    )
    return [tuple(row.split()) for row in rows]


async def facts() -> list[EventFacts | None]:
    found: list[EventFacts | None] = []
    for send_id in await sends.column(
        "SELECT s.id FROM sends s JOIN notices n ON n.id = s.notice_id WHERE kind LIKE 'event%'"
        " ORDER BY s.id"
    ):
        async with db.transaction() as session:
            mail = await repository.get_due_mail(session, send_id)
            assert mail
            prepared = await preparing.prepare(session, mail)
        assert prepared is None or isinstance(prepared, EventFacts)
        found.append(prepared)
    return found


class TestEventChanged:
    async def test_mails_buyers_the_new_and_the_old_time(self) -> None:
        event = await factories.make_event()
        sale = await sale_of(event)
        await factories.hold(await factories.make_ticket(eventId=str(event.id)))
        await apply(curation.move_event, event_id=event.id, starts_local=TOMORROW)
        await deliver("EventChanged")
        kinds = [kind for kind, _ in await told()]
        assert kinds == ["event_changed", "event_changed"]
        assert ("event_changed", str(sale.buyer.id)) in await told()
        prepared = await facts()
        assert {each.old_starts_at for each in prepared if each} == {event.starts_at}
        assert {each.starts_at for each in prepared if each} != {event.starts_at}
        assert str(sale.order.id) in {str(each.order_id) for each in prepared if each}

    async def test_mails_the_new_venue(self) -> None:
        event = await factories.make_event()
        await sale_of(event)
        change = VenueUpdate(name="Riverside Arena")
        await apply(curation.correct_venue, venue_id=event.venue.id, changes=change)
        await apply(curation.refresh_events, venue_id=event.venue.id, limit=10)
        await deliver("EventChanged")
        [prepared] = await facts()
        assert prepared
        assert (prepared.venue, prepared.old_venue) == ("Riverside Arena", event.venue.name)
        assert prepared.old_starts_at is None

    async def test_says_nothing_of_a_merge_into_the_same(self) -> None:
        event = await factories.make_event()
        await sale_of(event)
        twin = await factories.make_event(starts_at=event.starts_at)
        await sends.column(
            "UPDATE events SET venue = :venue WHERE id = :id RETURNING id",
            venue=event.venue.name,
            id=twin.id,
        )
        await apply(curation.merge_events, event_id=event.id, into_id=twin.id)
        await deliver("EventChanged")
        assert await told() == []

    async def test_says_nothing_after_the_order_is_over(self) -> None:
        event = await factories.make_event()
        await sales.refund_sale(await sale_of(event))
        await apply(curation.move_event, event_id=event.id, starts_local=TOMORROW)
        await deliver("EventChanged")
        assert await told() == []

    async def test_cancellation_replaces_the_mail(self) -> None:
        event = await factories.make_event()
        await sale_of(event)
        await apply(curation.move_event, event_id=event.id, starts_local=TOMORROW)
        await deliver("EventChanged")
        await apply(curation.cancel_event, event_id=event.id)
        assert await facts() == [None]


class TestEventCancelled:
    async def test_tells_buyers_and_sellers_once(self) -> None:
        event = await factories.make_event()
        sale = await sale_of(event)
        unsold = await factories.make_ticket(eventId=str(event.id))
        for _ in range(2):
            await apply(curation.cancel_event, event_id=event.id)
            await deliver("EventCancelled")
        people = {str(sale.buyer.id), str(sale.ticket.seller_id), str(unsold.seller_id)}
        rows = await told()
        assert {user_id for _, user_id in rows} == people
        assert len(rows) == 3
        roles = sorted((bool(each.order_id), each.is_seller) for each in await facts() if each)
        assert roles == [(False, True), (False, True), (True, False)]

    async def test_tells_all_in_batches(self, monkeypatch: pytest.MonkeyPatch) -> None:
        event = await factories.make_event()
        for _ in range(3):
            await factories.make_ticket(eventId=str(event.id))
        monkeypatch.setattr(subscribers, "BATCH", 2)
        await apply(curation.cancel_event, event_id=event.id)
        await deliver("EventCancelled")
        assert len(await told()) == 3
