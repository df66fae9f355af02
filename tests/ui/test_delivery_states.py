"""Opening delivered tickets on the page of their order."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text

from tests.integration.accounts.browsers import age_proofs
from tests.integration.deliveries import sales
from tests.integration.payments.sales import Sale
from tests.ui.conftest import Tab
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.ui.deliveries.state import DeliveryState
from ticketing_app.ui.orders.state import OrderDetailState

pytestmark = pytest.mark.usefixtures("stripe_books")
SignIn = Callable[[UserRead], Awaitable[str]]


async def open_order(tab: Tab, sale: Sale, cookie: str) -> DeliveryState:
    tab.open(f"/orders/{sale.order.id}", cookie=cookie, order_id=str(sale.order.id))
    await tab.call(OrderDetailState.load)
    return tab.state(DeliveryState)


class TestOpen:
    async def test_shows_the_codes_after_the_seal_is_broken(
        self, tab: Tab, sign_in: SignIn
    ) -> None:
        sale = await sales.sell_files(b"a-long-payload-1")
        shown = await open_order(tab, sale, await sign_in(sale.buyer))
        assert (shown.delivery.can_open, shown.shown_id) == (True, "")
        assert tab.state(OrderDetailState).order.heading.startswith("Your ticket is here")
        await tab.call(DeliveryState.open)
        assert (shown.delivery.is_opened, shown.shown_id) == (True, shown.delivery.id)
        assert await sales.steps(sale.order.id) == ["begin", "open"]
        await tab.call(OrderDetailState.refresh)
        assert tab.state(OrderDetailState).order.heading.startswith("You are going")
        assert shown.shown_id
        await tab.call(OrderDetailState.load)
        assert shown.shown_id == ""

    async def test_every_handler_needs_a_proof(self, tab: Tab, sign_in: SignIn) -> None:
        sale = await sales.sell_files(b"a-long-payload-1")
        cookie = await sign_in(sale.buyer)
        shown = await open_order(tab, sale, cookie)
        await age_proofs()
        for handler, args in (
            (DeliveryState.open, ()),
            (DeliveryState.show, ()),
            (DeliveryState.download, (1,)),
        ):
            assert "proofneeded" in await tab.call(handler, *args)
        assert shown.shown_id == ""
        assert await sales.steps(sale.order.id) == ["begin"]

    async def test_downloads_a_part_of_its_own_delivery(self, tab: Tab, sign_in: SignIn) -> None:
        sale = await sales.sell_files(b"a-long-payload-1")
        shown = await open_order(tab, sale, await sign_in(sale.buyer))
        answer = await tab.call(DeliveryState.download, 1)
        assert f"/api/deliveries/{shown.delivery.id}/parts/1" in answer

    async def test_follows_a_kept_link_once_it_is_opened(self, tab: Tab, sign_in: SignIn) -> None:
        link = "https://pay.google.com/gp/v/save/a-long-payload"
        sale = await sales.sell_files(link.encode())
        async with db.autocommit() as connection:
            await connection.execute(text("UPDATE vault_files SET kind = 'text/uri-list'"))
        shown = await open_order(tab, sale, await sign_in(sale.buyer))
        await tab.call(DeliveryState.download, 1)
        assert "sealed" in shown.error_message
        await tab.call(DeliveryState.open)
        assert link in await tab.call(DeliveryState.download, 1)

    async def test_a_page_without_a_delivery_opens_nothing(self, tab: Tab, sign_in: SignIn) -> None:
        sale = await sales.sell()
        shown = await open_order(tab, sale, await sign_in(sale.buyer))
        assert shown.delivery.id == ""
        await tab.call(DeliveryState.open)
        assert "could not find" in shown.error_message
