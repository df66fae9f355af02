"""Two sides of a late delivery act at once through two web processes: exactly one of them counts."""

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from tests.outside.api_client import ApiClient, ApiClients
from tests.outside.database_probe import DatabaseProbe
from tests.outside.payer import Payer
from tests.outside.payment_market import PaymentMarket
from tests.site import Site

pytestmark = pytest.mark.slow

ROUNDS = 10
TRANSFER = {"method": "transfer", "issuer": "dice"}
ADDRESS = {"name": "Ben Ives", "email": "ben@gittix.test"}


async def sold(market: PaymentMarket, seller: ApiClient, buyer: ApiClient) -> tuple[str, str]:
    """Sell a ticket that is transferred; return the order and the delivery."""
    ticket = await seller.sell(delivery=TRANSFER)
    order: dict[str, Any] = (await buyer.purchase(ticket["id"])).raise_for_status().json()
    path = f"/api/orders/{order['id']}"
    (await buyer.put(f"{path}/address", json=ADDRESS)).raise_for_status()
    payer = Payer(buyer, market.stripe, market.probe, order)
    payer.payment = (await payer.open_payment()).raise_for_status().json()
    await payer.press_pay()
    await payer.enter_card()
    assert (await payer.settle())["status"] == "completed"
    delivery = (await buyer.get(f"{path}/delivery")).raise_for_status().json()
    return order["id"], delivery["id"]


def codes(answers: Sequence[httpx.Response]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


async def test_one_of_two_acts_counts(
    market: PaymentMarket, clients: ApiClients, site: Site, probe: DatabaseProbe
) -> None:
    seller, buyer = await clients.sign_up(), await clients.sign_up()
    with site.other_web() as other:
        async with (
            ApiClient(other.url, {"cookie": cookies_of(seller)}) as selling,
            ApiClient(other.url, {"cookie": cookies_of(buyer)}) as buying,
        ):
            for _ in range(ROUNDS):
                order_id, delivery_id = await sold(market, seller, buyer)
                path = f"/api/deliveries/{delivery_id}"
                await probe.let_be_late(order_id)
                chosen = await asyncio.gather(
                    buyer.post(f"{path}/wait"), buying.post(f"{path}/give-up")
                )
                assert codes(chosen) == [200, 409]
                if chosen[1].status_code == 200:
                    continue
                proof = {"reference": "TM-4711"}
                sent = await asyncio.gather(
                    seller.post(f"{path}/sent", json=proof),
                    selling.post(f"{path}/sent", json=proof),
                )
                assert codes(sent) == [200, 409]


def cookies_of(client: ApiClient) -> str:
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar)
