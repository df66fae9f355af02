"""The hold: one buyer gets the ticket, with real concurrent connections."""

import asyncio
from collections import Counter
from collections.abc import Callable
from uuid import UUID

import pytest

from tests import factories
from ticketing_app.core import db
from ticketing_app.core.settings import get_settings
from ticketing_app.messaging.catalog import CATALOG
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.schemas import OrderRead
from ticketing_app.orders.service import order_payment, release
from ticketing_app.orders.service.access import OrderNotFoundError
from ticketing_app.orders.service.order_payment import OrderNotPayableError
from ticketing_app.orders.service.refusals import (
    EventBegunError,
    OwnTicketError,
    TicketAlreadyReservedError,
    TooLateError,
    TooManyHoldsError,
)
from ticketing_app.orders.service.release import OrderNotCancellableError
from ticketing_app.tickets.rules import Availability
from ticketing_app.tickets.schemas.tickets import TicketRead, TicketUpdate
from ticketing_app.tickets.service import tickets
from ticketing_app.tickets.service.tickets import TicketNotChangeableError, TicketNotFoundError

pytestmark = pytest.mark.usefixtures("database")


class TestCreateOrder:
    async def test_locks_the_ticket_at_its_price(self) -> None:
        ticket = await factories.make_ticket(price=40)
        buyer = await factories.make_user()
        order = await factories.hold(ticket, buyer)
        locked = await factories.read_ticket(ticket.id, viewer=buyer)
        assert (order.status, order.price_cents, order.ticket.title) == (
            "created",
            4000,
            ticket.title,
        )
        assert (locked.status, locked.locked_until) == (Availability.LOCKED, order.expires_at)
        assert (
            order.expires_at - order.created_at
        ).total_seconds() == get_settings().order_hold_seconds

    async def test_records_an_event_of_the_catalog(self) -> None:
        order = await factories.hold(await factories.make_ticket())
        (event,) = await factories.recorded_events("OrderCreated")
        parsed = CATALOG["OrderCreated"].model_validate(event)
        assert parsed.aggregate_id == order.id
        assert set(parsed.model_dump()) == set(event) - {"name"}
        assert event["ticket_version"] == 2

    async def test_refuses_a_ticket_that_is_held(self) -> None:
        ticket = await factories.make_ticket()
        await factories.hold(ticket)
        with pytest.raises(TicketAlreadyReservedError, match="Someone was quicker"):
            await factories.hold(ticket)

    async def test_returns_the_order_that_holds_it(self) -> None:
        ticket, buyer = await factories.make_ticket(), await factories.make_user()
        order = await factories.hold(ticket, buyer)
        with pytest.raises(TicketAlreadyReservedError) as refusal:
            await factories.hold(ticket, buyer)
        assert refusal.value.extra == {"orderId": str(order.id)}

    async def test_rejects_own_ticket(self) -> None:
        seller = await factories.make_user()
        with pytest.raises(OwnTicketError):
            await factories.hold(await factories.make_ticket(seller), seller)

    async def test_refuses_one_that_was_withdrawn(self) -> None:
        seller = await factories.make_user()
        ticket = await factories.make_ticket(seller)
        async with db.transaction() as session:
            await tickets.withdraw_ticket(session, seller_id=seller.id, ticket_id=ticket.id)
        with pytest.raises(TicketAlreadyReservedError, match="off sale"):
            await factories.hold(ticket)

    async def test_refuses_one_whose_event_has_begun(self) -> None:
        ticket, buyer = await factories.make_ticket(), await factories.make_user()
        order = await factories.hold(ticket, buyer)
        await factories.let_event_begin(ticket.id)
        async with db.transaction() as session:
            # Held in time: may be paid.
            await order_payment.start_confirming(session, order_id=order.id)
        await factories.let_hold_lapse(order.id)
        with pytest.raises(EventBegunError):
            await factories.hold(ticket)

    async def test_refuses_one_that_cannot_come_in_time(self) -> None:
        ticket = await factories.make_ticket(
            startsAt="2099-05-01T20:00:00Z",
            timezone="UTC",
            delivery={"method": "transfer", "issuer": "axs"},
        )
        order = await factories.hold(ticket)
        await factories.let_delivery_be_too_late(ticket.id)
        async with db.transaction() as session:
            # Held in time: may be paid.
            await order_payment.start_confirming(session, order_id=order.id)
        await factories.let_hold_lapse(order.id)
        with pytest.raises(TooLateError):
            await factories.hold(await factories.read_ticket(ticket.id))

    async def test_refuses_an_unknown_one(self) -> None:
        ticket = await factories.make_ticket()
        with pytest.raises(TicketNotFoundError):
            await factories.hold(ticket.model_copy(update={"id": db.new_id()}))

    async def test_limits_open_holds(self, change_settings: Callable[..., None]) -> None:
        change_settings(max_open_holds=2)
        buyer = await factories.make_user()
        held = [await factories.hold(await factories.make_ticket(), buyer) for _ in range(2)]
        with pytest.raises(TooManyHoldsError, match="2 open orders"):
            await factories.hold(await factories.make_ticket(), buyer)
        await factories.let_hold_lapse(held[0].id)
        await factories.hold(await factories.make_ticket(), buyer)

    async def test_limits_no_open_holds_when_that_is_off(
        self, change_settings: Callable[..., None]
    ) -> None:
        change_settings(max_open_holds=0)
        buyer = await factories.make_user()
        for _ in range(6):
            await factories.hold(await factories.make_ticket(), buyer)


