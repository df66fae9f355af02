"""Handlers of the ticket pages, called by the pages and with hostile arguments."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest

from tests import factories
from tests.integration.payments import sales
from tests.ui.conftest import Tab
from tests.ui.purchases import press, press_as_visitor
from tests.ui.strangers import everything
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.ui.tickets.state import TicketDetailState

pytestmark = pytest.mark.usefixtures("database")
SignIn = Callable[[UserRead], Awaitable[str]]


class TestTicketDetailState:
    async def test_counts_down_cooldown(self, tab: Tab, sign_in: SignIn) -> None:
        buyer = await factories.make_user()
        ticket = await factories.make_ticket()
        await factories.hold(ticket, buyer)
        await factories.let_time_pass(ticket.id, 901)
        tab.open(f"/tickets/{ticket.id}", cookie=await sign_in(buyer), ticket_id=str(ticket.id))
        await tab.call(TicketDetailState.load)
        await press(tab, ticket)
        shown = tab.state(TicketDetailState)
        assert "you can hold it again in" in shown.error_message
        assert shown.paused_key == str(ticket.id)
        pause = datetime.fromisoformat(shown.paused_until) - datetime.fromisoformat(shown.paused_at)
        assert 50 < pause.total_seconds() <= 60
        await factories.let_time_pass(ticket.id, 60)
        await tab.call(TicketDetailState.end_pause)
        shown = tab.state(TicketDetailState)
        assert (shown.paused_key, shown.error_message, shown.ticket.can_buy) == ("", "", True)
        assert "/orders/" in await press(tab, ticket)

    async def test_shows_ticket_to_visitors(self, tab: Tab) -> None:
        ticket = await factories.make_ticket()
        tab.open(f"/tickets/{ticket.id}", ticket_id=str(ticket.id))
        await tab.call(TicketDetailState.load)
        shown = tab.state(TicketDetailState)
        assert (shown.ticket.status_line, shown.is_loaded) == ("Status - Available", True)

    @pytest.mark.parametrize("ticket_id", ["nonsense", "", "01a202f6-7e0d-756c-ba41-33bb5a4476a2"])
    async def test_reports_unknown_ticket(self, tab: Tab, ticket_id: str) -> None:
        ticket = await factories.make_ticket()
        tab.open("/tickets", ticket_id=str(ticket.id))
        await tab.call(TicketDetailState.load)
        tab.open("/tickets", ticket_id=ticket_id)
        await tab.call(TicketDetailState.load)
        shown = tab.state(TicketDetailState)
        assert "could not find this ticket" in shown.error_message
        assert not shown.is_loaded

    async def test_accepts_id_in_capitals(self, tab: Tab) -> None:
        ticket = await factories.make_ticket()
        tab.open("/tickets", ticket_id=str(ticket.id).upper())
        await tab.call(TicketDetailState.load)
        shown = tab.state(TicketDetailState)
        assert (shown.ticket.id, shown.is_loaded) == (str(ticket.id), True)

    async def test_rejects_other_spellings_of_id(self, tab: Tab) -> None:
        ticket = await factories.make_ticket()
        tab.open("/tickets", ticket_id=ticket.id.hex)
        await tab.call(TicketDetailState.load)
        assert "could not find this ticket" in tab.state(TicketDetailState).error_message

    async def test_shows_similar_tickets(self, tab: Tab) -> None:
        kind: dict[str, Any] = {"category": "concert", "city": "Rotterdam"}
        ticket = await factories.make_ticket(title="One", **kind)
        other = await factories.make_ticket(title="Other", **kind)
        tab.open(f"/tickets/{ticket.id}", ticket_id=str(ticket.id))
        await tab.call(TicketDetailState.load)
        shown = tab.state(TicketDetailState)
        assert [card.title for card in shown.similar] == ["Other"]
        await factories.hold(other)
        await tab.call(TicketDetailState.refresh)
        assert len(shown.similar) == 1, "A row that changes tells so; it is not taken away."
        tab.open(f"/tickets/{other.id}", ticket_id=str(other.id))
        await tab.call(TicketDetailState.load)
        assert [card.title for card in shown.similar] == ["One"]

    async def test_confirms_to_sellers_only(self, tab: Tab, sign_in: SignIn) -> None:
        seller = await factories.make_user()
        ticket = await factories.make_ticket(seller)
        address = f"/tickets/{ticket.id}?done=saved"
        shown = tab.state(TicketDetailState)
        tab.open(address, cookie=await sign_in(seller), ticket_id=str(ticket.id))
        await tab.call(TicketDetailState.load)
        assert shown.note == "Your changes are saved."
        tab.open(address, ticket_id=str(ticket.id))
        await tab.call(TicketDetailState.load)
        assert shown.note == ""

    async def test_refresh_keeps_error(self, tab: Tab, sign_in: SignIn) -> None:
        ticket = await factories.make_ticket()
        await factories.hold(ticket)
        cookie = await sign_in(await factories.make_user())
        tab.open(f"/tickets/{ticket.id}", cookie=cookie, ticket_id=str(ticket.id))
        await press(tab, ticket)
        await tab.call(TicketDetailState.refresh)
        shown = tab.state(TicketDetailState)
        assert "Someone was quicker" in shown.error_message
        assert shown.ticket.status == "locked"
        await tab.call(TicketDetailState.load)
        assert shown.error_message == ""

    async def test_purchase_holds_ticket(self, tab: Tab, sign_in: SignIn) -> None:
        ticket = await factories.make_ticket()
        cookie = await sign_in(await factories.make_user())
        tab.open(f"/tickets/{ticket.id}", cookie=cookie, ticket_id=str(ticket.id))
        first = await press(tab, ticket)
        assert "/orders/" in first
        # A second click opens the same order instead of an error.
        assert await press(tab, ticket) == first

    async def test_purchase_redirects_visitors_to_sign_in(self, tab: Tab) -> None:
        ticket = await factories.make_ticket()
        before = await everything()
        tab.open(f"/tickets/{ticket.id}", ticket_id=str(ticket.id))
        answer = await press(tab, ticket)
        assert f"/auth/signin?next=%2Ftickets%2F{ticket.id}" in answer
        assert await everything() == before

    async def test_purchase_continues_after_sign_in(self, tab: Tab, sign_in: SignIn) -> None:
        ticket = await factories.make_ticket()
        address = await press_as_visitor(tab, ticket)
        cookie = await sign_in(await factories.make_user())
        tab.open(address, cookie=cookie, ticket_id=str(ticket.id))
        assert "/orders/" in await tab.call(TicketDetailState.load)
        before = await everything()
        assert await tab.call(TicketDetailState.load) == ""
        assert await everything() == before

    async def test_late_continued_purchase_is_rejected(self, tab: Tab, sign_in: SignIn) -> None:
        ticket = await factories.make_ticket()
        address = await press_as_visitor(tab, ticket)
        await factories.hold(ticket)
        cookie = await sign_in(await factories.make_user())
        tab.open(address, cookie=cookie, ticket_id=str(ticket.id))
        assert await tab.call(TicketDetailState.load) == ""
        shown = tab.state(TicketDetailState)
        assert shown.is_loaded
        assert "Someone was quicker" in shown.error_message

    @pytest.mark.parametrize("parameter", ["", "?purchase=", "?purchase=guessed"])
    async def test_link_alone_does_not_purchase(
        self, tab: Tab, sign_in: SignIn, parameter: str
    ) -> None:
        ticket = await factories.make_ticket()
        await press_as_visitor(tab, ticket)
        cookie = await sign_in(await factories.make_user())
        before = await everything()
        tab.open(f"/tickets/{ticket.id}{parameter}", cookie=cookie, ticket_id=str(ticket.id))
        assert await tab.call(TicketDetailState.load) == ""
        assert await everything() == before

    async def test_returning_visitor_is_not_signed_in(self, tab: Tab, sign_in: SignIn) -> None:
        ticket = await factories.make_ticket()
        address = await press_as_visitor(tab, ticket)
        tab.open(address, ticket_id=str(ticket.id))
        assert await tab.call(TicketDetailState.load) == ""
        tab.open(
            address, cookie=await sign_in(await factories.make_user()), ticket_id=str(ticket.id)
        )
        before = await everything()
        assert await tab.call(TicketDetailState.load) == ""
        assert await everything() == before

    async def test_purchase_rejects_held_ticket(self, tab: Tab, sign_in: SignIn) -> None:
        ticket = await factories.make_ticket()
        await factories.hold(ticket)
        before = await everything()
        cookie = await sign_in(await factories.make_user())
        tab.open(f"/tickets/{ticket.id}", cookie=cookie, ticket_id=str(ticket.id))
        await press(tab, ticket)
        assert "Someone was quicker" in tab.state(TicketDetailState).error_message
        assert await everything() == before

    async def test_purchase_rejects_invalid_id(self, tab: Tab, sign_in: SignIn) -> None:
        cookie = await sign_in(await factories.make_user())
        before = await everything()
        tab.open("/tickets/x", cookie=cookie, ticket_id="' OR 1=1")
        fields = {"ticket_id": "' OR 1=1", "price_cents": "1"}
        await tab.call(TicketDetailState.purchase, fields)
        assert "could not see what you want to buy" in tab.state(TicketDetailState).error_message
        assert await everything() == before

    @pytest.mark.usefixtures("stripe_books")
    async def test_owners_see_ownership_and_resale(self, tab: Tab, sign_in: SignIn) -> None:
        sale = await sales.sell()
        seller = UserRead(id=sale.ticket.seller_id, email="")
        shown = tab.state(TicketDetailState)
        address = f"/tickets/{sale.ticket.id}"
        seen = []
        for someone in (None, await factories.make_user(), seller, sale.buyer):
            cookie = await sign_in(someone) if someone else ""
            tab.open(address, cookie=cookie, ticket_id=str(sale.ticket.id))
            await tab.call(TicketDetailState.load)
            seen.append(([line.text for line in shown.ownership], shown.resale_href != ""))
        assert seen == [
            ([], False),
            ([], False),
            (["Listed by you", "Bought"], False),
            (["Listed by its first seller", "Bought by you"], True),
        ]

    async def test_withdraw_requires_seller(self, tab: Tab, sign_in: SignIn) -> None:
        seller = await factories.make_user()
        ticket = await factories.make_ticket(seller)
        before = await everything()
        for cookie in ("", await sign_in(await factories.make_user())):
            tab.open(f"/tickets/{ticket.id}", cookie=cookie, ticket_id=str(ticket.id))
            await tab.call(TicketDetailState.withdraw)
        assert "Only the seller" in tab.state(TicketDetailState).error_message
        assert await everything() == before
        tab.open(f"/tickets/{ticket.id}", cookie=await sign_in(seller), ticket_id=str(ticket.id))
        await tab.call(TicketDetailState.withdraw)
        assert tab.state(TicketDetailState).ticket.status == "withdrawn"
