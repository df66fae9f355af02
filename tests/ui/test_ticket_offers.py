"""The offer on a ticket's page: bought as seen, and hidden once it is withdrawn."""

from collections.abc import Awaitable, Callable

import pytest

from tests import factories
from tests.ui.conftest import Tab
from tests.ui.purchases import press, press_as_visitor
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.orders.service import release
from ticketing_app.ui.tickets.state import TicketDetailState

pytestmark = pytest.mark.usefixtures("database")
SignIn = Callable[[UserRead], Awaitable[str]]


class TestOffer:
    async def test_purchase_rejects_changed_offer(self, tab: Tab, sign_in: SignIn) -> None:
        seller = await factories.make_user()
        ticket = await factories.make_ticket(seller, price=20)
        cookie = await sign_in(await factories.make_user())
        tab.open(f"/tickets/{ticket.id}", cookie=cookie, ticket_id=str(ticket.id))
        await tab.call(TicketDetailState.load)
        await factories.change_ticket(ticket, seller, price=999)
        assert await press(tab, ticket) == ""
        shown = tab.state(TicketDetailState)
        assert "changed this offer" in shown.error_message
        assert shown.ticket.price == "$999"
        assert "/orders/" in await tab.call(TicketDetailState.purchase, shown.ticket.fields)

    async def test_purchase_ignores_change_outside_offer(self, tab: Tab, sign_in: SignIn) -> None:
        ticket = await factories.make_ticket()
        cookie = await sign_in(await factories.make_user())
        tab.open(f"/tickets/{ticket.id}", cookie=cookie, ticket_id=str(ticket.id))
        await tab.call(TicketDetailState.load)
        other = await factories.make_user()
        order = await factories.hold(ticket, other)
        async with db.transaction() as session:
            await release.cancel_order(session, buyer_id=other.id, order_id=order.id)
        assert "/orders/" in await press(tab, ticket)

    async def test_purchase_after_sign_in_rejects_changed_offer(
        self, tab: Tab, sign_in: SignIn
    ) -> None:
        seller = await factories.make_user()
        ticket = await factories.make_ticket(seller, price=20)
        tab.open(f"/tickets/{ticket.id}", ticket_id=str(ticket.id))
        await tab.call(TicketDetailState.load)
        address = await press_as_visitor(tab, ticket)
        await factories.change_ticket(ticket, seller, price=999)
        cookie = await sign_in(await factories.make_user())
        tab.open(address, cookie=cookie, ticket_id=str(ticket.id))
        assert await tab.call(TicketDetailState.load) == ""
        assert "changed this offer" in tab.state(TicketDetailState).error_message

    async def test_withdrawn_ticket_visible_to_seller_and_buyers_only(
        self, tab: Tab, sign_in: SignIn
    ) -> None:
        seller = await factories.make_user()
        buyer = await factories.make_user()
        ticket = await factories.make_ticket(seller, description="Call 555-1234")
        order = await factories.hold(ticket, buyer)
        shown = tab.state(TicketDetailState)
        address = f"/tickets/{ticket.id}"
        tab.open(address, ticket_id=str(ticket.id))
        await tab.call(TicketDetailState.load)
        async with db.transaction() as session:
            await release.cancel_order(session, buyer_id=buyer.id, order_id=order.id)
        await factories.withdraw(ticket, seller)
        # The page was still open.
        await tab.call(TicketDetailState.refresh)
        assert (shown.is_loaded, shown.ticket.description) == (False, "")
        assert "took this ticket off sale" in shown.error_message
        for someone in (seller, buyer):
            tab.open(address, cookie=await sign_in(someone), ticket_id=str(ticket.id))
            await tab.call(TicketDetailState.load)
            assert (shown.is_loaded, shown.ticket.description) == (True, "Call 555-1234")
