"""Payments during failures: lost responses, crashes, Stripe outages, changes in its Dashboard."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.outside.emulator_client import ALWAYS
from tests.outside.payer import CANCELLED, EXPIRED, PAID, End, Payer
from tests.outside.payment_market import JOBS, PaymentMarket
from tests.site import Site
from tests.waiting import eventually

pytestmark = pytest.mark.races

TRIES = 3  # Attempts of Stripe's SDK: a response is lost for good if all of them fail.
CAPTURED = End("capturing", "created", captured=(4000,))
CAPTURING = End("capturing", "created", authorised=4000)
GIVEN_BACK = End("expired", "failed", captured=(4000,), refunded=4000)


@asynccontextmanager
async def crash_of_web(
    site: Site, payer: Payer, moment: Callable[[], Awaitable[bool]]
) -> AsyncGenerator[None]:
    """Kill the web process while it settles, at this moment; it stays down for the block."""
    settling = asyncio.create_task(payer.settle())
    await eventually(moment)
    await asyncio.to_thread(site.kill_web)
    try:
        with pytest.raises(httpx.HTTPError):
            await settling
        yield
    finally:
        await asyncio.to_thread(site.start_web)


@asynccontextmanager
async def crash_of_workers(
    market: PaymentMarket, moment: Callable[[], Awaitable[bool]]
) -> AsyncGenerator[None]:
    """Kill both workers while one of them checks payments, at this moment; they stay down for the block."""
    await market.make_due()
    market.enqueue(JOBS[0])
    await eventually(moment)
    await asyncio.to_thread(market.site.kill_workers)
    try:
        yield
    finally:
        await asyncio.to_thread(market.site.start_workers)


class TestAnswersGetLost:
    async def test_of_create_finds_the_same_payment_again(self, market: PaymentMarket) -> None:
        payer = await market.hold()
        await market.stripe.break_next("POST /v1/payment_intents$", "lost", times=TRIES)
        assert (await payer.open_payment()).status_code == 503
        payer.payment = (await payer.open_payment()).raise_for_status().json()
        assert [intent["id"] for intent in await payer.intents()] == [payer.intent]

    async def test_of_create_with_an_error_that_stripe_keeps_leaves_one_that_can_be_paid(
        self, market: PaymentMarket
    ) -> None:
        payer = await market.hold()
        await market.stripe.break_next("POST /v1/payment_intents$", "stored500", late=True)
        assert (await payer.open_payment()).status_code == 503
        payer.payment = (await payer.open_payment()).raise_for_status().json()
        await payer.press_pay()
        await payer.enter_card()
        assert (await payer.settle())["status"] == "completed"
        assert await payer.end() == PAID
        (orphan,) = [row for row in await payer.intents() if row["id"] != payer.intent]
        assert (orphan["status"], orphan["authorised"]) == ("requires_payment_method", 0)

    @pytest.mark.parametrize("times", [1, TRIES])
    async def test_of_capture_charges_once(self, market: PaymentMarket, times: int) -> None:
        payer = await market.authorised()
        await market.stripe.break_next(f"{payer.intent}/capture", "lost", times=times)
        outcome = await payer.settle()
        assert outcome["status"] == ("completed" if times == 1 else "capturing")
        assert (await payer.end()).captured == (4000,)
        await market.sweep()
        await payer.comes_to(PAID)


class TestStripeIsDown:
    async def test_at_capture_keeps_the_ticket_for_the_payer(self, market: PaymentMarket) -> None:
        payer = await market.authorised()
        await market.stripe.break_next(f"{payer.intent}/capture", "down", times=ALWAYS)
        outcome = await payer.settle()
        assert outcome["status"] == "capturing"
        assert outcome["message"].startswith("We are confirming your payment.")
        await market.probe.let_lapse(payer.order_id)
        await market.expire()
        await market.sweep()
        assert await payer.end() == CAPTURING
        assert await market.stranger_gets(payer.ticket_id) == 409
        await market.stripe.order("clear")
        await market.sweep()
        await payer.comes_to(PAID)

    async def test_at_capture_and_cancelled_at_stripe_frees_the_ticket(
        self, market: PaymentMarket
    ) -> None:
        payer = await market.authorised()
        await market.stripe.break_next(f"{payer.intent}/capture", "down", times=ALWAYS)
        assert (await payer.settle())["status"] == "capturing"
        await market.stripe.by_hand(f"payment_intents/{payer.intent}/cancel")
        await market.sweep()
        await payer.comes_to(CANCELLED)
        assert await market.stranger_gets(payer.ticket_id) == 201

    async def test_at_expiry_frees_the_ticket_at_once_and_voids_later(
        self, market: PaymentMarket
    ) -> None:
        payer = await market.authorised()
        await market.stripe.break_next(payer.intent, "down", times=ALWAYS)
        await market.probe.let_lapse(payer.order_id)
        assert await market.stranger_gets(payer.ticket_id) == 201
        await market.sweep()
        assert await payer.end() == End("expired", "created", authorised=4000)
        await market.stripe.order("clear")
        await market.sweep()
        await payer.comes_to(EXPIRED)


class TestCrashes:
    @pytest.mark.parametrize("is_in_time", [True, False])
    async def test_of_web_between_authorise_and_claim(
        self, site: Site, market: PaymentMarket, *, is_in_time: bool
    ) -> None:
        payer = await market.authorised()
        asked = f"GET /v1/payment_intents/{payer.intent}"
        # The process dies between two attempts to read the payment, before any claim.
        await market.stripe.break_next(f"{asked}$", "500", times=TRIES)
        async with crash_of_web(site, payer, lambda: market.stripe.saw(asked, fault="500")):
            assert (await payer.end()).order == "awaiting_payment"
            await market.stripe.order("clear")
            if not is_in_time:
                await market.probe.let_lapse(payer.order_id)
            await market.sweep()
            await market.expire()
            await payer.comes_to(PAID if is_in_time else EXPIRED)
        assert (await payer.settle())["status"] == ("completed" if is_in_time else "expired")

    async def test_of_web_after_the_claim(self, site: Site, market: PaymentMarket) -> None:
        payer = await market.authorised()
        asked = f"POST /v1/payment_intents/{payer.intent}/capture"
        await market.stripe.break_next(f"{asked}$", "500", times=TRIES)
        async with crash_of_web(site, payer, lambda: market.stripe.saw(asked, fault="500")):
            await market.stripe.order("clear")
            await market.probe.let_lapse(payer.order_id)
            await market.expire()
            assert await payer.end() == CAPTURING
            await market.sweep()
            await payer.comes_to(PAID)

    async def test_of_web_after_the_capture_before_its_commit(
        self, site: Site, market: PaymentMarket
    ) -> None:
        payer = await market.authorised()
        await market.stripe.break_next(f"{payer.intent}/capture", "delay", seconds=3, late=True)
        async with crash_of_web(site, payer, lambda: _is_captured(payer)):
            assert await payer.end() == CAPTURED
            await market.sweep()
            await payer.comes_to(PAID)

    async def test_of_both_workers_after_the_capture_before_its_commit(
        self, market: PaymentMarket
    ) -> None:
        payer = await market.authorised()
        await market.stripe.break_next(f"{payer.intent}/capture", "delay", seconds=3, late=True)
        async with crash_of_workers(market, lambda: _is_captured(payer)):
            assert await payer.end() == CAPTURED
            assert await market.stranger_gets(payer.ticket_id) == 409
        await market.sweep()
        await payer.comes_to(PAID)


class TestDashboard:
    async def test_captured_by_hand_in_time_is_paid(self, market: PaymentMarket) -> None:
        payer = await market.authorised()
        await market.stripe.by_hand(f"payment_intents/{payer.intent}/capture")
        assert (await payer.settle())["status"] == "completed"
        assert await payer.end() == PAID

    async def test_captured_by_hand_after_expiry_is_given_back(self, market: PaymentMarket) -> None:
        payer = await market.authorised()
        # The cancellation fails, and the payment is captured in the Dashboard before its retry.
        await market.stripe.break_next(f"{payer.intent}/cancel", "down", times=ALWAYS)
        await market.probe.let_lapse(payer.order_id)
        await market.expire()
        await market.stripe.by_hand(f"payment_intents/{payer.intent}/capture")
        await market.stripe.order("clear")
        await market.sweep()
        await payer.comes_to(GIVEN_BACK)
        # Stripe's books have the refund before the site has its response.
        await eventually(lambda: _has_refund(payer))
        assert await market.stranger_gets(payer.ticket_id) == 201

    async def test_cancelled_by_hand_while_live_frees_the_ticket(
        self, market: PaymentMarket
    ) -> None:
        payer = await market.authorised()
        await market.stripe.by_hand(f"payment_intents/{payer.intent}/cancel")
        assert (await payer.settle())["status"] == "cancelled"
        assert await payer.end() == CANCELLED
        assert await market.stranger_gets(payer.ticket_id) == 201


async def _is_captured(payer: Payer) -> bool:
    return (await payer.end()).captured == (4000,)


async def _has_refund(payer: Payer) -> bool:
    return (await payer.charge())["stripe_refund_id"] is not None
