"""A mail server that hangs delays no expiry and no payment."""

import asyncio
from uuid import uuid4

import pytest

from tests.outside.payer import PAID
from tests.outside.payment_market import PaymentMarket
from tests.waiting import eventually

pytestmark = pytest.mark.slow

# More mails than the two workers send at once.
HANGING = 12
HANG_SECONDS = 60

SENDING = "SELECT key FROM work WHERE kind = 'notices.mail' AND taken_until > now()"
HANGING_MAILS = "SELECT s.id FROM sends s WHERE s.address LIKE 'slow+%' AND s.status = 'due'"
QUICK = "UPDATE sends SET address = replace(address, 'slow+', 'quick+') WHERE status = 'due'"


async def is_sending(market: PaymentMarket) -> bool:
    """Whether a worker waits for the mail server."""
    return bool(await market.probe.rows(SENDING))


async def test_a_mail_server_that_hangs_holds_up_nothing_else(market: PaymentMarket) -> None:
    buyer, other = await market.payer(), await market.payer()
    stranger = await market.stranger()
    for _ in range(HANGING):
        email = f"slow+{HANG_SECONDS}@{uuid4().hex}.test"
        account = {"email": email, "password": "correct horse"}
        (await stranger.post("/api/users/signup", json=account)).raise_for_status()
    await eventually(lambda: is_sending(market))
    await market.probe.let_lapse(other.order_id)
    await market.expire()
    assert await market.probe.status(other.order_id) == "expired"
    await buyer.press_pay()
    await buyer.enter_card()  # The buyer has closed the tab.
    await buyer.comes_to(PAID)
    assert len(await market.probe.rows(HANGING_MAILS)) == HANGING
    # Or the workers would wait for these mails at the end.
    await asyncio.to_thread(market.site.kill_workers)
    await market.probe.rows(QUICK)
    await asyncio.to_thread(market.site.start_workers)
