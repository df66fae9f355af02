"""Races of a payment: any order, repetition or loss of events leads to one outcome."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any
from unittest.mock import AsyncMock
from uuid import uuid4

import pytest

from tests import factories
from tests.integration.payments import emulator, sales
from tests.integration.payments.emulator import ASKS_3DS, DECLINED
from ticketing_app.core import db
from ticketing_app.orders.service import order_payment
from ticketing_app.orders.service.order_payment import OrderNotPayableError
from ticketing_app.payments.gateway import intents
from ticketing_app.payments.gateway.client import StripeRefusedError, StripeUnavailableError
from ticketing_app.payments.schemas import Intent
from ticketing_app.payments.service import settle

PAID = ("completed", "completed")
EXPIRED = ("expired", "failed")
CANCELLED = ("cancelled", "failed")


@pytest.fixture(autouse=True)
async def _settled_at_the_end(database: None) -> AsyncGenerator[None]:  # noqa: ARG001  # order only.
    yield
    assert await sales.broken_rules() == []


class TestOnePaymentPerOrder:
    async def test_five_clicks_on_pay_open_one_intent(self) -> None:
        sale = await sales.start_sale()
        opened = await asyncio.gather(
            *[sales.open_payment(sale.order, sale.buyer) for _ in range(5)]
        )
        assert {each.client_secret for each in opened} == {sale.secret}
        assert {each.id for each in opened} == {sale.payment.id}
        await emulator.the_intent()

    async def test_five_first_clicks_at_once_open_one_intent(self) -> None:
        buyer = await factories.make_user()
        order = await factories.hold(await factories.make_ticket(), buyer)
        opened = await asyncio.gather(
            *[sales.open_payment(order, buyer) for _ in range(5)], return_exceptions=True
        )
        # Stripe refuses a key in flight (409); the SDK's retries, off here, would find the intent.
        assert {type(answer) for answer in opened} <= {sales.PaymentRead, StripeUnavailableError}
        again = await sales.open_payment(order, buyer)
        secrets = {p.client_secret for p in opened if isinstance(p, sales.PaymentRead)}
        assert secrets | {again.client_secret} == {again.client_secret}
        await emulator.the_intent()

    async def test_four_submits_and_six_settles_charge_once(self) -> None:
        sale = await sales.start_sale()
        await sales.press_pay(sale)
        await asyncio.gather(*[emulator.enter_card(sale.secret) for _ in range(4)])
        outcomes = await asyncio.gather(*[sales.settle_sale(sale) for _ in range(6)])
        assert {outcome.status for outcome in outcomes} <= {"completed", "capturing"}
        assert await sales.statuses(sale) == PAID
        assert (await emulator.the_intent())["captured"] == 4000

    async def test_second_card_in_a_second_tab_is_refused_after_the_first(self) -> None:
        sale = await sales.start_sale()
        await sales.press_pay(sale)
        await emulator.enter_card(sale.secret)
        second = await emulator.enter_card(sale.secret, DECLINED)
        assert second["error"]["code"] == "payment_intent_unexpected_state"
        assert (await sales.settle_sale(sale)).status == "completed"
        assert await sales.statuses(sale) == PAID

    async def test_second_tab_pays_after_a_decline_in_the_first(self) -> None:
        sale = await sales.start_sale()
        await emulator.enter_card(sale.secret, DECLINED)
        await sales.settle_sale(sale)
        tab = await sales.open_payment(sale.order, sale.buyer)
        assert tab.client_secret == sale.secret
        await emulator.enter_card(tab.client_secret)
        assert (await sales.settle_sale(sale)).status == "completed"

    @pytest.mark.parametrize(
        ("email", "receipt"), [("ana@gittix.test", "ana@gittix.test"), ("zoë@gittix.test", None)]
    )
    async def test_an_address_that_stripe_refuses_gets_no_receipt(
        self, email: str, receipt: str | None
    ) -> None:
        buyer = await factories.make_user(email)
        order = await factories.hold(await factories.make_ticket(), buyer)
        opened = await sales.open_payment(order, buyer)
        intent = await emulator.retrieve(opened.client_secret)
        assert intent["receipt_email"] == receipt
        assert intent["capture_method"] == "manual"

    async def test_opens_no_second_charge_of_an_order_that_was_paid_meanwhile(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sale = await sales.start_sale()
        async with db.transaction() as session:
            before = await order_payment.get_payable(session, order_id=sale.order.id)
        await emulator.enter_card(sale.secret)
        await sales.settle_sale(sale)
        with monkeypatch.context() as patch:
            patch.setattr(order_payment, "get_payable", AsyncMock(return_value=before))
            with pytest.raises(OrderNotPayableError):
                await sales.open_payment(sale.order, sale.buyer)
        assert await sales.statuses(sale) == PAID

    async def test_returns_no_secret_of_an_order_that_ended_meanwhile(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def create_slowly(**asked: Any) -> Intent:  # noqa: ANN401  # passed on.
            intent = await create(**asked)
            await factories.let_hold_lapse(order.id)
            await sales.expire_due()
            await sales.sweep()
            return intent

        create = intents.create_intent
        monkeypatch.setattr(intents, "create_intent", create_slowly)
        buyer = await factories.make_user()
        order = await factories.hold(await factories.make_ticket(), buyer)
        with pytest.raises(OrderNotPayableError):
            await sales.open_payment(order, buyer)
        (failed,) = await factories.recorded_events("ChargeFailed")
        assert failed["stripe_id"] is None


class TestTimeRunsOut:
    async def test_before_pay(self) -> None:
        sale = await sales.start_sale()
        await factories.let_hold_lapse(sale.order.id)
        await sales.expire_due()
        await sales.sweep()
        late = await emulator.enter_card(sale.secret)
        assert late["error"]["code"] == "payment_intent_unexpected_state"
        with pytest.raises(OrderNotPayableError):
            await sales.press_pay(sale)
        assert await sales.statuses(sale) == EXPIRED
        assert await sales.try_to_hold(sale)

    async def test_after_the_grace_during_3ds(self) -> None:
        sale = await sales.start_sale()
        await sales.press_pay(sale)
        await emulator.enter_card(sale.secret, ASKS_3DS)
        await factories.let_hold_lapse(sale.order.id)
        await sales.expire_due()
        await sales.sweep()
        late = await emulator.answer_3ds(sale.secret)
        assert late["error"]["code"] == "payment_intent_unexpected_state"
        assert await sales.statuses(sale) == EXPIRED
        assert await sales.try_to_hold(sale)

    async def test_during_3ds_within_the_grace_is_paid(self) -> None:
        sale = await sales.start_sale()
        await factories.let_hold_lapse(sale.order.id, seconds_ago=-60)
        deadline = (await sales.press_pay(sale)).expires_at
        assert (deadline - sale.order.created_at).total_seconds() == pytest.approx(120, abs=20)
        await emulator.enter_card(sale.secret, ASKS_3DS)
        assert (await sales.settle_sale(sale)).status == "awaiting_payment"
        await emulator.answer_3ds(sale.secret)
        assert (await sales.settle_sale(sale)).status == "completed"

    async def test_the_grace_is_given_once(self) -> None:
        sale = await sales.start_sale()
        await factories.let_hold_lapse(sale.order.id, seconds_ago=-60)
        first = await sales.press_pay(sale)
        await emulator.enter_card(sale.secret, DECLINED)
        await sales.settle_sale(sale)
        assert (await sales.press_pay(sale)).expires_at == first.expires_at

    @pytest.mark.parametrize("is_expired_first", [False, True])
    async def test_between_authorise_and_settle(self, *, is_expired_first: bool) -> None:
        sale = await sales.start_sale()
        await sales.press_pay(sale)
        await emulator.enter_card(sale.secret)
        await factories.let_hold_lapse(sale.order.id)
        if is_expired_first:
            await sales.expire_due()
        outcome = await sales.settle_sale(sale)
        assert outcome.status == "expired"
        assert (
            outcome.message
            == "The time ran out before your payment was confirmed. Your card was not charged."
        )
        await sales.expire_due()
        assert await sales.statuses(sale) == EXPIRED
        assert (await emulator.the_intent())["status"] == "canceled"

    @pytest.mark.parametrize("round_number", range(5))
    async def test_at_the_instant_of_settling_is_paid_or_voided_never_both(
        self, round_number: int
    ) -> None:
        sale = await sales.start_sale()
        await sales.press_pay(sale)
        await emulator.enter_card(sale.secret)
        await factories.let_hold_lapse(sale.order.id, seconds_ago=-0.005 * round_number)
        await asyncio.gather(sales.settle_sale(sale), sales.expire_due(), sales.settle_sale(sale))
        await sales.expire_due()
        await sales.sweep()
        assert await sales.statuses(sale) in {PAID, EXPIRED}


class TestAnswersGetLost:
    async def test_of_create(self) -> None:
        buyer = await factories.make_user()
        order = await factories.hold(await factories.make_ticket(), buyer)
        await emulator.break_next("POST /v1/payment_intents$", "lost")
        with pytest.raises(StripeUnavailableError):
            await sales.open_payment(order, buyer)
        opened = await sales.open_payment(order, buyer)
        assert opened.client_secret.startswith((await emulator.the_intent())["id"])

    async def test_of_create_with_an_error_that_stripe_keeps(self) -> None:
        buyer = await factories.make_user()
        order = await factories.hold(await factories.make_ticket(), buyer)
        await emulator.break_next("POST /v1/payment_intents$", "stored500")
        with pytest.raises(StripeUnavailableError):
            await sales.open_payment(order, buyer)
        opened = await sales.open_payment(order, buyer)
        await emulator.enter_card(opened.client_secret)
        await settle.settle_charge(db.transaction, charge_id=opened.id)
        sale = sales.Sale(buyer, await factories.make_ticket(), order, opened)
        assert await sales.statuses(sale) == PAID

    @pytest.mark.parametrize("fault", ["lost", "500", "stored500", "429", "down"])
    async def test_of_capture_keeps_the_ticket_for_the_payer(self, fault: str) -> None:
        sale = await sales.start_sale()
        await sales.press_pay(sale)
        await emulator.enter_card(sale.secret)
        await emulator.break_next("/capture", fault)
        outcome = await sales.settle_sale(sale)
        assert outcome.status == "capturing"
        assert outcome.message is not None
        assert outcome.message.startswith("We are confirming your payment.")
        await factories.let_hold_lapse(sale.order.id)
        await sales.expire_due()
        assert await sales.statuses(sale) == ("capturing", "created")
        await sales.sweep()
        assert await sales.statuses(sale) == PAID
        assert (await emulator.the_intent())["captured"] == 4000

    @pytest.mark.parametrize("fault", ["lost", "500", "429", "down"])
    async def test_of_cancel_at_expiry_frees_the_ticket_at_once(self, fault: str) -> None:
        sale = await sales.start_sale()
        await sales.press_pay(sale)
        await emulator.enter_card(sale.secret)
        await factories.let_hold_lapse(sale.order.id)
        await sales.expire_due()
        await emulator.break_next("/cancel", fault)
        await sales.sweep()
        assert await sales.statuses(sale) == ("expired", "created")
        assert await sales.try_to_hold(sale)
        await sales.sweep()
        assert await sales.statuses(sale) == EXPIRED

    async def test_of_retrieve(self) -> None:
        sale = await sales.start_sale()
        await sales.press_pay(sale)
        await emulator.enter_card(sale.secret)
        await emulator.break_next("GET /v1/payment_intents/", "down")
        assert (await sales.settle_sale(sale)).status == "awaiting_payment"
        await sales.sweep()
        assert await sales.statuses(sale) == PAID


class TestCrashes:
    async def test_before_anything_after_authorise(self) -> None:
        sale = await sales.start_sale()
        await sales.press_pay(sale)
        await emulator.enter_card(sale.secret)
        await sales.sweep()
        assert await sales.statuses(sale) == PAID

    @pytest.mark.parametrize("is_captured", [False, True])
    async def test_after_the_claim(
        self, monkeypatch: pytest.MonkeyPatch, *, is_captured: bool
    ) -> None:
        class Crash(Exception):  # noqa: N818  # not an error of the program: its end.
            pass

        async def crash(stripe_id: str) -> None:
            if is_captured:
                await capture(stripe_id)
            raise Crash

        capture = intents.capture_intent
        sale = await sales.start_sale()
        await sales.press_pay(sale)
        await emulator.enter_card(sale.secret)
        with monkeypatch.context() as patch:
            patch.setattr(intents, "capture_intent", crash)
            with pytest.raises(Crash):
                await sales.settle_sale(sale)
        assert await sales.statuses(sale) == ("capturing", "created")
        await factories.let_hold_lapse(sale.order.id)
        await sales.expire_due()
        await sales.sweep()
        assert await sales.statuses(sale) == PAID

    async def test_before_the_intent_was_saved(self) -> None:
        buyer = await factories.make_user()
        ticket = await factories.make_ticket()
        order = await factories.hold(ticket, buyer)
        await emulator.break_next("POST /v1/payment_intents$", "lost")
        with pytest.raises(StripeUnavailableError):
            await sales.open_payment(order, buyer)
        await factories.let_hold_lapse(order.id)
        await sales.expire_due()
        await sales.sweep()
        (failed,) = await factories.recorded_events("ChargeFailed")
        assert failed["failure_code"] == "hold_over"
        assert failed["stripe_id"] is None


class TestStripeDashboard:
    async def test_captured_by_hand_in_time_is_paid(self) -> None:
        sale = await sales.start_sale()
        await emulator.enter_card(sale.secret)
        await emulator.act_in_dashboard(sale.secret, "capture")
        assert (await sales.settle_sale(sale)).status == "completed"
        assert await sales.statuses(sale) == PAID

    @pytest.mark.parametrize("is_expired_first", [False, True])
    async def test_captured_by_hand_too_late_is_refunded(self, *, is_expired_first: bool) -> None:
        sale = await sales.start_sale()
        await emulator.enter_card(sale.secret)
        await factories.let_hold_lapse(sale.order.id)
        if is_expired_first:
            await sales.expire_due()
        await emulator.act_in_dashboard(sale.secret, "capture")
        # The refund is made although its response is lost, and only once although it is retried.
        await emulator.break_next("POST /v1/refunds", "lost")
        assert (await sales.settle_sale(sale)).status == "expired"
        await sales.expire_due()
        await sales.sweep()
        assert await sales.statuses(sale) == EXPIRED
        books = await emulator.books()
        (refund,) = books["refunds"]
        (told,) = await factories.recorded_events("ChargeRefunded")
        assert told["stripe_refund_id"] == refund["id"]
        assert (await sales.charge_row(sale))["stripe_refund_id"] == refund["id"]
        assert await sales.try_to_hold(sale)

    async def test_refunded_by_hand_too_is_refunded_once(self) -> None:
        sale = await sales.start_sale()
        await emulator.enter_card(sale.secret)
        await factories.let_hold_lapse(sale.order.id)
        await sales.expire_due()
        await emulator.act_in_dashboard(sale.secret, "capture")
        refund_id = await emulator.refund_in_dashboard(sale.secret)
        await sales.sweep()
        assert (await sales.charge_row(sale))["stripe_refund_id"] == refund_id
        assert await sales.statuses(sale) == EXPIRED

    async def test_uncaptured_money_is_not_refunded(self) -> None:
        sale = await sales.start_sale()
        intent_id = (await emulator.the_intent())["id"]
        with pytest.raises(StripeRefusedError):
            await intents.refund_intent(
                intent_id,
                key="a key",
                amount_cents=4000,
                charge_id=sale.payment.id,
                refund_id=uuid4(),
            )

    async def test_cancelled_by_hand_frees_the_ticket(self) -> None:
        sale = await sales.start_sale()
        await sales.press_pay(sale)
        await emulator.enter_card(sale.secret)
        await emulator.act_in_dashboard(sale.secret, "cancel")
        outcome = await sales.settle_sale(sale)
        assert outcome.status == "cancelled"
        assert (
            outcome.message
            == "This order was cancelled, so the ticket is free again. Your card was not charged."
        )
        assert await sales.statuses(sale) == CANCELLED
        assert await sales.try_to_hold(sale)

    async def test_cancelled_by_hand_between_claim_and_capture_frees_the_ticket(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def cancel_then_capture(stripe_id: str) -> Intent:
            await emulator.act_in_dashboard(sale.secret, "cancel")
            return await capture(stripe_id)

        capture = intents.capture_intent
        sale = await sales.start_sale()
        await emulator.enter_card(sale.secret)
        monkeypatch.setattr(intents, "capture_intent", cancel_then_capture)
        assert (await sales.settle_sale(sale)).status == "cancelled"
        assert await sales.statuses(sale) == CANCELLED
        assert await sales.try_to_hold(sale)
