"""Payments that Stripe refuses or that fail here: a sentence, an alert, and a solution."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from tests import factories
from tests.integration.payments import emulator, sales
from tests.integration.payments.sales import Sale
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.orders.service import order_payment
from ticketing_app.payments.gateway import intents
from ticketing_app.payments.gateway.client import StripeRefusedError
from ticketing_app.payments.service import audit, failures, refund, rescue, sweep
from ticketing_app.payments.service.failures import PaymentRefusedError, UnknownPaymentError
from ticketing_app.work.due import HopelessError

pytestmark = pytest.mark.usefixtures("database")


A_DAY = timedelta(days=1)


class BrokenError(Exception):
    pass


async def change(query: str, **values: object) -> None:
    async with db.autocommit() as connection:
        await connection.execute(text(query), values)


async def forget_at_stripe(sale: Sale) -> None:
    """Make the intent unknown to Stripe, as with another key or after test data was deleted."""
    query = "UPDATE charges SET stripe_id = 'pi_unknown' WHERE id = :id"
    await change(query, id=sale.payment.id)


async def check(sale: Sale, *, times: int = 1) -> list[Exception | None]:
    """Run the sweep's check of the charge this many times; return the errors."""
    errors: list[Exception | None] = []
    for _ in range(times):
        try:
            await sweep.check_charge(db.transaction, str(sale.payment.id))
        except Exception as error:  # noqa: BLE001  # the test judges it.
            errors.append(error)
        else:
            errors.append(None)
    return errors


