"""Handlers of the ticket pages, called by the pages and with hostile arguments."""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import pytest

from tests import factories
from tests.integration.payments import sales
from tests.ui.conftest import Tab
from tests.ui.strangers import HOSTILE, everything
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.ui.tickets.state import TicketDetailState, TicketListState

pytestmark = pytest.mark.usefixtures("database")
SignIn = Callable[[UserRead], Awaitable[str]]


async def press_purchase_as_visitor(tab: Tab, ticket_id: UUID) -> str:
    """Return the address that sign-in leads back to."""
    tab.open(f"/tickets/{ticket_id}", ticket_id=str(ticket_id))
    answer = await tab.call(TicketDetailState.purchase)
    found = re.search(r"next=([\w%-]+)", answer)
    assert found
    return unquote(found[1])


class TestTicketListState:
    async def test_shows_tickets_for_sale(self, tab: Tab) -> None:
        for title in ("First", "Second"):
            await factories.make_ticket(title=title)
        await tab.call(TicketListState.load)
        assert [card.title for card in tab.state(TicketListState).cards] == ["Second", "First"]

    async def test_shows_search_of_address(self, tab: Tab) -> None:
        for title, price in (("Red Hats", 40), ("Red Shoes", 20), ("Blue", 10)):
            await factories.make_ticket(title=title, price=price, category="comedy", city="Rome")
        tab.open("/?q=red&sort=cheapest&category=comedy&maxPrice=40")
        await tab.call(TicketListState.load)
        shown = tab.state(TicketListState)
        assert [card.title for card in shown.cards] == ["Red Shoes", "Red Hats"]
        assert (shown.count_line, shown.is_filtered, shown.cities) == ("2 tickets", True, ["Rome"])
        assert [chip.label for chip in shown.chips] == ["Comedy", "Up to $40"]
        assert shown.chips[0].href == "/?q=red&maxPrice=40&sort=cheapest"
        assert shown.cleared_href == "/?q=red&sort=cheapest"
        tab.open("/")
        await tab.call(TicketListState.load)
        assert (len(shown.cards), shown.chips, shown.is_filtered) == (3, [], False)

    async def test_formats_for_locale(self, tab: Tab) -> None:
        await factories.make_ticket(price=1200)
        tab.open("/?minPrice=1000&from=2027-11-03", language="en-GB")
        await tab.call(TicketListState.load)
        shown = tab.state(TicketListState)
        assert [chip.label for chip in shown.chips] == ["From 3 Nov 2027", "US$1,000 and more"]
        tab.open("/", language="de-DE,de;q=0.9")
        await tab.call(TicketListState.load)
        assert [card.price for card in shown.cards] == ["1.200\u00a0US$"]
        assert [card.price_format for card in shown.cards] == [("", "\u00a0US$", ".", ",", "3")]

    async def test_reports_and_ignores_invalid_parameters(self, tab: Tab) -> None:
        await factories.make_ticket(city="Rome")
        tab.open("/?sort=best&minPrice=much&category=opera&city=Rome")
        await tab.call(TicketListState.load)
        shown = tab.state(TicketListState)
        assert set(shown.wrong) == {"sort", "minPrice", "category"}
        assert len(shown.cards) == 1
        assert [chip.label for chip in shown.chips] == ["Rome"]

    async def test_reports_corrected_search(self, tab: Tab) -> None:
        seller = await factories.make_user()
        for number in range(30):
            await factories.make_ticket(seller, title=f"Lanterns {number}")
        tab.open("/?q=lanters")
        await tab.call(TicketListState.load)
        shown = tab.state(TicketListState)
        assert shown.notice == "Nothing matches “lanters”. Showing “lanterns” instead."
        assert shown.count_line == "30 tickets"
        await tab.call(TicketListState.load_more)
        assert len(shown.cards) == 30
        await tab.call(TicketListState.refresh)
        assert len(shown.cards) == 30

    async def test_suggests_removing_filters(self, tab: Tab) -> None:
        await factories.make_ticket(title="Lanterns", category="comedy", city="Rome")
        tab.open("/?q=lanterns&category=comedy&city=Oslo")
        await tab.call(TicketListState.load)
        shown = tab.state(TicketListState)
        assert (shown.cards, shown.count_line) == ([], "No tickets found")
        assert [(way.label, way.count_line, way.href) for way in shown.suggestions] == [
            ("Without “Oslo”", "1 ticket", "/?q=lanterns&category=comedy")
        ]
        assert "Oslo" in shown.cities

    async def test_announces_matching_new_listings_only(self, tab: Tab) -> None:
        tab.open("/?city=Rome")
        await tab.call(TicketListState.load)
        rome = await factories.make_ticket(city="Rome")
        oslo = await factories.make_ticket(city="Oslo")
        for _ in range(2):
            await tab.call(TicketListState.match_new, [str(rome.id), str(oslo.id)])
        shown = tab.state(TicketListState)
        assert shown.new_ids == [str(rome.id)]
        await tab.call(TicketListState.load)
        assert (shown.new_ids, len(shown.cards)) == ([], 1)

    async def test_keeps_length_at_same_address(self, tab: Tab) -> None:
        seller = await factories.make_user()
        for number in range(50):
            await factories.make_ticket(seller, title=f"Ticket {number}")
        tab.open("/?q=ticket")
        await tab.call(TicketListState.load)
        await tab.call(TicketListState.load_more)
        await tab.call(TicketListState.load)
        shown = tab.state(TicketListState)
        assert (len(shown.cards), shown.has_more) == (48, True)
        tab.open("/?q=tick")
        await tab.call(TicketListState.load)
        assert len(shown.cards) == 24

    async def test_appends_next_page_once(self, tab: Tab) -> None:
        seller = await factories.make_user()
        for number in range(26):
            await factories.make_ticket(seller, title=f"Ticket {number}")
        await tab.call(TicketListState.load)
        shown = tab.state(TicketListState)
        assert (len(shown.cards), shown.has_more) == (24, True)
        await tab.call(TicketListState.load_more)
        await tab.call(TicketListState.load_more)
        assert (len({card.id for card in shown.cards}), len(shown.cards)) == (26, 26)
        await tab.call(TicketListState.refresh)
        assert (len(shown.cards), shown.has_more) == (26, False)

    async def test_ends_at_row_limit(self, tab: Tab, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ticketing_app.ui.tickets.state.MAX_ROWS", 40)
        seller = await factories.make_user()
        for number in range(60):
            await factories.make_ticket(seller, title=f"Ticket {number}")
        await tab.call(TicketListState.load)
        shown = tab.state(TicketListState)
        assert (shown.has_more, shown.is_cut) == (True, False)
        for _ in range(200):
            await tab.call(TicketListState.load_more)
        assert (len(shown.cards), shown.has_more, shown.is_cut) == (40, False, True)
        tab.root._clean()
        await tab.call(TicketListState.load_more)
        assert "cards" not in shown.dirty_vars
        tab.open("/?q=ticket+1")
        await tab.call(TicketListState.load)
        assert (len(shown.cards) < 40, shown.is_cut) == (True, False)

    async def test_limits_new_listings(self, tab: Tab, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ticketing_app.ui.tickets.state.MAX_ROWS", 3)
        await tab.call(TicketListState.load)
        made = [str((await factories.make_ticket()).id) for _ in range(5)]
        await tab.call(TicketListState.match_new, made)
        assert len(tab.state(TicketListState).new_ids) == 3

    @pytest.mark.parametrize("name", ["q", "city", "category", "from", "minPrice", "sort"])
    @pytest.mark.parametrize("value", ["\x00", "\ud800", "x" * 100_000, "'; DROP TABLE tickets"])
    async def test_survives_hostile_addresses(self, tab: Tab, name: str, value: str) -> None:
        await factories.make_ticket()
        tab.open(f"/?{name}={value}")
        await tab.call(TicketListState.load)
        shown = tab.state(TicketListState)
        assert shown.is_loaded
        assert shown.cards or shown.wrong or shown.is_filtered

    @pytest.mark.parametrize("value", [*HOSTILE, ["x"], [None], [str(db.new_id())] * 101])
    async def test_survives_hostile_new_listings(self, tab: Tab, value: object) -> None:
        await tab.call(TicketListState.load)
        await tab.call(TicketListState.match_new, value)
        assert tab.state(TicketListState).new_ids == []


class TestTicketDetailState:
    async def test_counts_down_cooldown(self, tab: Tab, sign_in: SignIn) -> None:
        buyer = await factories.make_user()
        ticket = await factories.make_ticket()
        await factories.hold(ticket, buyer)
        await factories.let_time_pass(ticket.id, 901)
        tab.open(f"/tickets/{ticket.id}", cookie=await sign_in(buyer), ticket_id=str(ticket.id))
        await tab.call(TicketDetailState.load)
        await tab.call(TicketDetailState.purchase)
        shown = tab.state(TicketDetailState)
        assert "you can hold it again in" in shown.error_message
        pause = datetime.fromisoformat(shown.paused_until) - datetime.fromisoformat(shown.paused_at)
        assert 50 < pause.total_seconds() <= 60
        await factories.let_time_pass(ticket.id, 60)
        await tab.call(TicketDetailState.end_pause)
        shown = tab.state(TicketDetailState)
        assert (shown.paused_until, shown.error_message, shown.ticket.can_buy) == ("", "", True)
        assert "/orders/" in await tab.call(TicketDetailState.purchase)

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
        await tab.call(TicketDetailState.purchase)
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
        first = await tab.call(TicketDetailState.purchase)
        assert "/orders/" in first
        # A second click opens the same order instead of an error.
        assert await tab.call(TicketDetailState.purchase) == first

    async def test_purchase_redirects_visitors_to_sign_in(self, tab: Tab) -> None:
        ticket = await factories.make_ticket()
        before = await everything()
        tab.open(f"/tickets/{ticket.id}", ticket_id=str(ticket.id))
        answer = await tab.call(TicketDetailState.purchase)
        assert f"/auth/signin?next=%2Ftickets%2F{ticket.id}" in answer
        assert await everything() == before

    async def test_purchase_continues_after_sign_in(self, tab: Tab, sign_in: SignIn) -> None:
        ticket = await factories.make_ticket()
        address = await press_purchase_as_visitor(tab, ticket.id)
        cookie = await sign_in(await factories.make_user())
        tab.open(address, cookie=cookie, ticket_id=str(ticket.id))
        assert "/orders/" in await tab.call(TicketDetailState.load)
        before = await everything()
        assert await tab.call(TicketDetailState.load) == ""
        assert await everything() == before

    async def test_late_continued_purchase_is_rejected(self, tab: Tab, sign_in: SignIn) -> None:
        ticket = await factories.make_ticket()
        address = await press_purchase_as_visitor(tab, ticket.id)
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
        await press_purchase_as_visitor(tab, ticket.id)
        cookie = await sign_in(await factories.make_user())
        before = await everything()
        tab.open(f"/tickets/{ticket.id}{parameter}", cookie=cookie, ticket_id=str(ticket.id))
        assert await tab.call(TicketDetailState.load) == ""
        assert await everything() == before

    async def test_returning_visitor_is_not_signed_in(self, tab: Tab, sign_in: SignIn) -> None:
        ticket = await factories.make_ticket()
        address = await press_purchase_as_visitor(tab, ticket.id)
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
        await tab.call(TicketDetailState.purchase)
        assert "Someone was quicker" in tab.state(TicketDetailState).error_message
        assert await everything() == before

    async def test_purchase_rejects_invalid_id(self, tab: Tab, sign_in: SignIn) -> None:
        cookie = await sign_in(await factories.make_user())
        before = await everything()
        tab.open("/tickets/x", cookie=cookie, ticket_id="' OR 1=1")
        await tab.call(TicketDetailState.purchase)
        assert "could not find this ticket" in tab.state(TicketDetailState).error_message
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
