"""Refunds of single tickets of an order: money, items and order stay in step."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import text

from tests import factories
from tests.fakes import FakeGateway
from tests.integration.payments import emulator, groups, sales
from ticketing_app.core import db
from ticketing_app.orders.service.sell import NotTicketOwnerError
from ticketing_app.payments.gateway.client import StripeRefusedError, StripeUnavailableError
from ticketing_app.payments.rules import DISPUTE_KINDS, RefundStatus
from ticketing_app.payments.schemas import MadeRefund
from ticketing_app.payments.service import audit, refund, refund_record
from ticketing_app.payments.service.refund import (
    OrderNotRefundableError,
    TicketNotOrderedError,
    TooLittleLeftError,
)
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.work import jobs as work

PAID = ("completed", "completed")
REFUNDING = ("refunding", "completed")
REFUNDED = ("refunded", "completed")


async def refund_amounts(sale: sales.Sale) -> list[tuple[int, str]]:
    return [(row["amount_cents"], row["status"]) for row in await sales.refund_rows(sale)]


@pytest.mark.usefixtures("database")
class TestPartialRefund:
    async def test_keeps_the_order_and_ends_the_item(self) -> None:
        sale, (first, second) = await groups.sell(2)
        await groups.request_refund(sale, first)
        assert await sales.statuses(sale) == PAID
        assert await groups.refunded_ids(sale) == set()
        await refund.execute_refund(db.transaction, charge_id=sale.payment.id)
        assert await sales.statuses(sale) == PAID
        assert await groups.refunded_ids(sale) == {first.id}
        (told,) = await factories.recorded_events("ChargeRefunded")
        assert (told["amount_cents"], told["refunded_cents"]) == (8000, 4000)
        assert told["ticket_ids"] == [str(first.id)]
        (intent,) = (await emulator.books())["intents"]
        assert intent["refunded"] == 4000
        assert (await sales.charge_row(sale))["refund_status"] is None
        assert await sales.broken_rules() == []
        await sales.relist(second, sale.buyer)

    async def test_takes_the_ticket_from_its_buyer_when_requested(self) -> None:
        sale, (first, second) = await groups.sell(2)
        again = [await sales.relist(ticket, sale.buyer) for ticket in (first, second)]
        await groups.request_refund(sale, first)
        listed = [(await factories.read_ticket(ticket.id)).status for ticket in again]
        assert listed == ["withdrawn", "available"]
        for owner in (sale.buyer, sales.seller_of(first)):
            with pytest.raises(NotTicketOwnerError):
                await sales.relist(first, owner)
        await refund.execute_refund(db.transaction, charge_id=sale.payment.id)
        await sales.relist(first, sales.seller_of(first))
        assert await sales.broken_rules() == []

    async def test_of_every_item_refunds_the_order(self) -> None:
        sale, (first, second) = await groups.sell(2)
        await groups.refund_items(sale, first)
        await groups.request_refund(sale, second)
        assert await sales.statuses(sale) == REFUNDING
        await refund.execute_refund(db.transaction, charge_id=sale.payment.id)
        assert await sales.statuses(sale) == REFUNDED
        assert await refund_amounts(sale) == [(4000, "succeeded"), (4000, "succeeded")]
        assert await sales.broken_rules() == []

    async def test_beside_a_full_one_refunds_all_once(self) -> None:
        sale, (first, _) = await groups.sell(2)
        await groups.request_refund(sale, first)
        await sales.request_refund(sale)
        assert await refund_amounts(sale) == [(4000, "due"), (4000, "due")]
        await asyncio.gather(
            *[refund.execute_refund(db.transaction, charge_id=sale.payment.id) for _ in range(3)],
            return_exceptions=True,
        )
        await sales.sweep()
        assert await sales.statuses(sale) == REFUNDED
        (intent,) = (await emulator.books())["intents"]
        assert intent["refunded"] == 8000
        assert await sales.broken_rules() == []

    async def test_requested_at_once_is_made_once_per_item(self) -> None:
        sale, tickets = await groups.sell(3)
        wanted = [tickets[:1], tickets[:1], tickets[:2], tickets[1:2]]
        await asyncio.gather(*[groups.request_refund(sale, *each) for each in wanted])
        await sales.sweep()
        assert sum(cents for cents, _ in await refund_amounts(sale)) == 8000
        assert await groups.refunded_ids(sale) == {ticket.id for ticket in tickets[:2]}
        assert await sales.statuses(sale) == PAID
        assert await sales.broken_rules() == []

    @pytest.mark.parametrize("late", [False, True])
    @pytest.mark.parametrize("fault", ["lost", "500", "stored500", "429", "down"])
    async def test_is_made_once_despite_faults(self, fault: str, *, late: bool) -> None:
        sale, (first, _) = await groups.sell(2)
        await groups.request_refund(sale, first)
        await emulator.break_next("POST /v1/refunds", fault, late=late)
        with pytest.raises(StripeUnavailableError):
            await refund.execute_refund(db.transaction, charge_id=sale.payment.id)
        await sales.sweep()
        assert await groups.refunded_ids(sale) == {first.id}
        assert len((await emulator.books())["refunds"]) == 1
        assert await sales.broken_rules() == []

    async def test_of_a_refunded_or_foreign_ticket_is_refused(self) -> None:
        sale, (first, second) = await groups.sell(2)
        await groups.refund_items(sale, first)
        with pytest.raises(OrderNotRefundableError, match="given back already"):
            await groups.request_refund(sale, first)
        async with db.transaction() as session:
            with pytest.raises(TicketNotOrderedError):
                await refund.request_refund(
                    session, order_id=sale.order.id, reason="", ticket_ids=[second.id, uuid4()]
                )

    async def test_that_the_bank_returns_waits_for_an_operator(self) -> None:
        sale, (first, second) = await groups.sell(2, emulator.REFUND_FAILS)
        await groups.refund_items(sale, first)
        await emulator.set_refund_delay(0)
        await sales.deliver_webhooks("refund.failed")
        await emulator.set_refund_delay(0.2)
        assert await sales.statuses(sale) == PAID
        assert await groups.refunded_ids(sale) == set()
        assert await sales.open_alerts() == ["refund_failed"]
        with pytest.raises(NotTicketOwnerError):
            await sales.relist(first, sale.buyer)
        await sales.relist(second, sale.buyer)
        await groups.request_refund(sale, first)
        assert await refund_amounts(sale) == [(4000, "failed"), (4000, "due")]


@pytest.mark.usefixtures("database")
class TestOwners:
    async def test_of_a_refunded_item_that_was_sold_on_is_reported(self) -> None:
        sale, (first, second) = await groups.sell(2)
        for ticket in (first, second):
            await sales.sell(await sales.relist(ticket, sale.buyer))
        await groups.refund_items(sale, first)
        assert await sales.open_alerts() == ["sold_on"]
        assert await sales.broken_rules() == []

    async def test_of_disputed_items_are_refunded_once_the_dispute_is_won(self) -> None:
        sale, (first, second) = await groups.sell(2, emulator.DISPUTED)
        await sales.deliver_webhooks(*DISPUTE_KINDS)
        await groups.refund_items(sale, first)
        assert await refund_amounts(sale) == [(4000, "failed")]
        assert await sales.open_alerts() == ["dispute", "refund_failed"]
        with pytest.raises(NotTicketOwnerError):
            await sales.relist(second, sale.buyer)
        await emulator.answer_dispute(sale.secret, wins=True)
        await sales.deliver_webhooks(*DISPUTE_KINDS)
        await groups.refund_items(sale, first)
        assert await groups.refunded_ids(sale) == {first.id}
        await sales.relist(second, sale.buyer)
        assert await sales.broken_rules() == []


async def pay_with_fake(stripe: FakeGateway) -> tuple[sales.Sale, list[TicketRead]]:
    sale, tickets = await groups.start_sale(2)
    stripe.become("succeeded")
    assert (await sales.settle_sale(sale)).status == "completed"
    return sale, tickets


class TestBank:
    async def test_that_returns_one_of_two_reopens_the_order(self, stripe: FakeGateway) -> None:
        sale, (first, second) = await pay_with_fake(stripe)
        await groups.refund_items(sale, first)
        await groups.refund_items(sale, second)
        assert await sales.statuses(sale) == REFUNDED
        ours = list(stripe.refunds)
        stripe.refunds[ours[0]] = replace(stripe.refunds[ours[0]], status=RefundStatus.FAILED)
        await refund_record.sync_refunds(db.transaction, charge_id=sale.payment.id)
        assert await sales.statuses(sale) == REFUNDING
        assert await groups.refunded_ids(sale) == {second.id}
        await sales.request_refund(sale)
        await sales.sweep()
        assert await sales.statuses(sale) == REFUNDED
        assert [cents for cents, _ in await refund_amounts(sale)] == [4000] * 3

    async def test_that_is_slow_leaves_the_item_unrefunded(self, stripe: FakeGateway) -> None:
        sale, (first, _) = await pay_with_fake(stripe)
        stripe.refund_status = RefundStatus.PENDING
        await groups.refund_items(sale, first)
        assert await groups.refunded_ids(sale) == set()
        stripe.end_refunds(RefundStatus.SUCCEEDED)
        await sales.sweep()
        assert await groups.refunded_ids(sale) == {first.id}


class TestPartByHand:
    """Money that was given back in the Dashboard, for tickets that only its operator knows."""

    async def test_of_the_price_of_an_item_is_only_reported(self, stripe: FakeGateway) -> None:
        sale, _ = await pay_with_fake(stripe)
        stripe.refund_by_hand(4000)
        for _ in range(2):
            await refund_record.sync_refunds(db.transaction, charge_id=sale.payment.id)
        assert await sales.statuses(sale) == PAID
        assert await groups.refunded_ids(sale) == set()
        assert await sales.open_alerts() == ["partial_refund"]

    async def test_leaves_the_rest_to_a_full_refund(self, stripe: FakeGateway) -> None:
        sale, (first, _) = await pay_with_fake(stripe)
        stripe.refund_by_hand(5000)
        await refund_record.sync_refunds(db.transaction, charge_id=sale.payment.id)
        with pytest.raises(TooLittleLeftError):
            await groups.request_refund(sale, first)
        await sales.request_refund(sale)
        await sales.sweep()
        assert await sales.statuses(sale) == REFUNDED
        assert await refund_amounts(sale) == [(5000, "succeeded"), (3000, "succeeded")]

    async def test_of_all_that_is_left_refunds_the_order(self, stripe: FakeGateway) -> None:
        sale, (first, second) = await pay_with_fake(stripe)
        await groups.refund_items(sale, first)
        stripe.refund_by_hand(4000)
        await refund_record.sync_refunds(db.transaction, charge_id=sale.payment.id)
        assert await sales.statuses(sale) == REFUNDED
        assert await groups.refunded_ids(sale) == {first.id, second.id}
        assert await sales.open_alerts() == ["refunded_by_hand"]

    async def test_takes_the_place_of_refunds_that_are_due(self, stripe: FakeGateway) -> None:
        sale, (first, second) = await pay_with_fake(stripe)
        for ticket in (first, second):
            await groups.request_refund(sale, ticket)
        stripe.refund_by_hand(8000)
        await refund_record.sync_refunds(db.transaction, charge_id=sale.payment.id)
        await sales.sweep()
        assert await sales.statuses(sale) == REFUNDED
        assert await refund_amounts(sale) == [(8000, "succeeded")]

    async def test_makes_a_refund_that_is_due_smaller(self, stripe: FakeGateway) -> None:
        sale, (first, second) = await pay_with_fake(stripe)
        await groups.request_refund(sale, first)
        stripe.refund_by_hand(5000)
        await refund_record.sync_refunds(db.transaction, charge_id=sale.payment.id)
        # The rest is less than one price, so the order ends.
        assert await sales.statuses(sale) == REFUNDING
        await sales.sweep()
        assert await sales.statuses(sale) == REFUNDED
        assert sorted(await refund_amounts(sale)) == [(3000, "succeeded"), (5000, "succeeded")]
        assert await groups.refunded_ids(sale) == {first.id, second.id}

    async def test_that_the_bank_returns_reopens_items_refunded_for_less(
        self, stripe: FakeGateway
    ) -> None:
        sale, (first, second) = await pay_with_fake(stripe)
        part = stripe.refund_by_hand(1000)
        await refund_record.sync_refunds(db.transaction, charge_id=sale.payment.id)
        await groups.refund_items(sale, first)
        await groups.refund_items(sale, second)
        assert await sales.statuses(sale) == REFUNDED
        stripe.refunds[part.id] = replace(part, status=RefundStatus.FAILED)
        await refund_record.sync_refunds(db.transaction, charge_id=sale.payment.id)
        assert await sales.statuses(sale) == REFUNDING
        assert await groups.refunded_ids(sale) == {first.id}
        await sales.request_refund(sale)
        await sales.sweep()
        assert await sales.statuses(sale) == REFUNDED
        made = [row for row in await refund_amounts(sale) if row[1] == "succeeded"]
        assert made == [(4000, "succeeded"), (3000, "succeeded"), (1000, "succeeded")]

    async def test_is_found_when_stripe_refuses_ours(self, stripe: FakeGateway) -> None:
        sale, _ = await pay_with_fake(stripe)
        await sales.request_refund(sale)
        stripe.refund_by_hand(8000)
        stripe.fail("refund_intent", StripeRefusedError("charge_already_refunded"))
        await refund.execute_refund(db.transaction, charge_id=sale.payment.id)
        assert await sales.statuses(sale) == REFUNDED
        assert await sales.open_alerts() == []


class TestPreviousVersion:
    """It knows full refunds only, and records them in the charge."""

    async def request(self, sale: sales.Sale, status: str) -> None:
        statement = """
            UPDATE charges SET refund_status = :status, refund_reason = 'Moved.', stripe_refund_id = :made,
            next_check_at = now() WHERE id = :id
        """
        made = None if status == "due" else "re_old"
        values = {"status": status, "made": made, "id": sale.payment.id}
        async with db.autocommit() as connection:
            await connection.execute(text(statement), values)
        await work.adopt()

    async def test_request_is_executed(self, stripe: FakeGateway) -> None:
        sale = await sales.start_sale()
        stripe.become("succeeded")
        await sales.settle_sale(sale)
        await self.request(sale, "due")
        for _ in range(2):
            await sales.sweep()
        assert await sales.statuses(sale) == REFUNDED
        assert await refund_amounts(sale) == [(4000, "succeeded")]
        assert (await sales.charge_row(sale))["refund_status"] == "succeeded"

    async def test_pending_refund_is_followed(self, stripe: FakeGateway) -> None:
        sale = await sales.start_sale()
        stripe.become("succeeded")
        await sales.settle_sale(sale)
        await self.request(sale, "pending")
        stripe.refunds = {"old": MadeRefund("re_old", RefundStatus.SUCCEEDED, 4000)}
        for _ in range(2):
            await sales.sweep()
        assert await sales.statuses(sale) == REFUNDED
        assert await sales.open_alerts() == []

    async def test_finished_refund_cannot_be_requested_again(self, stripe: FakeGateway) -> None:
        sale = await sales.start_sale()
        stripe.become("succeeded")
        await sales.settle_sale(sale)
        await self.request(sale, "succeeded")
        with pytest.raises(OrderNotRefundableError, match="given back already"):
            await sales.request_refund(sale)


@pytest.mark.usefixtures("database")
class TestAudit:
    async def test_agrees_after_a_partial_refund(self) -> None:
        sale, (first, _) = await groups.sell(2)
        await groups.refund_items(sale, first)
        assert await audit.run_audit(db.transaction, since=sale.order.created_at) == 0

    async def test_reports_a_missing_partial_refund(self) -> None:
        sale, (first, _) = await groups.sell(2)
        await groups.request_refund(sale, first)
        async with db.autocommit() as connection:
            await connection.execute(text("UPDATE refunds SET status = 'succeeded'"))
        assert await audit.run_audit(db.transaction, since=sale.order.created_at) == 1
        assert await sales.open_alerts() == ["refund_failed"]
