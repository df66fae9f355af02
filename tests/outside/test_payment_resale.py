"""Races of refund, resale and hold along a chain of sales: no buyer pays without a ticket."""

import asyncio

import pytest

from tests.outside.api_client import ApiClient
from tests.outside.payer import PAID, Payer
from tests.outside.payment_market import PaymentMarket
from tests.outside.test_payment_refunds import REFUNDED, alerts, paid, refund
from tests.site import Site

pytestmark = pytest.mark.races


async def relist(owner: ApiClient, ticket_id: str) -> tuple[int, str]:
    """List a ticket again; return the status of the answer and the id of the new ticket."""
    body = {"title": "Again", "price": 40, "previousTicketId": ticket_id}
    answer = await owner.post("/api/tickets", json=body)
    return answer.status_code, answer.json().get("id", "")


async def hold(market: PaymentMarket, ticket_id: str) -> Payer:
    """Return a buyer with this ticket held and its payment open."""
    buyer = await market.stranger()
    order = (await buyer.purchase(ticket_id)).raise_for_status().json()
    payer = Payer(buyer, market.stripe, market.probe, order)
    payer.payment = (await payer.open_payment()).raise_for_status().json()
    return payer


async def test_who_holds_the_listing_of_a_refunded_buyer_gets_the_ticket(
    site: Site, market: PaymentMarket
) -> None:
    buyer = await paid(market)
    _, again = await relist(buyer.client, buyer.ticket_id)
    later = await hold(market, again)
    assert (await asyncio.to_thread(refund, site, buyer)).returncode == 0
    await buyer.comes_to(REFUNDED)
    assert (await relist(market.seller, buyer.ticket_id))[0] == 409
    await later.press_pay()
    await later.enter_card()
    await later.settle()
    await later.comes_to(PAID)
    assert await alerts(market, later) == ["sold_on"]
    assert (await relist(market.seller, buyer.ticket_id))[0] == 403
