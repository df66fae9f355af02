"""A couple buys two of four seats in one order, against real processes."""

import asyncio
import os
import subprocess
import sys

import httpx
import pytest

from tests.outside.api_client import ApiClient
from tests.outside.emulator_client import ASKS_3DS, DECLINED
from tests.outside.payer import End, Payer
from tests.outside.payment_market import PaymentMarket
from tests.outside.test_payment_resale import relist
from tests.site import Site
from ticketing_app.devstack.stack import ROOT

pytestmark = pytest.mark.races

PAID = End("completed", "completed", captured=(8000,))
REFUNDED_IN_PART = PAID._replace(refunded=4000)


async def list_pairs(seller: ApiClient) -> str:
    """List four seats that are never sold one by one; return the id of the listing."""
    listing = {"title": "Okapi Sundays", "price": 40, "quantity": 4, "split": "no_single"}
    answer = await seller.post("/api/listings", json=listing | {"sideBySide": True})
    return answer.raise_for_status().json()["id"]


async def hold(buyer: ApiClient, listing_id: str, quantity: int) -> httpx.Response:
    """Press Purchase for the best seats of the listing."""
    wanted = {"listingId": listing_id, "quantity": quantity, "price": 40}
    return await buyer.post("/api/orders", json=wanted)


async def pay(payer: Payer) -> None:
    """Pay with a second card, after a decline of the first one and a 3-D Secure check."""
    payer.payment = (await payer.open_payment()).raise_for_status().json()
    await payer.press_pay()
    await payer.enter_card(DECLINED)
    assert (await payer.settle())["status"] == "created"
    await payer.press_pay()
    await payer.enter_card(ASKS_3DS)
    await payer.answer_3ds()
    await payer.settle()


def refund_ticket(site: Site, payer: Payer, ticket_id: str) -> None:
    """Run the refund command of the operators for one ticket."""
    words = ["refund", payer.order_id, "--ticket", ticket_id, "--reason", "The seat is broken."]
    subprocess.run(
        [sys.executable, "-m", "ticketing_app", *words],
        cwd=ROOT, env={**os.environ, **site.stack.env}, check=True, capture_output=True,
    )  # fmt: skip


async def test_pair_is_paid_together_refunded_in_part_and_sold_again(
    site: Site, market: PaymentMarket
) -> None:
    seller, buyer, stranger = [await market.stranger() for _ in range(3)]
    listing_id = await list_pairs(seller)
    order = (await hold(buyer, listing_id, 2)).raise_for_status().json()
    kept, given_back = [item["ticket"]["id"] for item in order["items"]]
    assert order["price"] == 80
    assert (await hold(stranger, listing_id, 1)).status_code == 409
    payer = Payer(buyer, market.stripe, market.probe, order)
    await pay(payer)
    await payer.comes_to(PAID)

    await asyncio.to_thread(refund_ticket, site, payer, given_back)
    await payer.comes_to(REFUNDED_IN_PART)
    for other, ticket_id in ((buyer, given_back), (seller, kept), (stranger, kept)):
        assert (await relist(other, ticket_id))[0] == 403
        assert (await stranger.purchase(ticket_id)).status_code == 409
    for owner, ticket_id in ((seller, given_back), (buyer, kept)):
        status, again = await relist(owner, ticket_id)
        assert (status, (await stranger.purchase(again)).status_code) == (201, 201)

    seats = (await stranger.get(f"/api/listings/{listing_id}")).json()["seats"]
    assert [seat["status"] for seat in seats] == ["sold", "sold", "available", "available"]
    assert (await hold(stranger, listing_id, 2)).status_code == 201