class TestLapsedHold:
    async def test_is_taken_over_at_once_and_closed_in_the_same_statement(self) -> None:
        ticket = await factories.make_ticket()
        first = await factories.hold(ticket)
        await factories.let_hold_lapse(first.id)
        assert (await factories.read_ticket(ticket.id)).status is Availability.AVAILABLE
        second = await factories.hold(ticket)
        assert await status(first.id) is OrderStatus.EXPIRED
        assert await status(second.id) is OrderStatus.CREATED
        (event,) = await factories.recorded_events("OrderExpired")
        assert CATALOG["OrderExpired"].model_validate(event).aggregate_id == first.id

    async def test_a_late_timer_or_cancel_leaves_the_next_hold_alone(self) -> None:
        ticket = await factories.make_ticket()
        buyer = await factories.make_user()
        first = await factories.hold(ticket, buyer)
        await factories.let_hold_lapse(first.id)
        second = await factories.hold(ticket)
        assert await expire() == 0
        async with db.transaction() as session:
            await release.cancel_order(session, buyer_id=buyer.id, order_id=first.id)
        assert await status(first.id) is OrderStatus.EXPIRED
        assert await status(second.id) is OrderStatus.CREATED
        assert (await factories.read_ticket(ticket.id)).status is Availability.LOCKED


class TestExpireDueOrders:
    async def test_releases_due_orders_only(self) -> None:
        due = [await factories.hold(await factories.make_ticket()) for _ in range(3)]
        running = await factories.hold(await factories.make_ticket())
        for order in due:
            await factories.let_hold_lapse(order.id)
        assert await expire(limit=2) == 2
        assert await expire(limit=2) == 1
        assert await expire(limit=2) == 0
        assert {await status(order.id) for order in due} == {OrderStatus.EXPIRED}
        assert await status(running.id) is OrderStatus.CREATED
        assert len(await factories.recorded_events("OrderExpired")) == 3

    async def test_closes_an_order_whose_ticket_was_withdrawn_meanwhile(self) -> None:
        seller = await factories.make_user()
        ticket = await factories.make_ticket(seller)
        order = await factories.hold(ticket)
        await factories.let_hold_lapse(order.id)
        async with db.transaction() as session:
            await tickets.withdraw_ticket(session, seller_id=seller.id, ticket_id=ticket.id)
        assert await expire() == 1
        assert await status(order.id) is OrderStatus.EXPIRED
        (event,) = await factories.recorded_events("OrderExpired")
        assert event["ticket_version"] is None
        assert (await factories.read_ticket(ticket.id)).status is Availability.WITHDRAWN

    @pytest.mark.races
    async def test_several_workers_at_once_close_each_order_once(self) -> None:
        for _ in range(12):
            order = await factories.hold(await factories.make_ticket())
            await factories.let_hold_lapse(order.id)
        assert (
            sum(await asyncio.gather(*[expire(limit=5) for _ in range(6)])) + await expire() == 12
        )
        assert len(await factories.recorded_events("OrderExpired")) == 12


