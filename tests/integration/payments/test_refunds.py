"""A refund is made once, and succeeds only when the bank has the money."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest

from tests import factories
from tests.fakes import FakeGateway
from tests.integration.payments import emulator, sales
from ticketing_app.core import db
from ticketing_app.payments.gateway.client import StripeRefusedError, StripeUnavailableError
from ticketing_app.payments.rules import RefundStatus
from ticketing_app.payments.schemas import MadeRefund
from ticketing_app.payments.service import dispute, refund, refund_record
from ticketing_app.payments.service.refund import OrderNotRefundableError

REFUNDED = ("refunded", "completed")
REFUNDING = ("refunding", "completed")


async def refund_sale(sale: sales.Sale) -> None:
    await refund.execute_refund(db.transaction, charge_id=sale.payment.id)


@pytest.mark.usefixtures("database")
class TestRefund:
    async def test_refunds_all_and_keeps_the_ticket_off_sale(self) -> None:
        sale = await sales.start_sale()
        await sales.pay(sale)
        await sales.request_refund(sale)
        assert await sales.statuses(sale) == REFUNDING
        await refund_sale(sale)
        assert await sales.statuses(sale) == REFUNDED
        (made,) = (await emulator.books())["refunds"]
        row = await sales.charge_row(sale)
        assert (row["stripe_refund_id"], row["refund_status"]) == (made["id"], "succeeded")
        assert row["refund_reason"] == "The concert was moved."
        (told,) = await factories.recorded_events("ChargeRefunded")
        assert (told["stripe_refund_id"], told["amount_cents"]) == (made["id"], 4000)
        assert not await sales.try_to_hold(sale)
        assert await sales.broken_rules() == []

    async def test_four_at_once_make_one(self) -> None:
        sale = await sales.start_sale()
        await sales.pay(sale)
        await asyncio.gather(*[sales.request_refund(sale) for _ in range(4)])
        answers = await asyncio.gather(
            *[refund_sale(sale) for _ in range(4)], return_exceptions=True
        )
        # Stripe refuses a key in flight (409); the SDK's retries are off here.
        assert {type(answer) for answer in answers} <= {type(None), StripeUnavailableError}
        await sales.sweep()
        assert await sales.statuses(sale) == REFUNDED
        assert len((await emulator.books())["refunds"]) == 1
        assert len(await factories.recorded_events("ChargeRefunded")) == 1

    @pytest.mark.parametrize("late", [False, True])
    @pytest.mark.parametrize("fault", ["lost", "500", "stored500", "429", "down"])
    async def test_is_retried_after_a_lost_response(self, fault: str, *, late: bool) -> None:
        sale = await sales.start_sale()
        await sales.pay(sale)
        await sales.request_refund(sale)
        await emulator.break_next("POST /v1/refunds", fault, late=late)
        with pytest.raises(StripeUnavailableError):
            await refund_sale(sale)
        assert await sales.statuses(sale) == REFUNDING
        await sales.sweep()
        assert await sales.statuses(sale) == REFUNDED
        assert len((await emulator.books())["refunds"]) == 1

    async def test_ignores_a_replayed_response_after_the_bank_returned_it(self) -> None:
        sale = await sales.start_sale()
        await sales.pay(sale, emulator.REFUND_FAILS)
        await sales.request_refund(sale)
        await emulator.break_next("POST /v1/refunds", "lost")
        with pytest.raises(StripeUnavailableError):
            await refund_sale(sale)
        await emulator.set_refund_delay(0)
        # For the same key Stripe replays its first response, although the refund has failed since.
        await sales.sweep()
        await emulator.set_refund_delay(0.2)
        assert await sales.statuses(sale) == REFUNDING
        assert await sales.open_alerts() == ["refund_failed"]
        assert await factories.recorded_events("ChargeRefunded") == []

    async def test_cannot_be_requested_twice(self) -> None:
        sale = await sales.start_sale()
        await sales.pay(sale)
        await sales.request_refund(sale)
        await refund_sale(sale)
        with pytest.raises(OrderNotRefundableError, match="given back already"):
            await sales.request_refund(sale)
        assert await sales.statuses(sale) == REFUNDED

    async def test_of_an_unpaid_order_is_refused(self) -> None:
        sale = await sales.start_sale()
        with pytest.raises(OrderNotRefundableError, match="Nothing was paid"):
            await sales.request_refund(sale)
        assert await sales.statuses(sale) == ("created", "created")

    async def test_by_hand_is_recorded_and_reported(self) -> None:
        sale = await sales.start_sale()
        await sales.pay(sale)
        refund_id = await emulator.refund_in_dashboard(sale.secret)
        for _ in range(2):
            await sales.deliver_webhooks("charge.refunded")
        assert await sales.statuses(sale) == REFUNDED
        assert (await sales.charge_row(sale))["stripe_refund_id"] == refund_id
        assert await sales.open_alerts() == ["refunded_by_hand"]
        assert len(await factories.recorded_events("ChargeRefunded")) == 1
        assert len(await factories.recorded_events("PaymentAlertRaised")) == 1

    async def test_of_a_part_by_hand_is_only_reported(self) -> None:
        sale = await sales.start_sale()
        await sales.pay(sale)
        await emulator.refund_in_dashboard(sale.secret, cents=1000)
        await sales.deliver_webhooks("charge.refunded")
        assert await sales.statuses(sale) == ("completed", "completed")
        assert await sales.open_alerts() == ["partial_refund"]
        await emulator.refund_in_dashboard(sale.secret, cents=3000)
        await sales.deliver_webhooks("charge.refunded")
        assert await sales.statuses(sale) == REFUNDED

    @pytest.mark.parametrize("is_over", [False, True])
    async def test_by_hand_is_recorded_after_an_unknown_payment(self, *, is_over: bool) -> None:
        sale = await sales.start_sale()
        await emulator.enter_card(sale.secret)
        if is_over:
            await sales.release(sale)
        await emulator.act_in_dashboard(sale.secret, "capture")
        await emulator.refund_in_dashboard(sale.secret)
        await sales.deliver_webhooks("charge.refunded")
        await sales.deliver_webhooks("payment_intent.succeeded")
        await sales.settle_sale(sale)
        assert await sales.statuses(sale) == (("cancelled", "failed") if is_over else REFUNDED)
        assert (await sales.charge_row(sale))["refund_status"] == "succeeded"


class TestBank:
    async def paid(self, stripe: FakeGateway) -> sales.Sale:
        sale = await sales.start_sale()
        stripe.become("succeeded")
        assert (await sales.settle_sale(sale)).status == "completed"
        await sales.request_refund(sale)
        return sale

    async def test_that_is_slow_makes_it_pending(self, stripe: FakeGateway) -> None:
        sale = await self.paid(stripe)
        stripe.refund_status = RefundStatus.PENDING
        await refund_sale(sale)
        await sales.sweep()
        assert await sales.statuses(sale) == REFUNDING
        assert await factories.recorded_events("ChargeRefunded") == []
        stripe.end_refunds(RefundStatus.SUCCEEDED)
        await sales.sweep()
        assert await sales.statuses(sale) == REFUNDED

    async def test_that_returns_it_makes_it_failed(self, stripe: FakeGateway) -> None:
        sale = await self.paid(stripe)
        await refund_sale(sale)
        assert await sales.statuses(sale) == REFUNDED
        stripe.end_refunds(RefundStatus.FAILED)
        for _ in range(2):
            await refund_record.sync_refunds(db.transaction, charge_id=sale.payment.id)
        assert await sales.statuses(sale) == REFUNDING
        assert await sales.open_alerts() == ["refund_failed"]
        await sales.sweep()
        assert await sales.statuses(sale) == REFUNDING, "an operator decides what to do"
        await sales.request_refund(sale, "Again, the card works now.")
        await refund_sale(sale)
        assert await sales.statuses(sale) == REFUNDED
        assert len(stripe.refunds) == 2

    async def test_that_returns_a_part_makes_it_failed(self, stripe: FakeGateway) -> None:
        sale = await self.paid(stripe)
        part = MadeRefund("re_part", RefundStatus.SUCCEEDED, 1000)
        stripe.refunds = {"by hand": part, "ours": replace(part, id="re_rest", amount_cents=3000)}
        await refund_record.sync_refunds(db.transaction, charge_id=sale.payment.id)
        assert await sales.statuses(sale) == REFUNDED
        stripe.refunds["by hand"] = replace(part, status=RefundStatus.FAILED)
        for _ in range(2):
            await refund_record.sync_refunds(db.transaction, charge_id=sale.payment.id)
        assert await sales.statuses(sale) == REFUNDING
        assert await sales.open_alerts() == ["refund_failed"]

    async def follow_slowly(self, sale: sales.Sale, stripe: FakeGateway) -> None:
        """Read the refund; before it is recorded, it fails and another process handles that webhook."""
        with pytest.MonkeyPatch.context() as patch:

            async def list_refunds(stripe_id: str) -> list[MadeRefund]:
                patch.undo()
                answer = await stripe.list_refunds(stripe_id)
                stripe.end_refunds(RefundStatus.FAILED)
                await refund_record.sync_refunds(db.transaction, charge_id=sale.payment.id)
                return answer

            patch.setattr(refund_record.intents, "list_refunds", list_refunds)
            await refund_record.sync_refunds(db.transaction, charge_id=sale.payment.id)

    async def test_that_failed_meanwhile_makes_it_failed(self, stripe: FakeGateway) -> None:
        sale = await self.paid(stripe)
        # The response to our own request was lost.
        await stripe.refund_intent(
            "pi_fake", key="ours", amount_cents=4000, refund_id=await sales.refund_id(sale)
        )
        await self.follow_slowly(sale, stripe)
        assert await sales.statuses(sale) == REFUNDING
        assert await sales.open_alerts() == ["refund_failed"]
        assert await factories.recorded_events("ChargeRefunded") == []

    async def test_failure_of_a_refund_by_hand_is_seen_by_the_second_reading(
        self, stripe: FakeGateway
    ) -> None:
        sale = await sales.start_sale()
        stripe.become("succeeded")
        await sales.settle_sale(sale)
        stripe.refund_by_hand()
        await self.follow_slowly(sale, stripe)
        assert await sales.statuses(sale) == REFUNDING
        assert await sales.open_alerts() == ["refunded_by_hand", "refund_failed"]

    async def test_that_failed_is_retried_despite_a_repeated_report(
        self, stripe: FakeGateway
    ) -> None:
        sale = await self.paid(stripe)
        await refund_sale(sale)
        stripe.end_refunds(RefundStatus.FAILED)
        await refund_record.sync_refunds(db.transaction, charge_id=sale.payment.id)
        await sales.request_refund(sale, "Again, the card works now.")
        await refund_record.sync_refunds(db.transaction, charge_id=sale.payment.id)
        await refund_sale(sale)
        assert await sales.statuses(sale) == REFUNDED

    async def test_an_outdated_report_does_not_undo_a_failure(self, stripe: FakeGateway) -> None:
        sale = await self.paid(stripe)
        await refund_sale(sale)
        before = dict(stripe.refunds)
        stripe.end_refunds(RefundStatus.FAILED)
        await refund_record.sync_refunds(db.transaction, charge_id=sale.payment.id)
        stripe.refunds = before
        await refund_record.sync_refunds(db.transaction, charge_id=sale.payment.id)
        assert await sales.statuses(sale) == REFUNDING

    async def test_refused_by_stripe_waits_for_an_operator(self, stripe: FakeGateway) -> None:
        sale = await self.paid(stripe)
        stripe.fail("refund_intent", StripeRefusedError("charge_disputed"))
        await refund_sale(sale)
        await sales.sweep()
        assert await sales.statuses(sale) == REFUNDING
        assert await sales.open_alerts() == ["refund_failed"]

    async def test_that_returns_a_late_payment_allows_a_retry(self, stripe: FakeGateway) -> None:
        sale = await sales.start_sale()
        await factories.let_hold_lapse(sale.order.id)
        await sales.expire_due()
        stripe.become("succeeded")
        await sales.sweep()
        assert await sales.statuses(sale) == ("expired", "failed")
        stripe.end_refunds(RefundStatus.FAILED)
        await refund_record.sync_refunds(db.transaction, charge_id=sale.payment.id)
        assert await sales.open_alerts() == ["paid_too_late", "refund_failed"]
        await sales.request_refund(sale)
        await refund_sale(sale)
        assert (await sales.charge_row(sale))["refund_status"] == "succeeded"
        assert await sales.statuses(sale) == ("expired", "failed")

    async def test_that_releases_an_authorisation_refunds_nothing(
        self, stripe: FakeGateway
    ) -> None:
        sale = await sales.start_sale()
        stripe.become("requires_capture")
        await sales.release(sale)
        await sales.sweep()
        stripe.refund_by_hand()
        await refund_record.sync_refunds(db.transaction, charge_id=sale.payment.id)
        assert await sales.statuses(sale) == ("cancelled", "failed")
        assert await factories.recorded_events("ChargeRefunded") == []
        assert await sales.open_alerts() == []


class TestDispute:
    async def test_is_recorded_and_reported_at_each_step(self, stripe: FakeGateway) -> None:
        sale = await sales.start_sale()
        stripe.become("succeeded")
        await sales.settle_sale(sale)
        for status in (None, "needs_response", "needs_response", "lost"):
            stripe.dispute = status
            await dispute.sync_dispute(db.transaction, charge_id=sale.payment.id)
            assert (await sales.charge_row(sale))["dispute_status"] == status
        assert await sales.open_alerts() == ["dispute", "dispute"]
        assert await sales.statuses(sale) == ("completed", "completed")

    async def test_of_a_charge_without_intent_has_no_effect(self, stripe: FakeGateway) -> None:
        stripe.fail("create_intent", StripeUnavailableError())
        buyer = await factories.make_user()
        order = await factories.hold(await factories.make_ticket(), buyer)
        with pytest.raises(StripeUnavailableError):
            await sales.open_payment(order, buyer)
        (told,) = await factories.recorded_events("ChargeCreated")
        for follow in (dispute.sync_dispute, refund_record.sync_refunds, refund.execute_refund):
            await follow(db.transaction, charge_id=UUID(told["charge_id"]))
        assert [name for name, _ in stripe.calls] == ["create_intent"]
