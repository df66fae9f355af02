"""A slow Stripe: abandoned payments delay no buyer, and a hanging call delays no expiry."""

import asyncio

import pytest

from tests.outside.database_probe import UNFINISHED
from tests.outside.emulator_client import ALWAYS
from tests.outside.payer import PAID, Payer
from tests.outside.payment_market import PaymentMarket
from tests.waiting import eventually

pytestmark = pytest.mark.races

# More than two workers void at once.
ABANDONED = 20
WORKERS = 2
AT_ONCE = 5


async def open_dialogs(market: PaymentMarket, count: int) -> list[Payer]:
    """Return buyers who abandoned an open payment."""
    few = asyncio.Semaphore(AT_ONCE)

    async def open_dialog() -> Payer:
        async with few:
            return await market.payer()

    return await asyncio.gather(*(open_dialog() for _ in range(count)))


async def lapse(market: PaymentMarket, payers: list[Payer]) -> None:
    """Move the deadlines of these orders into the past and run the expiry job."""
    for payer in payers:
        await market.probe.let_lapse(payer.order_id)
    await market.expire()


async def count_open(payers: list[Payer]) -> int:
    """Count the payments that Stripe has not cancelled yet."""
    return sum([(await payer.charge())["status"] == "created" for payer in payers])


async def are_asked(payers: list[Payer]) -> bool:
    """Whether a worker has started each of them."""
    return all([(await payer.charge())["checks"] for payer in payers])


async def are_handled(market: PaymentMarket) -> bool:
    """Whether the subscribers have handled every event."""
    return not await market.probe.rows(UNFINISHED["an event that a subscriber has not handled"])


async def test_paid_order_is_settled_before_abandoned_ones(market: PaymentMarket) -> None:
    buyer = await market.payer()
    abandoned = await open_dialogs(market, ABANDONED)
    await market.stripe.break_next("/cancel$", "delay", times=ALWAYS, seconds=4)
    await lapse(market, abandoned)
    await eventually(lambda: are_handled(market))
    await buyer.press_pay()
    await buyer.enter_card()  # The buyer has closed the tab.
    await buyer.comes_to(PAID)
    assert await count_open(abandoned) > 0


async def test_a_silent_stripe_holds_up_no_expiry(market: PaymentMarket) -> None:
    other = await market.payer()
    silent = await open_dialogs(market, WORKERS)
    # Until the market settles down.
    await market.stripe.break_next("/cancel$", "delay", times=ALWAYS, seconds=600)
    await lapse(market, silent)
    await eventually(lambda: are_asked(silent))
    await lapse(market, [other])
    assert await market.probe.status(other.order_id) == "expired"
    assert await count_open(silent) == WORKERS