class TestCancelOrder:
    async def test_unlocks_at_once(self) -> None:
        ticket, buyer = await factories.make_ticket(), await factories.make_user()
        order = await factories.hold(ticket, buyer)
        for _ in range(2):
            async with db.transaction() as session:
                await release.cancel_order(session, buyer_id=buyer.id, order_id=order.id)
        assert await status(order.id) is OrderStatus.CANCELLED
        assert (await factories.hold(ticket)).status is OrderStatus.CREATED
        assert len(await factories.recorded_events("OrderCancelled")) == 1

    async def test_rejects_an_order_being_captured(self) -> None:
        buyer = await factories.make_user()
        order = await factories.hold(await factories.make_ticket(), buyer)
        async with db.transaction() as session:
            assert await order_payment.claim_for_capture(session, order_id=order.id)
        with pytest.raises(OrderNotCancellableError):
            async with db.transaction() as session:
                await release.cancel_order(session, buyer_id=buyer.id, order_id=order.id)
        assert await status(order.id) is OrderStatus.CAPTURING

    async def test_rejects_an_order_of_another_buyer(self) -> None:
        order = await factories.hold(await factories.make_ticket())
        stranger = await factories.make_user()
        with pytest.raises(OrderNotFoundError):
            async with db.transaction() as session:
                await release.cancel_order(session, buyer_id=stranger.id, order_id=order.id)


class TestLockedTicket:
    async def test_keeps_price_and_title(self) -> None:
        seller = await factories.make_user()
        ticket = await factories.make_ticket(seller)
        order = await factories.hold(ticket)
        change = TicketUpdate.model_validate({"title": "Dearer", "price": 400})
        with pytest.raises(TicketNotChangeableError, match="buying this ticket right now"):
            await update(seller.id, ticket.id, change)
        await factories.let_hold_lapse(order.id)
        assert (await update(seller.id, ticket.id, change)).price_cents == 40_000


class TestSteps:
    async def test_grace_is_given_once_and_moves_both_deadlines(self) -> None:
        ticket = await factories.make_ticket()
        order = await factories.hold(ticket)
        await factories.let_hold_lapse(order.id, seconds_ago=-5)
        async with db.transaction() as session:
            first = await order_payment.start_confirming(session, order_id=order.id)
        async with db.transaction() as session:
            again = await order_payment.start_confirming(session, order_id=order.id)
        assert first.status is OrderStatus.AWAITING_PAYMENT
        assert 100 < (first.expires_at - order.created_at).total_seconds() <= 121
        assert again.expires_at == first.expires_at
        assert (await factories.read_ticket(ticket.id)).locked_until == first.expires_at

    async def test_a_decline_leaves_the_hold_and_the_used_grace(self) -> None:
        order = await factories.hold(await factories.make_ticket())
        await factories.let_hold_lapse(order.id, seconds_ago=-5)
        async with db.transaction() as session:
            confirming = await order_payment.start_confirming(session, order_id=order.id)
        async with db.transaction() as session:
            await order_payment.return_to_created(session, order_id=order.id)
        async with db.transaction() as session:
            again = await order_payment.start_confirming(session, order_id=order.id)
        assert again.expires_at == confirming.expires_at

    async def test_nothing_starts_once_the_time_is_over(self) -> None:
        order = await factories.hold(await factories.make_ticket())
        await factories.let_hold_lapse(order.id)
        with pytest.raises(OrderNotPayableError, match="not charged"):
            async with db.transaction() as session:
                await order_payment.start_confirming(session, order_id=order.id)
        async with db.transaction() as session:
            assert not await order_payment.claim_for_capture(session, order_id=order.id)
        assert await status(order.id) is OrderStatus.CREATED

    async def test_a_claimed_order_outlives_its_deadline(self) -> None:
        order = await factories.hold(await factories.make_ticket())
        async with db.transaction() as session:
            assert await order_payment.claim_for_capture(session, order_id=order.id)
        async with db.transaction() as session:
            assert await order_payment.claim_for_capture(session, order_id=order.id)
        await factories.let_cooldown_pass(order.id)
        assert await expire() == 0
        assert await status(order.id) is OrderStatus.CAPTURING

    async def test_an_order_that_is_over_never_completes(self) -> None:
        order = await factories.hold(await factories.make_ticket())
        await factories.let_hold_lapse(order.id)
        await expire()
        async with db.transaction() as session:
            assert (
                await order_payment.complete_order(session, order_id=order.id)
                is OrderStatus.EXPIRED
            )

    async def test_a_failed_payment_frees_the_ticket_but_never_a_captured_one(self) -> None:
        ticket = await factories.make_ticket()
        order = await factories.hold(ticket)
        async with db.transaction() as session:
            await order_payment.claim_for_capture(session, order_id=order.id)
        async with db.transaction() as session:
            assert await release.cancel_unpaid(session, order_id=order.id) is OrderStatus.CAPTURING
        async with db.transaction() as session:
            assert (
                await release.cancel_unpaid(session, order_id=order.id, is_void_at_stripe=True)
                is OrderStatus.CANCELLED
            )
        assert (await factories.read_ticket(ticket.id)).status is Availability.AVAILABLE


