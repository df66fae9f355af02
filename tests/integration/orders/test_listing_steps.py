"""Steps of an order of several tickets: all or none."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from contextlib import suppress
from uuid import UUID

import pytest
from sqlalchemy import text

from tests import factories
from tests.integration.orders.listing_holds import (
    cancel,
    expire,
    ids,
    set_status,
    status,
    statuses,
)
from tests.integration.payments import sales
from tests.integration.payments.sales import Sale
from tests.locks import end_or_wait
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.messaging.catalog import CATALOG
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.schemas import OrderRead
from ticketing_app.orders.service import order_payment, release
from ticketing_app.orders.service.refusals import (
    HoldCooldownError,
    NotEnoughLeftError,
    SplitRefusedError,
    TicketAlreadyReservedError,
    TooManyHoldsError,
)
from ticketing_app.tickets.rules import Availability, Split
from ticketing_app.tickets.service import lease as leases
from ticketing_app.tickets.service.tickets import TicketNotChangeableError, get_ticket

pytestmark = pytest.mark.usefixtures("database")


class TestTakeover:
    async def test_of_a_part_releases_the_rest(self) -> None:
        tickets = await factories.make_tickets_together(seats=3)
        first = await factories.hold_tickets(tickets[:2])
        await factories.let_hold_lapse(first.id)
        second = await factories.hold_tickets(tickets[1:])
        assert await status(first.id) is OrderStatus.EXPIRED
        assert await statuses(tickets) == ["available", "locked", "locked"]
        (event,) = await factories.recorded_events("OrderExpired")
        parsed = CATALOG["OrderExpired"].model_validate(event)
        assert parsed.aggregate_id == first.id
        assert event["tickets"] == [
            {"id": str(tickets[0].id), "version": 3},
            {"id": str(tickets[1].id), "version": None},
        ]
        assert (event["ticket_id"], event["ticket_version"]) == (str(tickets[0].id), 3)
        assert ids(second) == [tickets[1].id, tickets[2].id]

    async def test_closes_all_orders_at_once(self) -> None:
        tickets = await factories.make_tickets_together(seats=3)
        lapsed = [await factories.hold_tickets([ticket]) for ticket in tickets]
        for order in lapsed:
            await factories.let_hold_lapse(order.id)
        assert (await factories.hold_best(tickets, 3)).quantity == 3
        assert {await status(order.id) for order in lapsed} == {OrderStatus.EXPIRED}
        events = await factories.recorded_events("OrderExpired")
        assert {event["order_id"] for event in events} == {str(order.id) for order in lapsed}

    async def test_leaves_a_late_timer_or_cancel_nothing_to_do(self) -> None:
        tickets = await factories.make_tickets_together(seats=3)
        buyer = await factories.make_user()
        first = await factories.hold_tickets(tickets[:2], buyer)
        await factories.let_hold_lapse(first.id)
        await factories.hold_tickets(tickets[1:])
        assert await expire() == 0
        await cancel(first, buyer)
        assert await statuses(tickets) == ["available", "locked", "locked"]

    async def test_does_not_put_a_paused_ticket_on_sale(self) -> None:
        tickets = await factories.make_tickets_together(seats=2)
        first = await factories.hold_tickets(tickets)
        await set_status(tickets[:1], "paused")
        await factories.let_hold_lapse(first.id)
        await factories.hold(tickets[1])
        assert await statuses(tickets) == ["paused", "locked"]
        (event,) = await factories.recorded_events("OrderExpired")
        assert [each["version"] for each in event["tickets"]] == [None, None]
        await set_status(tickets, "paused")  # Listings are never paused in part.

    async def test_keeps_a_running_hold(self) -> None:
        tickets = await factories.make_tickets_together(seats=3)
        first = await factories.hold_tickets(tickets[:2])
        with pytest.raises(TicketAlreadyReservedError):
            await factories.hold_tickets(tickets[1:])
        assert await status(first.id) is OrderStatus.CREATED


class TestOrderOfLocks:
    """Tickets before orders: a step that waits for a ticket has no lock on its order yet."""

    async def test_of_a_cancellation_begins_with_the_whole_listing(self) -> None:
        tickets = await factories.make_tickets_together(seats=3)
        buyer = await factories.make_user()
        order = await factories.hold_tickets(tickets[:2], buyer)
        for ticket in tickets:
            assert await is_order_free(ticket.id, order.id, cancel(order, buyer))

    @pytest.mark.usefixtures("stripe_books")
    async def test_of_a_dispute_begins_with_the_later_listing(self) -> None:
        sale = await sales.sell()
        again = await sales.relist(sale.ticket, sale.buyer)
        together = await factories.make_tickets_together(sale.buyer, seats=1)
        join = text(
            "UPDATE tickets SET listing_id = :listing, position = 9, is_front = false WHERE id = :id"
        )
        async with db.autocommit() as connection:
            values = {"listing": together[0].listing_id, "id": again.id}
            await connection.execute(join, values)

        async def dispute() -> None:
            async with db.transaction() as session:
                await order_payment.follow_dispute(session, order_id=sale.order.id, is_open=False)

        for ticket in (sale.ticket, again, together[0]):
            assert await is_order_free(ticket.id, sale.order.id, dispute())


async def is_order_free(ticket_id: UUID, order_id: UUID, step: Coroutine[None, None, None]) -> bool:
    """Whether the order is not locked while `step` waits for the ticket."""
    async with db.transaction() as session:
        connection = await session.connection()
        lock = text("SELECT FROM tickets WHERE id = :id FOR NO KEY UPDATE")
        await connection.execute(lock, {"id": ticket_id})
        task = asyncio.create_task(step)
        await end_or_wait(task)
        assert not task.done()
        free = text(
            "SELECT count(*) FROM (SELECT FROM orders WHERE id = :id FOR UPDATE SKIP LOCKED) o"
        )
        count = await connection.scalar(free, {"id": order_id})
        await session.rollback()
    await task
    return count == 1


class TestLeavingTheListing:
    async def test_waits_until_a_lapsed_hold_is_closed(self) -> None:
        seller = await factories.make_user()
        tickets = await factories.make_tickets_together(seller, seats=2)
        order = await factories.hold_tickets(tickets)
        await factories.let_hold_lapse(order.id)
        with pytest.raises(TicketNotChangeableError):
            await factories.change_ticket(tickets[0], seller, price=50)
        assert await expire() == 1
        loose = await factories.change_ticket(tickets[0], seller, price=50)
        assert (loose.listing_id, loose.price_cents) == (None, 5000)


class TestLimits:
    async def test_count_orders(self, change_settings: Callable[..., None]) -> None:
        change_settings(max_open_holds=2)
        buyer = await factories.make_user()
        for _ in range(2):
            await factories.hold_best(await factories.make_tickets_together(), 3, buyer)
        with pytest.raises(TooManyHoldsError):
            await factories.hold_best(await factories.make_tickets_together(), 1, buyer)

    async def test_pause_is_of_the_listing(self) -> None:
        tickets = await factories.make_tickets_together()
        buyer = await factories.make_user()
        order = await factories.hold_tickets(tickets[:2], buyer)
        await factories.let_time_pass(tickets[0].id, 899)
        await cancel(order, buyer)
        for held in (factories.hold(tickets[3], buyer), factories.hold_best(tickets, 2, buyer)):
            with pytest.raises(HoldCooldownError):
                await held
        await factories.hold_best(await factories.make_tickets_together(), 2, buyer)
        await factories.hold(await factories.make_ticket(), buyer)


class TestAllOrNone:
    """Every step of an order is one of all its tickets."""

    async def test_release_frees_all(self) -> None:
        tickets = await factories.make_tickets_together(seats=2)
        buyer = await factories.make_user()
        order = await factories.hold_tickets(tickets, buyer)
        await cancel(order, buyer)
        assert await statuses(tickets) == ["available", "available"]
        (event,) = await factories.recorded_events("OrderCancelled")
        assert [each["version"] for each in event["tickets"]] == [3, 3]

    async def test_release_leaves_a_paused_ticket_off_sale(self) -> None:
        tickets = await factories.make_tickets_together(seats=2)
        buyer = await factories.make_user()
        order = await factories.hold_tickets(tickets, buyer)
        await set_status(tickets[:1], "paused")
        await cancel(order, buyer)
        assert await statuses(tickets) == ["paused", "available"]
        (event,) = await factories.recorded_events("OrderCancelled")
        assert [each["version"] for each in event["tickets"]] == [None, 3]
        assert event["ticket_version"] is None
        await set_status(tickets, "paused")  # As above.

    @pytest.mark.usefixtures("stripe_books")
    async def test_paused_tickets_may_be_paid_by_their_holder(self) -> None:
        tickets = await factories.make_tickets_together(seats=2)
        buyer = await factories.make_user()
        order = await factories.hold_tickets(tickets, buyer)
        await set_status(tickets, "paused")
        await sales.pay(Sale(buyer, tickets[0], order, await sales.open_payment(order, buyer)))
        assert await statuses(tickets) == ["sold", "sold"]
        (event,) = await factories.recorded_events("OrderCompleted")
        assert [each["version"] for each in event["tickets"]] == [5, 5]

    async def test_grace_extends_all_leases(self) -> None:
        tickets = await factories.make_tickets_together(seats=2)
        order = await factories.hold_tickets(tickets)
        await factories.let_hold_lapse(order.id, seconds_ago=-5)
        async with db.transaction() as session:
            extended = await order_payment.start_confirming(session, order_id=order.id)
        ends = [(await factories.read_ticket(each.id)).locked_until for each in tickets]
        assert ends == [extended.expires_at] * 2
        assert extended.quantity == 2

    async def test_a_lease_that_ended_stops_the_claim(self) -> None:
        tickets = await factories.make_tickets_together(seats=2)
        order = await factories.hold_tickets(tickets)
        async with db.transaction() as session:
            ended = text("UPDATE tickets SET locked_until = now() WHERE id = :id")
            await (await session.connection()).execute(ended, {"id": tickets[1].id})
            assert not await order_payment.claim_for_capture(session, order_id=order.id)
            (lease,) = await leases.release(session, ticket_ids=[tickets[0].id], order_id=order.id)
            # Changed by this release only.
            assert lease.version == tickets[0].version + 2
            await session.rollback()

    async def test_a_ticket_that_is_gone_gives_the_captured_order_up(self) -> None:
        tickets = await factories.make_tickets_together(seats=2)
        order = await factories.hold_tickets(tickets)
        async with db.transaction() as session:
            assert await order_payment.claim_for_capture(session, order_id=order.id)
            taken = text("UPDATE tickets SET order_id = gen_random_uuid() WHERE id = :id")
            await (await session.connection()).execute(taken, {"id": tickets[1].id})
            ended = await order_payment.complete_order(session, order_id=order.id)
            assert ended is OrderStatus.REFUNDING
            shown = [await get_ticket(session, ticket_id=ticket.id) for ticket in tickets]
            assert [ticket.status for ticket in shown] == ["withdrawn", "locked"]
            await session.rollback()

    async def test_expiry_waits_for_all_rows(self) -> None:
        tickets = await factories.make_tickets_together(seats=2)
        order = await factories.hold_tickets(tickets)
        await factories.let_hold_lapse(order.id)
        async with db.transaction() as session:
            lock = text("SELECT FROM tickets WHERE id = :id FOR NO KEY UPDATE")
            await (await session.connection()).execute(lock, {"id": tickets[1].id})
            assert await expire() == 0
        assert await expire() == 1
        assert await statuses(tickets) == ["available", "available"]

    async def test_expiry_leaves_an_order_that_was_extended_meanwhile(self) -> None:
        tickets = await factories.make_tickets_together(seats=2)
        order = await factories.hold_tickets(tickets)
        await factories.let_hold_lapse(order.id)
        async with db.transaction() as session:
            assert len(await release.repository.list_due(session, 10)) == 1
            await factories.let_hold_lapse(order.id, seconds_ago=-60)
            assert await release.repository.expire(session, [order.id]) == []


@pytest.mark.races
class TestRace:
    async def test_overlapping_sets_have_winners_that_do_not_overlap(
        self, change_settings: Callable[..., None]
    ) -> None:
        change_settings(hold_limit_per_minute=0)
        buyers = [await factories.make_user() for _ in range(12)]
        tickets = await factories.make_tickets_together(seats=10)
        for start in range(8):
            wanted = [tickets[start : start + 3] for _ in buyers]
            results = await asyncio.gather(
                *[factories.hold_tickets(*each) for each in zip(wanted, buyers, strict=True)],
                *[expire() for _ in range(2)],
                return_exceptions=True,
            )
            won = [each for each in results if isinstance(each, OrderRead)]
            assert len(won) == 1
            assert all(
                isinstance(each, int | OrderRead | TicketAlreadyReservedError) for each in results
            )
            await factories.let_hold_lapse(won[0].id, seconds_ago=0)

    async def test_releases_lapses_and_takeovers_leave_nothing_locked(
        self, change_settings: Callable[..., None]
    ) -> None:
        change_settings(hold_limit_per_minute=0, hold_cooldown_seconds=0, max_open_holds=0)
        tickets = await factories.make_tickets_together(seats=10, split=Split.NO_SINGLE)
        buyers = [await factories.make_user() for _ in range(12)]
        chance = random.Random(18)  # The same choices each time.

        async def trade(buyer: UserRead) -> None:
            for _ in range(4):
                wanted = chance.sample(tickets, chance.randint(1, 4))
                is_chosen = chance.random() < 0.5
                with suppress(TicketAlreadyReservedError, NotEnoughLeftError, SplitRefusedError):
                    order = await (
                        factories.hold_tickets(wanted, buyer)
                        if is_chosen
                        else factories.hold_best(tickets, len(wanted), buyer)
                    )
                    if chance.random() < 0.4:
                        await cancel(order, buyer)
                    else:
                        await factories.let_hold_lapse(order.id, seconds_ago=0)
                await expire()

        await asyncio.gather(*[trade(buyer) for buyer in buyers])
        await expire()
        assert set(await statuses(tickets)) == {Availability.AVAILABLE}
