"""Refunds by the operators' command and in the Dashboard, and disputes by the bank."""

import asyncio
import os
import subprocess
import sys

import pytest

from tests.outside.emulator_client import ALWAYS, DISPUTED, REFUND_FAILS, VISA
from tests.outside.payer import PAID, End, Payer
from tests.outside.payment_market import PaymentMarket
from tests.site import Site
from tests.waiting import eventually
from ticketing_app.devstack.stack import ROOT

pytestmark = pytest.mark.races

REFUNDED = End("refunded", "completed", captured=(4000,), refunded=4000)
REFUNDING = End("refunding", "completed", captured=(4000,))


def refund(site: Site, payer: Payer) -> subprocess.CompletedProcess[str]:
    """Run the refund command of the operators."""
    return subprocess.run(
        [sys.executable, "-m", "ticketing_app", "refund", payer.order_id, "--reason", "Moved."],
        cwd=ROOT, env={**os.environ, **site.stack.env}, check=False, capture_output=True, text=True,
    )  # fmt: skip


async def paid(market: PaymentMarket, number: str = VISA) -> Payer:
    """Return a buyer who paid with this card."""
    payer = await market.payer()
    await payer.press_pay()
    await payer.enter_card(number)
    assert (await payer.settle())["status"] in {"capturing", "completed"}
    await eventually(lambda: _stands_at(market, payer, "completed"))
    return payer


async def alerts(market: PaymentMarket, payer: Payer) -> list[str]:
    """Return the kinds of the alerts about the order, oldest first."""
    query = "SELECT kind FROM payment_alerts WHERE order_id = $1 ORDER BY id"
    return [row["kind"] for row in await market.probe.rows(query, payer.order_id)]


async def refunds(market: PaymentMarket, payer: Payer) -> list[str]:
    """Return the ids of Stripe's refunds."""
    books = await market.stripe.books()
    return [row["id"] for row in books["refunds"] if row["payment_intent"] == payer.intent]


class TestRefund:
    async def test_wanted_four_times_at_once_is_made_once(
        self, site: Site, market: PaymentMarket
    ) -> None:
        payer = await paid(market)
        done = await asyncio.gather(*[asyncio.to_thread(refund, site, payer) for _ in range(4)])
        assert 0 in {command.returncode for command in done}
        await payer.comes_to(REFUNDED)
        assert [(await payer.charge())["stripe_refund_id"]] == await refunds(market, payer)
        assert (await payer.events()).count("ChargeRefunded") == 1
        assert await market.stranger_gets(payer.ticket_id) == 409

    async def test_whose_answer_is_lost_is_asked_for_again(
        self, site: Site, market: PaymentMarket
    ) -> None:
        payer = await paid(market)
        await market.stripe.order("webhooks", mode="hold")
        await market.stripe.break_next("POST /v1/refunds$", "lost", times=ALWAYS)
        await asyncio.to_thread(refund, site, payer)
        assert len(await refunds(market, payer)) == 1
        await market.stripe.order("clear")
        await market.sweep()
        await payer.comes_to(REFUNDED)
        assert [(await payer.charge())["stripe_refund_id"]] == await refunds(market, payer)

    async def test_by_hand_in_the_dashboard_is_recorded_with_an_alert(
        self, market: PaymentMarket
    ) -> None:
        payer = await paid(market)
        made = await market.stripe.by_hand("refunds", payment_intent=payer.intent)
        await payer.comes_to(REFUNDED)
        assert (await payer.charge())["stripe_refund_id"] == made["id"]
        assert await alerts(market, payer) == ["refunded_by_hand"]
        assert await market.stranger_gets(payer.ticket_id) == 409

    async def test_that_fails_later_is_never_shown_as_done(
        self, site: Site, market: PaymentMarket
    ) -> None:
        payer = await paid(market, REFUND_FAILS)
        await asyncio.to_thread(refund, site, payer)
        await eventually(lambda: _was_told(market, payer, "refund_failed"))
        assert await payer.comes_to(REFUNDING)
        assert (await payer.charge())["refund_status"] == "failed"


class TestDispute:
    async def test_opened_and_lost_is_recorded_with_an_alert(self, market: PaymentMarket) -> None:
        payer = await paid(market, DISPUTED)
        await eventually(lambda: _was_told(market, payer, "dispute"))
        assert (await payer.charge())["dispute_status"] == "needs_response"
        (dispute,) = await market.stripe.disputes(payer.intent)
        await market.stripe.by_hand(f"disputes/{dispute['id']}/close")
        await eventually(lambda: _is_lost(payer))
        assert await alerts(market, payer) == ["dispute", "dispute"]
        assert await payer.end() == PAID


async def _stands_at(market: PaymentMarket, payer: Payer, status: str) -> bool:
    return await market.probe.status(payer.order_id) == status


async def _was_told(market: PaymentMarket, payer: Payer, kind: str) -> bool:
    return kind in await alerts(market, payer)


async def _is_lost(payer: Payer) -> bool:
    return (await payer.charge())["dispute_status"] == "lost"