@pytest.mark.races
class TestRace:
    @pytest.mark.parametrize("is_lapsed", [False, True], ids=["free", "lapsed"])
    async def test_twenty_buyers_one_winner(self, is_lapsed: bool) -> None:  # noqa: FBT001
        buyers = [await factories.make_user() for _ in range(20)]
        for _ in range(10):
            ticket = await factories.make_ticket()
            if is_lapsed:
                await factories.let_hold_lapse((await factories.hold(ticket)).id)
            results = await asyncio.gather(
                *[factories.hold(ticket, buyer) for buyer in buyers], return_exceptions=True
            )
            assert Counter(type(result).__name__ for result in results) == {
                "OrderRead": 1,
                "TicketAlreadyReservedError": 19,
            }
            winner = next(result for result in results if isinstance(result, OrderRead))
            async with db.transaction() as session:
                await release.cancel_order(session, buyer_id=winner.buyer_id, order_id=winner.id)

    async def test_expiry_and_takeover_at_the_same_instant_never_deadlock(
        self, change_settings: Callable[..., None]
    ) -> None:
        change_settings(hold_limit_per_minute=0)
        buyers = [await factories.make_user() for _ in range(6)]
        for _ in range(15):
            ticket = await factories.make_ticket()
            await factories.let_hold_lapse((await factories.hold(ticket)).id)
            results = await asyncio.gather(
                *[factories.hold(ticket, buyer) for buyer in buyers],
                *[expire() for _ in range(3)],
                return_exceptions=True,
            )
            winners = [result for result in results if isinstance(result, OrderRead)]
            assert len(winners) == 1
            assert all(
                isinstance(result, int | TicketAlreadyReservedError) or result is winners[0]
                for result in results
            )
            async with db.transaction() as session:
                await release.cancel_order(
                    session, buyer_id=winners[0].buyer_id, order_id=winners[0].id
                )  # pyright: ignore[reportAttributeAccessIssue]  # an int stands only behind the holds

    async def test_expiry_against_claim_has_one_outcome(self) -> None:
        for _ in range(15):
            order = await factories.hold(await factories.make_ticket())
            await factories.let_hold_lapse(order.id, seconds_ago=-0.01)
            claimed, *_ = await asyncio.gather(claim(order.id), expire(), expire())
            await expire()
            # Still open only if it was neither claimed nor due at the last check.
            lost = {OrderStatus.EXPIRED, OrderStatus.CREATED}
            assert await status(order.id) in ({OrderStatus.CAPTURING} if claimed else lost)


async def status(order_id: UUID) -> OrderStatus:
    async with db.transaction() as session:
        return (await order_payment.get_payable(session, order_id=order_id)).status


async def claim(order_id: UUID) -> bool:
    async with db.transaction() as session:
        return await order_payment.claim_for_capture(session, order_id=order_id)


async def expire(limit: int = 100) -> int:
    async with db.transaction() as session:
        return await release.expire_due_orders(session, limit=limit)


async def update(seller_id: UUID, ticket_id: UUID, change: TicketUpdate) -> TicketRead:
    async with db.transaction() as session:
        return await tickets.update_ticket(
            session, seller_id=seller_id, ticket_id=ticket_id, ticket=change
        )
