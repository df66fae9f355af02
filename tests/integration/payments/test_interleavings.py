"""Two callers at the same payment: one is in the middle of a step while the other decides."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from tests import factories
from tests.integration.payments import sales, stripe_side
from tests.integration.payments.stripe_side import ASKS_3DS, VISA
from tests.waiting import eventually
from ticketing_app.core import db
from ticketing_app.orders.service import payment
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
    await stripe_side.enter_card(sale.secret)
    return sale


def intent_id(sale: sales.Sale) -> str:
    return sale.secret.partition("_secret_")[0]


async def ask(query: str, **values: object) -> bool:
    async with db.autocommit() as connection:
        return bool((await connection.execute(text(query), values)).scalar_one())


@asynccontextmanager
async def claim_in_flight(sale: sales.Sale) -> AsyncGenerator[None]:
    """A claim that came in time and is committed, at the end of this, after the deadline."""
    await factories.let_hold_lapse(sale.order.id, seconds_ago=-0.3)
    over = "SELECT expires_at < clock_timestamp() FROM orders WHERE id = :id"
    async with db.transaction() as session:
        assert await payment.claim_for_capture(session, order_id=sale.order.id)
        await eventually(lambda: ask(over, id=sale.order.id))
        yield


async def end_or_wait(other: asyncio.Task[None]) -> None:
    """Let the other caller run until it ends or waits for what somebody else has locked."""
    waiting = """SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'"""
    await eventually(lambda: other.done() or ask(waiting))


class TestClaimInFlight:
    async def test_is_not_voided_from_the_deadline_on(self) -> None:
        sale = await authorised_sale()
        async with claim_in_flight(sale):
            other = asyncio.create_task(void.void(db.transaction, charge_id=sale.payment.id))
            await end_or_wait(other)
        await other
        assert await sales.ends(sale) == CLAIMED
        assert (await stripe_side.the_intent())["status"] == "requires_capture"
        assert (await sales.tell_settled(sale)).status == "completed"

    async def test_that_was_captured_is_not_given_back(self) -> None:
        sale = await authorised_sale()
        async with claim_in_flight(sale):
            await stripe_side.by_hand(sale.secret, "capture")
            other = asyncio.create_task(
                void.give_back(db.transaction, charge_id=sale.payment.id, stripe_id=intent_id(sale))
            )
            await end_or_wait(other)
        await other
        assert (await stripe_side.books())["refunds"] == []
        assert (await sales.tell_settled(sale)).status == "completed"

    async def test_frees_the_ticket_when_the_intent_was_cancelled_by_hand(self) -> None:
        sale = await authorised_sale()
        async with claim_in_flight(sale):
            await stripe_side.by_hand(sale.secret, "cancel")
            other = asyncio.create_task(settle.settle(db.transaction, charge_id=sale.payment.id))
            await end_or_wait(other)
        await other
        assert await sales.ends(sale) == ("cancelled", "failed")
        assert await sales.can_be_held(sale)


class TestBuyerLetsGo:
    @pytest.mark.parametrize("number", [VISA, ASKS_3DS])
    async def test_while_the_card_is_checked(self, number: str) -> None:
        sale = await sales.start_sale()
        await sales.press_pay(sale)
        await stripe_side.enter_card(sale.secret, number)
        await sales.release(sale)
        assert (await sales.tell_settled(sale)).status == "cancelled"
        assert await sales.ends(sale) == ("cancelled", "failed")
        late = await stripe_side.answer_3ds(sale.secret)
        assert late["error"]["code"] == "payment_intent_unexpected_state"
        assert await sales.can_be_held(sale)
