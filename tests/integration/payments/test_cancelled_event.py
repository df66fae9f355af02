"""Orders of a cancelled event are refunded once, even if a worker dies meanwhile."""

from typing import cast
from uuid import UUID

import pytest
from sqlalchemy import text

from tests import factories
from tests.integration.payments import emulator, groups, sales
from ticketing_app.core import db, queues
from ticketing_app.core.queues import RegisteredJob
from ticketing_app.events.service import curation
from ticketing_app.messaging.catalog import EventCancelled
from ticketing_app.orders.service import order_payment
from ticketing_app.payments import jobs, subscribers
from ticketing_app.payments.service import cancelled_event
from ticketing_app.tickets.schemas.tickets import TicketRead

pytestmark = pytest.mark.usefixtures("database")

PAID = ("completed", "completed")
REFUNDING = ("refunding", "completed")
REFUNDED = ("refunded", "completed")


async def run(statement: str, **values: object) -> None:
    async with db.autocommit() as connection:
        await connection.execute(text(statement), values)


async def cancel(event_id: UUID) -> None:
    await run("UPDATE events SET status = 'cancelled' WHERE id = :id", id=event_id)


async def join(event_id: UUID, *tickets: TicketRead) -> None:
    values = {"event": event_id, "ids": [ticket.id for ticket in tickets]}
    await run("UPDATE tickets SET event_id = :event WHERE id = ANY(:ids)", **values)
    await run(
        "UPDATE listings SET event_id = :event WHERE id IN"
        " (SELECT listing_id FROM tickets WHERE id = ANY(:ids))",
        **values,
    )


async def refund_event(event_id: UUID) -> int:
    return await cancelled_event.refund_event(db.transaction, event_id=event_id)


async def test_refunds_paid_orders_and_no_others() -> None:
    event_id = (await factories.make_event()).id
    single = await sales.sell()
    other = await sales.sell()
    held = await sales.start_sale()
    pair, tickets = await groups.sell(2)
    await join(event_id, single.ticket, held.ticket, *tickets)
    await cancel(event_id)
    assert await refund_event(event_id) == 2
    assert await refund_event(event_id) == 0
    assert [await sales.statuses(sale) for sale in (single, pair)] == [REFUNDING] * 2
    await sales.sweep()
    assert [await sales.statuses(sale) for sale in (single, pair)] == [REFUNDED] * 2
    assert await sales.statuses(other) == PAID
    assert await sales.statuses(held) == ("created", "created")
    assert len((await emulator.books())["refunds"]) == 2


async def test_begins_with_the_cancellation() -> None:
    event = await factories.make_event()
    sale = await sales.sell()
    await join(event.id, sale.ticket)
    async with db.transaction() as session:
        await curation.cancel_event(session, event_id=event.id)
    (facts,) = await factories.recorded_events("EventCancelled")
    async with db.transaction() as session:
        await subscribers.on_event_cancelled(session, EventCancelled.model_validate(facts))
    (job,) = cast("list[RegisteredJob]", queues.get_queue(queues.DEFAULT).jobs)
    await job.run()
    assert await sales.statuses(sale) == REFUNDING
    await sales.sweep()


async def test_goes_on_after_its_death() -> None:
    event_id = (await factories.make_event()).id
    sold = [await sales.sell() for _ in range(3)]
    await join(event_id, *[sale.ticket for sale in sold])
    await cancel(event_id)
    with pytest.MonkeyPatch.context() as patch:
        original = order_payment.get_payable
        calls: list[UUID] = []

        async def die_at_the_second(session: object, *, order_id: UUID, **named: object) -> object:
            calls.append(order_id)
            if len(set(calls)) > 1:
                raise ZeroDivisionError
            return await original(session, order_id=order_id, **named)  # pyright: ignore[reportArgumentType]

        patch.setattr(order_payment, "get_payable", die_at_the_second)
        with pytest.raises(ZeroDivisionError):
            await refund_event(event_id)
    statuses = [await sales.statuses(sale) for sale in sold]
    assert statuses.count(REFUNDING) == 1
    await jobs.refund_cancelled_events()
    await sales.sweep()
    assert [await sales.statuses(sale) for sale in sold] == [REFUNDED] * 3
    assert len((await emulator.books())["refunds"]) == 3


async def test_refunds_an_order_that_was_claimed_before() -> None:
    event_id = (await factories.make_event()).id
    sale = await sales.start_sale()
    await join(event_id, sale.ticket)
    await sales.press_pay(sale)
    await emulator.enter_card(sale.secret)
    async with db.transaction() as session:
        assert await order_payment.claim_for_capture(session, order_id=sale.order.id)
    await cancel(event_id)
    assert await refund_event(event_id) == 0
    assert (await sales.settle_sale(sale)).status in {"refunding", "refunded"}
    await sales.sweep()
    assert await sales.statuses(sale) == REFUNDED
    assert await sales.open_alerts() == []


async def test_refunds_each_sale_of_a_seat_without_an_alert() -> None:
    event_id = (await factories.make_event()).id
    first = await sales.sell()
    second = await sales.sell(await sales.relist(first.ticket, first.buyer))
    await join(event_id, first.ticket, second.ticket)
    await cancel(event_id)
    assert await refund_event(event_id) == 2
    await sales.sweep()
    assert [await sales.statuses(sale) for sale in (first, second)] == [REFUNDED] * 2
    assert await sales.open_alerts() == []


async def test_leaves_failed_refunds_to_operators() -> None:
    event_id = (await factories.make_event()).id
    sale, tickets = await groups.sell(2, emulator.REFUND_FAILS)
    await join(event_id, *tickets)
    await groups.refund_items(sale, tickets[0])
    await emulator.set_refund_delay(0)
    await sales.deliver_webhooks("refund.failed")
    await emulator.set_refund_delay(0.2)
    await cancel(event_id)
    assert [await refund_event(event_id), await refund_event(event_id)] == [1, 0]
    rows = await sales.refund_rows(sale)
    assert [row["ticket_ids"] for row in rows] == [[tickets[0].id], [tickets[1].id]]


async def test_refunds_the_rest_after_a_part_was_given_back_by_hand() -> None:
    event_id = (await factories.make_event()).id
    sale, tickets = await groups.sell(2)
    await join(event_id, *tickets)
    await groups.refund_items(sale, tickets[0])
    await emulator.refund_in_dashboard(sale.secret, cents=1000)
    await sales.deliver_webhooks("charge.refunded")
    await cancel(event_id)
    assert await refund_event(event_id) == 1
    await sales.sweep()
    assert await sales.statuses(sale) == REFUNDED
