"""Two callers at the same payment: one pauses within a step while the other decides."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from tests import factories
from tests.integration.payments import emulator, sales
from tests.integration.payments.emulator import ASKS_3DS, DECLINED, VISA
from tests.locks import end_or_wait
from tests.waiting import eventually
from ticketing_app.core import db
from ticketing_app.orders.service import order_payment
from ticketing_app.payments.gateway import intents
from ticketing_app.payments.schemas import Intent
from ticketing_app.payments.service import settle, void

CLAIMED = ("capturing", "created")


@pytest.fixture(autouse=True)
async def _settled_at_the_end(database: None) -> AsyncGenerator[None]:  # noqa: ARG001  # order only.
    yield
    await sales.sweep()
    assert await sales.broken_rules() == []


async def authorised_sale() -> sales.Sale:
    sale = await sales.start_sale()
    await sales.press_pay(sale)
    await emulator.enter_card(sale.secret)
    return sale


def intent_id(sale: sales.Sale) -> str:
    return sale.secret.partition("_secret_")[0]


async def ask(query: str, **values: object) -> bool:
    async with db.autocommit() as connection:
        return bool((await connection.execute(text(query), values)).scalar_one())


@asynccontextmanager
async def claim_in_flight(sale: sales.Sale) -> AsyncGenerator[None]:
    """A claim that started in time and is committed after the deadline, at the end of the block."""
    await factories.let_hold_lapse(sale.order.id, seconds_ago=-0.3)
    over = "SELECT expires_at < clock_timestamp() FROM orders WHERE id = :id"
    async with db.transaction() as session:
        assert await order_payment.claim_for_capture(session, order_id=sale.order.id)
        await eventually(lambda: ask(over, id=sale.order.id))
        yield


class TestClaimInFlight:
    async def test_is_not_voided_from_the_deadline_on(self) -> None:
        sale = await authorised_sale()
        async with claim_in_flight(sale):
            other = asyncio.create_task(void.void_charge(db.transaction, charge_id=sale.payment.id))
            await end_or_wait(other)
        await other
        assert await sales.statuses(sale) == CLAIMED
        assert (await emulator.the_intent())["status"] == "requires_capture"
        assert (await sales.settle_sale(sale)).status == "completed"

    async def test_that_was_captured_is_not_refunded(self) -> None:
        sale = await authorised_sale()
        async with claim_in_flight(sale):
            await emulator.act_in_dashboard(sale.secret, "capture")
            other = asyncio.create_task(
                void.refund_late_payment(
                    db.transaction, charge_id=sale.payment.id, stripe_id=intent_id(sale)
                )
            )
            await end_or_wait(other)
        await other
        assert (await emulator.books())["refunds"] == []
        assert (await sales.settle_sale(sale)).status == "completed"

    async def test_frees_the_ticket_when_the_intent_was_cancelled_by_hand(self) -> None:
        sale = await authorised_sale()
        async with claim_in_flight(sale):
            await emulator.act_in_dashboard(sale.secret, "cancel")
            other = asyncio.create_task(
                settle.settle_charge(db.transaction, charge_id=sale.payment.id)
            )
            await end_or_wait(other)
        await other
        assert await sales.statuses(sale) == ("cancelled", "failed")
        assert await sales.try_to_hold(sale)


class TestOldDecline:
    """A caller has read a decline from Stripe; before it continues, another card pays."""

    async def settle_slowly(
        self, sale: sales.Sale, meanwhile: Callable[[], Awaitable[None]]
    ) -> None:
        await sales.press_pay(sale)
        await emulator.enter_card(sale.secret, DECLINED)
        get_intent = intents.get_intent
        with pytest.MonkeyPatch.context() as patch:

            async def late(stripe_id: str) -> Intent:
                patch.undo()
                declined = await get_intent(stripe_id)
                await sales.press_pay(sale)
                await emulator.enter_card(sale.secret)
                await meanwhile()
                return declined

            patch.setattr(intents, "get_intent", late)
            await settle.settle_charge(db.transaction, charge_id=sale.payment.id)

    async def test_does_not_cancel_what_another_caller_claimed(self) -> None:
        sale = await sales.start_sale()

        async def claim() -> None:
            async with db.transaction() as session:
                assert await order_payment.claim_for_capture(session, order_id=sale.order.id)

        await self.settle_slowly(sale, claim)
        assert await sales.statuses(sale) == CLAIMED
        await sales.sweep()
        assert await sales.statuses(sale) == ("completed", "completed")

    async def test_accepts_a_paid_order(self) -> None:
        sale = await sales.start_sale()

        async def capture_and_die() -> None:
            async with db.transaction() as session:
                assert await order_payment.claim_for_capture(session, order_id=sale.order.id)
            await emulator.act_in_dashboard(sale.secret, "capture")

        await self.settle_slowly(sale, capture_and_die)
        await sales.sweep()
        assert await sales.statuses(sale) == ("completed", "completed")

    async def test_leaves_a_late_change_to_the_sweep(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sale = await sales.start_sale()
        await sales.press_pay(sale)
        await emulator.enter_card(sale.secret, DECLINED)
        async with db.transaction() as session:
            assert await order_payment.claim_for_capture(session, order_id=sale.order.id)
        cancel_intent = intents.cancel_intent

        async def too_late(stripe_id: str) -> Intent:
            await emulator.enter_card(sale.secret)
            await emulator.act_in_dashboard(sale.secret, "capture")
            return await cancel_intent(stripe_id)

        monkeypatch.setattr(intents, "cancel_intent", too_late)
        await settle.settle_charge(db.transaction, charge_id=sale.payment.id)
        assert await sales.statuses(sale) == CLAIMED
        await sales.sweep()
        assert await sales.statuses(sale) == ("completed", "completed")


class TestCancelOrder:
    @pytest.mark.parametrize("number", [VISA, ASKS_3DS])
    async def test_while_the_card_is_checked(self, number: str) -> None:
        sale = await sales.start_sale()
        await sales.press_pay(sale)
        await emulator.enter_card(sale.secret, number)
        await sales.release(sale)
        assert (await sales.settle_sale(sale)).status == "cancelled"
        assert await sales.statuses(sale) == ("cancelled", "failed")
        late = await emulator.answer_3ds(sale.secret)
        assert late["error"]["code"] == "payment_intent_unexpected_state"
        assert await sales.try_to_hold(sale)