@pytest.fixture
def broken_completion(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Make completing orders fail until the returned function is called."""

    async def fail(*_: object, **__: object) -> None:
        raise BrokenError

    monkeypatch.setattr(order_payment, "complete_order", fail)
    return monkeypatch.undo


async def captured() -> Sale:
    """A captured payment of an order that could not be completed."""
    sale = await sales.start_sale()
    await sales.press_pay(sale)
    await emulator.enter_card(sale.secret)
    with pytest.raises(BrokenError):
        await sales.settle_sale(sale)
    assert await sales.statuses(sale) == ("capturing", "created")
    return sale


@pytest.mark.usefixtures("broken_completion")
class TestCapturedOrderThatCannotBeCompleted:
    async def test_raises_an_alert(self) -> None:
        sale = await captured()
        errors = await check(sale, times=failures.ALERT_CHECKS)
        assert [type(error) for error in errors] == [BrokenError] * failures.ALERT_CHECKS
        assert await sales.open_alerts() == ["stuck"]

    async def test_is_completed_by_a_later_check(
        self, broken_completion: Callable[[], None]
    ) -> None:
        sale = await captured()
        await check(sale, times=failures.ALERT_CHECKS)
        broken_completion()
        await sales.sweep()
        assert await sales.statuses(sale) == ("completed", "completed")

    async def test_is_refunded_after_the_last_try(self) -> None:
        sale = await captured()
        await check(sale, times=failures.LAST_CHECKS)
        await sales.sweep()
        assert await sales.statuses(sale) == ("refunded", "completed")
        assert await sales.open_alerts() == ["stuck", "no_ticket"]
        assert not await sales.try_to_hold(sale)
        assert await sales.broken_rules() == []

    async def test_is_refunded_by_an_operator(self) -> None:
        sale = await captured()
        await rescue.end_unfinished(db.transaction, order_id=sale.order.id, reason="stuck")
        await sales.refund_sale(sale)
        await sales.sweep()
        assert await sales.statuses(sale) == ("refunded", "completed")
        assert await sales.broken_rules() == []


class TestOperatorsRefund:
    async def test_completes_and_refunds_a_waiting_order(self) -> None:
        sale = await sales.start_sale()
        await emulator.enter_card(sale.secret)
        async with db.transaction() as session:
            await order_payment.claim_for_capture(session, order_id=sale.order.id)
        await rescue.end_unfinished(db.transaction, order_id=sale.order.id, reason="asked")
        assert await sales.statuses(sale) == ("completed", "completed")

    async def test_cancels_an_order_whose_payment_stripe_does_not_know(self) -> None:
        sale = await sales.start_sale()
        await forget_at_stripe(sale)
        async with db.transaction() as session:
            await order_payment.claim_for_capture(session, order_id=sale.order.id)
        assert await rescue.end_unfinished(db.transaction, order_id=sale.order.id, reason="asked")
        assert await sales.statuses(sale) == ("cancelled", "failed")
        assert await sales.try_to_hold(sale)

    async def test_leaves_any_other_order_alone(self) -> None:
        sale = await sales.start_sale()
        assert not await rescue.end_unfinished(
            db.transaction, order_id=sale.order.id, reason="asked"
        )
        with pytest.raises(refund.OrderNotRefundableError):
            await sales.request_refund(sale)


class TestUnknownIntent:
    async def test_returns_a_sentence(self) -> None:
        sale = await sales.start_sale()
        await forget_at_stripe(sale)
        told = await sales.settle_sale(sale)
        assert told.status == "created"
        assert told.message == UnknownPaymentError().message
        with pytest.raises(UnknownPaymentError):
            await sales.open_payment(sale.order, sale.buyer)
        assert await sales.open_alerts() == ["refused"]

    async def test_is_given_up_after_the_last_check(self) -> None:
        sale = await sales.start_sale()
        await forget_at_stripe(sale)
        await factories.let_hold_lapse(sale.order.id)
        errors = await check(sale, times=failures.LAST_CHECKS)
        assert {type(error) for error in errors} == {StripeRefusedError}
        await sales.expire_due()
        assert await sales.statuses(sale) == ("expired", "failed")
        assert await sales.open_alerts() == ["refused"]

    async def test_of_a_claimed_order_is_checked_no_more(self) -> None:
        sale = await sales.start_sale()
        await forget_at_stripe(sale)
        async with db.transaction() as session:
            await order_payment.claim_for_capture(session, order_id=sale.order.id)
        errors = await check(sale, times=failures.LAST_CHECKS)
        assert isinstance(errors[-1], HopelessError)
        await rescue.end_unfinished(db.transaction, order_id=sale.order.id, reason="asked")


class TestRefusedCreate:
    async def test_goes_on_without_a_receipt(self) -> None:
        buyer = await factories.make_user("ana@test")
        order = await factories.hold(await factories.make_ticket(), buyer)
        opened = await sales.open_payment(order, buyer)
        assert (await emulator.retrieve(opened.client_secret))["receipt_email"] is None
        again = await sales.open_payment(order, buyer)
        assert again.client_secret == opened.client_secret

    @pytest.mark.parametrize("code", ["amount_too_small", "currency_not_supported"])
    async def test_returns_a_sentence(self, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
        async def refuse(**_: object) -> None:
            raise StripeRefusedError(code)

        monkeypatch.setattr(intents, "create_intent", refuse)
        with pytest.raises(PaymentRefusedError) as refused:
            await sales.start_sale()
        assert refused.value.message == PaymentRefusedError(code).message
        assert await sales.open_alerts() == ["refused"]


class TestOneBadCharge:
    async def test_does_not_stop_the_audit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        bad, good = [await sales.start_sale() for _ in range(2)]
        for sale in (bad, good):
            await emulator.enter_card(sale.secret)
            await emulator.act_in_dashboard(sale.secret, "capture")
        settle_charge = audit.settle_charge

        async def fail_once(transaction: db.Transaction, *, charge_id: object) -> None:
            if charge_id == bad.payment.id:
                raise BrokenError
            await settle_charge(transaction, charge_id=good.payment.id)

        monkeypatch.setattr(audit, "settle_charge", fail_once)
        assert await audit.run_audit(db.transaction, since=utc_now() - A_DAY) == 1
        assert await sales.statuses(good) == ("completed", "completed")
        assert await sales.open_alerts() == ["stuck"]
        monkeypatch.undo()
        await sales.sweep()


class TestOverRest:
    async def test_a_payment_that_stripe_refuses_is_unavailable(
        self, api: AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        person = {"email": "buyer@gittix.test", "password": "correct horse"}
        await api.post("/api/users/signup", json=person)
        ticket = await factories.make_ticket()
        order = (await api.post("/api/orders", json={"ticketId": str(ticket.id)})).json()

        async def refuse(**_: object) -> None:
            raise StripeRefusedError("amount_too_small")

        monkeypatch.setattr(intents, "create_intent", refuse)
        answer = await api.post("/api/payments", json={"orderId": order["id"]})
        assert answer.status_code == 503
        assert "too low" in answer.json()["errors"][0]["message"]
