"""An unknown outcome at Stripe is not a failure: nothing is given up, and the call is retried."""

import pytest

from tests import factories
from tests.fakes import FakeGateway
from tests.integration.payments import sales
from ticketing_app.core import db
from ticketing_app.payments.gateway.client import StripeRefusedError, StripeUnavailableError
from ticketing_app.payments.schemas import Decline
from ticketing_app.payments.service import void


async def start_sale(stripe: FakeGateway, status: str) -> sales.Sale:
    sale = await sales.start_sale()
    await sales.press_pay(sale)
    stripe.become(status)
    return sale


class TestOpenPayment:
    @pytest.mark.parametrize(("is_answered", "attempt"), [(False, 0), (True, 1)])
    async def test_changes_the_key_only_after_a_stored_response(
        self, stripe: FakeGateway, *, is_answered: bool, attempt: int
    ) -> None:
        buyer = await factories.make_user()
        order = await factories.hold(await factories.make_ticket(), buyer)
        stripe.fail("create_intent", StripeUnavailableError(is_answered=is_answered))
        with pytest.raises(StripeUnavailableError):
            await sales.open_payment(order, buyer)
        payment = await sales.open_payment(order, buyer)
        assert payment.client_secret == stripe.intent.client_secret
        keys = [call["key"] for name, call in stripe.calls if name == "create_intent"]
        assert [key.rpartition("-")[2] for key in keys] == ["0", str(attempt)]
        assert len({key.rpartition("-")[0] for key in keys}) == 1

    async def test_returns_no_secret_of_an_unknown_intent(self, stripe: FakeGateway) -> None:
        sale = await sales.start_sale()
        stripe.fail("get_intent", StripeUnavailableError())
        with pytest.raises(StripeUnavailableError):
            await sales.open_payment(sale.order, sale.buyer)


class TestSettle:
    @pytest.mark.parametrize(
        ("call", "while_unknown"),
        [
            ("get_intent", ("awaiting_payment", "created")),
            ("capture_intent", ("capturing", "created")),
        ],
    )
    async def test_keeps_the_ticket_until_stripe_answers(
        self, stripe: FakeGateway, call: str, while_unknown: tuple[str, str]
    ) -> None:
        sale = await start_sale(stripe, "requires_capture")
        for _ in range(2):
            stripe.fail(call, StripeUnavailableError())
            assert (await sales.settle_sale(sale)).status == while_unknown[0]
            assert await sales.statuses(sale) == while_unknown
        await sales.sweep()
        assert await sales.statuses(sale) == ("completed", "completed")

    async def test_retries_when_a_refused_capture_cannot_be_read(self, stripe: FakeGateway) -> None:
        sale = await start_sale(stripe, "requires_capture")
        stripe.fail("capture_intent", StripeRefusedError("payment_intent_unexpected_state"))
        outcome = await sales.settle_sale(sale)
        assert outcome.status == "capturing"
        assert await sales.statuses(sale) == ("capturing", "created")
        await sales.sweep()
        assert await sales.statuses(sale) == ("completed", "completed")

    async def test_frees_the_ticket_at_once_although_the_last_cancel_is_unknown(
        self, stripe: FakeGateway
    ) -> None:
        sale = await start_sale(stripe, "requires_payment_method")
        for number in range(3):
            stripe.become("requires_payment_method", decline=Decline(f"ch_{number}", "no"))
            if number == 2:
                stripe.fail("cancel_intent", StripeUnavailableError())
            await sales.settle_sale(sale)
        assert await sales.statuses(sale) == ("cancelled", "created")
        assert await sales.try_to_hold(sale)
        await sales.sweep()
        assert await sales.statuses(sale) == ("cancelled", "failed")
        assert stripe.intent.status == "canceled"

    async def test_gives_up_a_claimed_order_only_once_the_intent_is_closed(
        self, stripe: FakeGateway
    ) -> None:
        sale = await start_sale(stripe, "requires_capture")
        stripe.fail("capture_intent", StripeUnavailableError())
        await sales.settle_sale(sale)
        stripe.become("requires_payment_method", decline=Decline("ch_1", "no"))
        stripe.fail("cancel_intent", StripeUnavailableError())
        await sales.settle_sale(sale)
        assert await sales.statuses(sale) == ("capturing", "created")
        await sales.sweep()
        assert await sales.statuses(sale) == ("cancelled", "failed")


class TestVoid:
    @pytest.mark.parametrize(
        ("status", "calls", "while_unknown"),
        [
            ("requires_action", ["cancel_intent"], "created"),
            # Refused, because it is changing to a state that is not known yet.
            ("processing", [], "created"),
            # Refused, because it was captured by hand; the following read may fail as well.
            ("succeeded", ["get_intent"], "created"),
            ("succeeded", ["refund_intent"], "failed"),
        ],
    )
    async def test_retries_until_stripe_answers(
        self, stripe: FakeGateway, status: str, calls: list[str], while_unknown: str
    ) -> None:
        sale = await start_sale(stripe, status)
        await factories.let_hold_lapse(sale.order.id)
        await sales.expire_due()
        for call in calls:
            stripe.fail(call, StripeUnavailableError())
        with pytest.raises(StripeUnavailableError):
            await void.void_charge(db.transaction, charge_id=sale.payment.id)
        assert await sales.statuses(sale) == ("expired", while_unknown)
        stripe.become("requires_capture" if status == "processing" else status)
        await sales.sweep()
        assert await sales.statuses(sale) == ("expired", "failed")
        refunds = [call for name, call in stripe.calls if name == "refund_intent"]
        assert len({call["key"] for call in refunds}) == (status == "succeeded")
        assert len(stripe.refunds) == (status == "succeeded")

    async def test_leaves_a_live_order_alone(self, stripe: FakeGateway) -> None:
        sale = await start_sale(stripe, "requires_action")
        await void.void_charge(db.transaction, charge_id=sale.payment.id)
        assert await sales.statuses(sale) == ("awaiting_payment", "created")
        assert [name for name, _ in stripe.calls] == ["create_intent"]
