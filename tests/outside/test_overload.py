"""A web process with too much to do, on real sockets."""

from collections.abc import AsyncGenerator
from http import HTTPStatus

import httpx
import pytest

from tests.outside.api_client import ApiClients
from tests.outside.payment_market import PaymentMarket
from tests.outside.socket_client import SocketClient
from tests.site import Site
from tests.waiting import eventually
from ticketing_app.ui.purchases.views import Offer
from ticketing_app.ui.tickets.state import TicketDetailState

pytestmark = pytest.mark.slow

PURCHASE = f"{TicketDetailState.get_full_name()}.purchase"


@pytest.fixture(scope="module")
async def busy(site: Site) -> AsyncGenerator[str]:
    """A web process for which any lag of its event loop is too much, once it has measured one."""
    with site.other_web(LOOP_LAG_SECONDS="0.000000001") as web:
        async with httpx.AsyncClient(base_url=web.url, trust_env=False) as visitor:

            async def is_refused() -> bool:
                return (await visitor.get("/")).status_code == HTTPStatus.SERVICE_UNAVAILABLE

            await eventually(is_refused)
        yield web.url


async def test_refuses_with_a_time_to_wait(busy: str) -> None:
    async with httpx.AsyncClient(base_url=busy, trust_env=False) as visitor:
        for path, kind in (("/", "text/html"), ("/api/tickets", "application/problem+json")):
            answer = await visitor.get(path)
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0
            assert answer.headers["content-type"].startswith(kind)
            assert "try again in a moment" in answer.text
            assert "content-security-policy" in answer.headers
        for path in ("/api/health/live", "/api/health/ready", "/boot.js", "/auth/signin"):
            assert (await visitor.get(path)).status_code == 200, path


async def test_lets_buyers_pay(busy: str, market: PaymentMarket) -> None:
    payer = await market.hold()
    payer.client.base_url = httpx.URL(busy)
    payer.payment = (await payer.open_payment()).raise_for_status().json()
    await payer.press_pay()
    await payer.enter_card()
    await payer.settle()
    order = await payer.client.get(f"/api/orders/{payer.order_id}")
    assert order.status_code == 200
    assert (await payer.client.purchase(payer.ticket_id)).status_code == 503


async def test_answers_purchase_on_the_page(busy: str, clients: ApiClients) -> None:
    seller = await clients.sign_up()
    buyer = await clients.sign_up()
    ticket = await seller.sell()
    path = f"/tickets/{ticket['id']}"
    cookie = f"session={buyer.cookies['session']}"
    offer = Offer(ticket_id=ticket["id"], price_cents=4000)
    async with SocketClient(busy, path, origin=busy, cookie=cookie) as page:
        await eventually(lambda: '"is_loaded_rx_state_":true' in str(page.received))
        await page.call(PURCHASE, {"fields": offer.fields})
        await eventually(lambda: "Very many people are here right now" in str(page.received))
    assert (await buyer.get(f"/api/tickets/{ticket['id']}")).json()["status"] == "available"
