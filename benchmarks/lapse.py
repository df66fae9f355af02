"""Abandoned payments and a slow Stripe: `python -m benchmarks.lapse`.

150 buyers abandon an open payment; their holds end at the same moment, and every call to Stripe takes
half a second. One more buyer paid in time and closed the tab: how long after the webhook is the order
completed? Then Stripe accepts a connection without answering: how much later does another order expire?
"""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack, aclosing

from benchmarks.measure import check_limit, running_site
from tests.outside.api_client import ApiClient, ApiClients
from tests.outside.database_probe import DatabaseProbe
from tests.outside.payer import PAID, Payer
from tests.outside.payment_market import PaymentMarket
from tests.site import Site
from tests.waiting import eventually

ABANDONED = 150
HOLDS_EACH = 5
AT_ONCE = 6
CALL_SECONDS = 0.5
PAID_LIMIT_SECONDS = 2
HOLD_SECONDS = 6
HANG_SECONDS = 20
SHIFT_LIMIT_SECONDS = 1
WAIT_SECONDS = 120

LAPSE = """
    WITH lease AS (
      UPDATE tickets SET locked_until = clock_timestamp() WHERE order_id = ANY($1) RETURNING id)
    UPDATE orders SET expires_at = clock_timestamp()
    WHERE id = ANY($1) AND (SELECT count(*) FROM lease) >= 0"""
PAID_AFTER = """
    SELECT extract(epoch FROM s.at - e.received_at)::float8 AS seconds
    FROM order_steps s, stripe_events e
    WHERE s.order_id = $1 AND s.status = 'completed'
      AND e.intent_id = $2 AND e.kind = 'payment_intent.amount_capturable_updated'"""
EXPIRED_AFTER = """
    SELECT extract(epoch FROM at - expires_at)::float8 AS seconds
    FROM order_steps WHERE order_id = $1 AND status = 'expired'"""


def main() -> int:
    with running_site() as site:
        is_kept = asyncio.run(_measure(site))
    return 0 if is_kept else 1


async def _measure(site: Site) -> bool:
    probe = DatabaseProbe(site.stack.env)
    async with AsyncExitStack() as stack, aclosing(probe.redis):
        market = PaymentMarket(site, ApiClients(site.url, stack), probe)
        try:
            paid = await _measure_buyer(market)
            shift = await _measure_hang(site, market)
        finally:
            await market.close()
    limits = (
        ("a buyer's ticket, after the webhook", paid, PAID_LIMIT_SECONDS),
        ("expiry of another order, later when a call hangs", shift, SHIFT_LIMIT_SECONDS),
    )
    verdicts = [check_limit(name, measured, limit, "s") for name, measured, limit in limits]
    return all(verdicts)


async def _measure_buyer(market: PaymentMarket) -> float:
    seller = await market.stranger()
    abandoned = await _open_dialogs(market, seller, ABANDONED)
    [buyer] = await _open_dialogs(market, seller, 1)
    await market.stripe.break_next("/v1/", "delay", times=100_000, seconds=CALL_SECONDS)
    await market.probe.rows(LAPSE, [payer.order_id for payer in abandoned])
    await market.expire()
    await buyer.press_pay()
    await buyer.enter_card()
    await eventually(lambda: _is_paid(buyer), seconds=WAIT_SECONDS)
    [row] = await market.probe.rows(PAID_AFTER, buyer.order_id, buyer.intent)
    still_open = "SELECT count(*) AS count FROM charges WHERE status = 'created'"
    [left] = await market.probe.rows(still_open)
    print(f"{left['count']} of {ABANDONED} abandoned payments were still to be voided then")
    await eventually(market.probe.is_all_done, seconds=WAIT_SECONDS)
    await market.stripe.order("clear")
    return row["seconds"]


async def _measure_hang(site: Site, market: PaymentMarket) -> float:
    seller = await market.stranger()
    with site.other_web(ORDER_HOLD_SECONDS=str(HOLD_SECONDS)) as web:
        calm = await _lapse_by_itself(market, seller, web.url)
        [silent] = await _open_dialogs(market, seller, 1)
        await market.stripe.break_next("/cancel$", "delay", seconds=HANG_SECONDS)
        await market.probe.let_lapse(silent.order_id)
        await market.expire()
        hanging = await _lapse_by_itself(market, seller, web.url)
    assert (await silent.charge())["status"] == "created", "the call did not hang for long enough"
    print(f"expired {calm:.2f} s after the deadline, {hanging:.2f} s while a call hangs")
    return max(0.0, hanging - calm)


async def _lapse_by_itself(market: PaymentMarket, seller: ApiClient, url: str) -> float:
    """Hold a ticket, walk away, and return how many seconds after its deadline it was closed."""
    ticket = await seller.sell()
    buyer = await market.stranger()
    answer = await buyer.post(f"{url}/api/orders", json={"ticketId": ticket["id"]})
    order_id = answer.raise_for_status().json()["id"]

    async def is_expired() -> bool:
        return await market.probe.status(order_id) == "expired"

    await eventually(is_expired, seconds=WAIT_SECONDS)
    [row] = await market.probe.rows(EXPIRED_AFTER, order_id)
    return row["seconds"]


async def _open_dialogs(market: PaymentMarket, seller: ApiClient, count: int) -> Sequence[Payer]:
    """Return buyers with open payments, a few tickets each."""
    few = asyncio.Semaphore(AT_ONCE)

    async def open_some(number: int) -> list[Payer]:
        async with few:
            buyer = await market.stranger()
            return [await _open_dialog(market, seller, buyer) for _ in range(number)]

    numbers = [min(HOLDS_EACH, count - first) for first in range(0, count, HOLDS_EACH)]
    opened = await asyncio.gather(*(open_some(number) for number in numbers))
    return [payer for some in opened for payer in some]


async def _open_dialog(market: PaymentMarket, seller: ApiClient, buyer: ApiClient) -> Payer:
    ticket = await seller.sell()
    order = (await buyer.purchase(ticket["id"])).raise_for_status().json()
    payer = Payer(buyer, market.stripe, market.probe, order)
    payer.payment = (await payer.open_payment()).raise_for_status().json()
    return payer


async def _is_paid(buyer: Payer) -> bool:
    return await buyer.end() == PAID


if __name__ == "__main__":
    sys.exit(main())
