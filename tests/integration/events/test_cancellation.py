import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from tests import factories
from tests.factories import read_ticket, recorded_events
from tests.integration.events.delivery import deliver
from tests.integration.events.makers import make_event
from tests.integration.events.test_curation import apply, refusal, ticket_of
from tests.integration.messaging.samples import column
from tests.integration.tickets.searches import execute
from tests.locks import end_or_wait
from ticketing_app.core import db
from ticketing_app.events.rules import EventStatus
from ticketing_app.events.schemas import EventRead
from ticketing_app.events.service import curation, events
from ticketing_app.orders import subscribers as order_subscribers
from ticketing_app.orders.service import event_cancellation
from ticketing_app.orders.service.hold import TicketAlreadyReservedError

pytestmark = pytest.mark.usefixtures("cities")


async def cancel(event: EventRead) -> EventRead:
    cancelled = await apply(curation.cancel_event, event_id=event.id)
    await deliver()
    return cancelled


async def lock(session: AsyncSession, ticket_id: UUID) -> None:
    statement = text("SELECT FROM tickets WHERE id = :id FOR NO KEY UPDATE")
    await (await session.connection()).execute(statement, {"id": ticket_id})


class TestCancelEvent:
    async def test_withdraws_the_unsold(self) -> None:
        event = await make_event()
        ticket, paused = [await ticket_of(event) for _ in range(2)]
        await execute("UPDATE tickets SET status = 'paused' WHERE id = :id", id=paused.id)
        other = await ticket_of(await make_event("Another"))
        assert (await cancel(event)).status is EventStatus.CANCELLED
        assert (await read_ticket(ticket.id)).status == "withdrawn"
        assert (await read_ticket(paused.id)).status == "withdrawn"
        assert (await read_ticket(other.id)).status == "available"
        assert [each["event_id"] for each in await recorded_events("EventCancelled")] == [
            str(event.id)
        ]
        with pytest.raises(TicketAlreadyReservedError, match="off sale"):
            await factories.hold(ticket)

    async def test_ends_payable_orders_without_a_pause(self) -> None:
        event = await make_event()
        ticket = await ticket_of(event)
        buyer = await factories.make_user()
        order = await factories.hold(ticket, buyer)
        await cancel(event)
        assert await column("SELECT status FROM orders WHERE id = :id", id=order.id) == [
            "cancelled"
        ]
        assert await column("SELECT is_excused FROM orders") == [True]
        assert await column("SELECT order_id FROM tickets") == [None]
        [cancelled] = await recorded_events("OrderCancelled")
        # Not available: it must not flash up as free in open pages.
        assert cancelled["ticket_version"] is None

    async def test_keeps_an_order_that_is_being_captured(self) -> None:
        event = await make_event()
        order = await factories.hold(await ticket_of(event))
        await execute(
            "UPDATE tickets SET locked_until = 'infinity' WHERE order_id = :id", id=order.id
        )
        await execute(
            "WITH o AS (UPDATE orders SET status = 'capturing', version = version + 1 RETURNING *), s AS ("
            " INSERT INTO order_steps (order_id, version, status, expires_at, at)"
            " SELECT id, version, status, expires_at, now() FROM o)"
            " INSERT INTO outbox (id, name, schema_version, occurred_at, aggregate_id, aggregate_version, payload)"
            " SELECT gen_random_uuid(), 'OrderUpdated', 1, now(), id, version,"
            " jsonb_build_object('status', status, 'tickets', jsonb_build_array(jsonb_build_object('id', ticket_id)))"
            " FROM o"
        )
        await cancel(event)
        assert await column("SELECT status FROM orders") == ["capturing"]
        assert await column("SELECT order_id FROM tickets") == [order.id]

    async def test_records_a_lapsed_hold_as_expired(self) -> None:
        event = await make_event()
        order = await factories.hold(await ticket_of(event))
        await factories.let_hold_lapse(order.id)
        await cancel(event)
        assert await column("SELECT status FROM orders") == ["expired"]

    async def test_goes_on_in_batches(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(order_subscribers, "BATCH", 2)
        event = await make_event()
        for number in range(5):
            ticket = await ticket_of(event)
            if number % 2:
                await factories.hold(ticket)
        await apply(curation.cancel_event, event_id=event.id)
        assert await deliver() == 3
        assert await column("SELECT count(*) FROM tickets WHERE status = 'withdrawn'") == [5]
        assert set(await column("SELECT status FROM orders")) == {"cancelled"}

    async def test_waits_for_a_refund_of_the_same_seat_without_a_deadlock(self) -> None:
        event = await make_event()
        seller = await factories.make_user()
        before, listed = [await ticket_of(event, seller) for _ in range(2)]
        await factories.withdraw(before, seller)
        relisted = "UPDATE tickets SET previous_ticket_id = :before WHERE id = :id"
        await execute(relisted, before=before.id, id=listed.id)
        order = await factories.hold(listed)
        async with db.transaction() as session:
            # As a refund does: the tickets of the seat, by id.
            await lock(session, before.id)
            cancelling = asyncio.create_task(
                apply(event_cancellation.cancel_batch, event_id=event.id, limit=10)
            )
            await end_or_wait(cancelling)
            await lock(session, listed.id)
        await cancelling
        assert await column("SELECT status FROM orders WHERE id = :id", id=order.id) == [
            "cancelled"
        ]

    async def test_is_repeatable(self) -> None:
        event = await make_event()
        await ticket_of(event)
        await cancel(event)
        again = await cancel(event)
        assert again.version == 2
        assert len(await recorded_events("TicketUpdated")) == 1

    async def test_withdraws_tickets_that_moved_to_a_cancelled_target(self) -> None:
        target = await make_event("Target")
        double = await make_event("Double")
        ticket = await ticket_of(double)
        await apply(curation.merge_events, event_id=double.id, into_id=target.id)
        await apply(curation.cancel_event, event_id=target.id)
        await deliver("EventCancelled")
        await deliver()
        assert (await read_ticket(ticket.id)).status == "withdrawn"


class TestListing:
    async def test_refuses_tickets_of_a_cancelled_or_past_event(self) -> None:
        event = await make_event()
        await cancel(event)
        found = await refusal(events.get_listable, event_id=event.id)
        assert found.status == 409
        assert "cancelled" in found.message
        past = await make_event("Past")
        await execute("UPDATE events SET starts_at = now() WHERE id = :id", id=past.id)
        with pytest.raises(events.EventNotListableError, match="has begun"):
            await ticket_of(past)

    async def test_a_ticket_listed_during_the_cancellation_is_refused_or_withdrawn(self) -> None:
        event = await make_event()
        results = await asyncio.gather(
            *(ticket_of(event) for _ in range(10)),
            apply(curation.cancel_event, event_id=event.id),
            *(ticket_of(event) for _ in range(10)),
            return_exceptions=True,
        )
        unexpected = [
            each
            for each in results
            if isinstance(each, Exception) and not isinstance(each, events.EventNotListableError)
        ]
        assert unexpected == []
        await deliver()
        assert await column("SELECT count(*) FROM tickets WHERE status = 'for_sale'") == [0]
