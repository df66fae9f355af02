"""Card testing from outside: a script with one account tries stolen cards as fast as Stripe answers."""

import pytest

from tests.outside.emulator_client import DECLINED
from tests.outside.payer import Payer
from tests.outside.payment_market import PaymentMarket

pytestmark = pytest.mark.races

ORDERS = 6
CARDS_PER_ORDER = 40
# Latency of a bank; each order is closed before the next card is checked.
BANK_SECONDS = 0.3


async def test_one_account_tries_six_cards_at_most(market: PaymentMarket) -> None:
    await market.stripe.break_next("/confirm$", "delay", times=1000, seconds=BANK_SECONDS)
    thief = await market.stranger()
    tried = 0
    refusal = None
    for _ in range(ORDERS):
        payer = await market.hold(thief)
        answer = await payer.open_payment()
        if answer.status_code != 201:
            refusal = answer
            break
        payer.payment = answer.json()
        tried += await try_cards(payer)
    assert 0 < tried <= 6
    assert refusal is not None
    assert refusal.status_code == 429
    assert 0 < int(refusal.headers["retry-after"]) <= 3600


async def try_cards(payer: Payer) -> int:
    """Try cards until the payment is closed; return how many were declined."""
    for tried in range(CARDS_PER_ORDER):
        answer = await payer.enter_card(DECLINED)
        if answer["error"]["code"] != "card_declined":
            return tried
    return CARDS_PER_ORDER
