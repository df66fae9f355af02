"""Handlers of the ticket pages, called by their pages and by strangers with anything."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

import pytest
from sqlalchemy import text

from tests import factories
from tests.integration.payments import sales
from tests.ui.conftest import Tab
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.orders.service import release
from ticketing_app.tickets.service import tickets
from ticketing_app.ui.listings.state import TicketFormState
from ticketing_app.ui.tickets.state import TicketDetailState, TicketListState

pytestmark = pytest.mark.usefixtures("database")
SignIn = Callable[[UserRead], Awaitable[str]]
HOSTILE = [
    None,
    7,
    True,
    [],
    {},
    {"a": 1},
    "\x00",
    "\ud800",
    "x" * 100_000,
    "'; DROP TABLE tickets",
]


async def everything() -> list[object]:
    """Return what the database holds of tickets and orders."""
    both = "SELECT to_jsonb(tickets) FROM tickets UNION ALL SELECT to_jsonb(orders) FROM orders"
    async with db.autocommit() as connection:
        return sorted((await connection.execute(text(both))).scalars(), key=str)


class TestTicketListState:
    async def test_shows_what_is_for_sale(self, tab: Tab) -> None:
        for title in ("First", "Second"):
            await factories.make_ticket(title=title)
        await tab.call(TicketListState.load)
        assert [card.title for card in tab.state(TicketListState).cards] == ["Second", "First"]

    async def test_shows_what_the_address_asks_for(self, tab: Tab) -> None:
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

    async def test_says_what_is_wrong_in_an_address_and_goes_without(self, tab: Tab) -> None:
        await factories.make_ticket(city="Rome")
        tab.open("/?sort=best&minPrice=much&category=opera&city=Rome")
        await tab.call(TicketListState.load)
        shown = tab.state(TicketListState)
        assert set(shown.wrong) == {"sort", "minPrice", "category"}
        assert len(shown.cards) == 1
        assert [chip.label for chip in shown.chips] == ["Rome"]

    async def test_tells_what_it_looked_for_instead(self, tab: Tab) -> None:
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

    async def test_names_the_filter_to_drop_when_nothing_is_left(self, tab: Tab) -> None:
        await factories.make_ticket(title="Lanterns", category="comedy", city="Rome")
        tab.open("/?q=lanterns&category=comedy&city=Oslo")
        await tab.call(TicketListState.load)
        shown = tab.state(TicketListState)
        assert (shown.cards, shown.count_line) == ([], "No tickets found")
        assert [(way.label, way.count_line, way.href) for way in shown.ways_out] == [
            ("Without “Oslo”", "1 ticket", "/?q=lanterns&category=comedy")
        ]
        assert "Oslo" in shown.cities

    async def test_announces_only_new_listings_that_match(self, tab: Tab) -> None:
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

    async def test_keeps_its_length_at_the_same_address(self, tab: Tab) -> None:
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

    async def test_appends_the_next_page_once(self, tab: Tab) -> None:
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

    @pytest.mark.parametrize("name", ["q", "city", "category", "from", "minPrice", "sort"])
    @pytest.mark.parametrize("value", ["\x00", "\ud800", "x" * 100_000, "'; DROP TABLE tickets"])
    async def test_takes_any_address_from_strangers(self, tab: Tab, name: str, value: str) -> None:
        await factories.make_ticket()
        tab.open(f"/?{name}={value}")
        await tab.call(TicketListState.load)
        shown = tab.state(TicketListState)
        assert shown.is_loaded
        assert shown.cards or shown.wrong or shown.is_filtered

    @pytest.mark.parametrize("value", [*HOSTILE, ["x"], [None], [str(db.new_id())] * 101])
    async def test_takes_any_question_about_new_listings(self, tab: Tab, value: object) -> None:
        await tab.call(TicketListState.load)
        await tab.call(TicketListState.match_new, value)
        assert tab.state(TicketListState).new_ids == []


class TestTicketDetailState:
    async def test_shows_the_ticket_to_anybody(self, tab: Tab) -> None:
        ticket = await factories.make_ticket()
        tab.open(f"/tickets/{ticket.id}", ticket_id=str(ticket.id))
        await tab.call(TicketDetailState.load)
        shown = tab.state(TicketDetailState)
        assert (shown.ticket.status_line, shown.is_loaded) == ("Status - Available", True)

    @pytest.mark.parametrize("ticket_id", ["nonsense", "", "01a202f6-7e0d-756c-ba41-33bb5a4476a2"])
    async def test_says_that_there_is_no_such_ticket(self, tab: Tab, ticket_id: str) -> None:
        ticket = await factories.make_ticket()
        tab.open("/tickets", ticket_id=str(ticket.id))
        await tab.call(TicketDetailState.load)
        tab.open("/tickets", ticket_id=ticket_id)
        await tab.call(TicketDetailState.load)
        shown = tab.state(TicketDetailState)
        assert "could not find this ticket" in shown.problem
        assert not shown.is_loaded

    async def test_takes_an_id_in_capitals(self, tab: Tab) -> None:
        ticket = await factories.make_ticket()
        tab.open("/tickets", ticket_id=str(ticket.id).upper())
        await tab.call(TicketDetailState.load)
        shown = tab.state(TicketDetailState)
        assert (shown.ticket.id, shown.is_loaded) == (str(ticket.id), True)

    async def test_knows_an_id_in_one_spelling_only(self, tab: Tab) -> None:
        ticket = await factories.make_ticket()
        tab.open("/tickets", ticket_id=ticket.id.hex)
        await tab.call(TicketDetailState.load)
        assert "could not find this ticket" in tab.state(TicketDetailState).problem

    async def test_shows_others_like_it_beside_it(self, tab: Tab) -> None:
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

    async def test_a_refusal_outlives_changes_elsewhere(self, tab: Tab, sign_in: SignIn) -> None:
        ticket = await factories.make_ticket()
        await factories.hold(ticket)
        cookie = await sign_in(await factories.make_user())
        tab.open(f"/tickets/{ticket.id}", cookie=cookie, ticket_id=str(ticket.id))
        await tab.call(TicketDetailState.purchase)
        await tab.call(TicketDetailState.refresh)
        shown = tab.state(TicketDetailState)
        assert "Someone was quicker" in shown.problem
        assert shown.ticket.status == "locked"
        await tab.call(TicketDetailState.load)
        assert shown.problem == ""

    async def test_purchase_leads_to_the_order_and_locks(self, tab: Tab, sign_in: SignIn) -> None:
        ticket = await factories.make_ticket()
        cookie = await sign_in(await factories.make_user())
        tab.open(f"/tickets/{ticket.id}", cookie=cookie, ticket_id=str(ticket.id))
        first = await tab.call(TicketDetailState.purchase)
        assert "/orders/" in first
        # A second click goes to the same order instead of complaining.
        assert await tab.call(TicketDetailState.purchase) == first

    async def test_purchase_sends_visitors_to_sign_in_and_back(self, tab: Tab) -> None:
        ticket = await factories.make_ticket()
        before = await everything()
        tab.open(f"/tickets/{ticket.id}", ticket_id=str(ticket.id))
        answer = await tab.call(TicketDetailState.purchase)
        assert f"/auth/signin?next=%2Ftickets%2F{ticket.id}" in answer
        assert await everything() == before

    async def test_purchase_is_refused_kindly_when_somebody_was_quicker(
        self, tab: Tab, sign_in: SignIn
    ) -> None:
        ticket = await factories.make_ticket()
        await factories.hold(ticket)
        before = await everything()
        cookie = await sign_in(await factories.make_user())
        tab.open(f"/tickets/{ticket.id}", cookie=cookie, ticket_id=str(ticket.id))
        await tab.call(TicketDetailState.purchase)
        assert "Someone was quicker" in tab.state(TicketDetailState).problem
        assert await everything() == before

    async def test_purchase_of_nonsense_changes_nothing(self, tab: Tab, sign_in: SignIn) -> None:
        cookie = await sign_in(await factories.make_user())
        before = await everything()
        tab.open("/tickets/x", cookie=cookie, ticket_id="' OR 1=1")
        await tab.call(TicketDetailState.purchase)
        assert "could not find this ticket" in tab.state(TicketDetailState).problem
        assert await everything() == before

    @pytest.mark.usefixtures("stripe_books")
    async def test_owners_see_the_way_of_a_ticket_and_may_sell_it(
        self, tab: Tab, sign_in: SignIn
    ) -> None:
        sale = await sales.sell()
        seller = UserRead(id=sale.ticket.user_id, email="")
        shown, address = tab.state(TicketDetailState), f"/tickets/{sale.ticket.id}"
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

    async def test_withdraw_is_for_the_seller(self, tab: Tab, sign_in: SignIn) -> None:
        seller = await factories.make_user()
        ticket = await factories.make_ticket(seller)
        before = await everything()
        for cookie in ("", await sign_in(await factories.make_user())):
            tab.open(f"/tickets/{ticket.id}", cookie=cookie, ticket_id=str(ticket.id))
            await tab.call(TicketDetailState.withdraw)
        assert "Only the seller" in tab.state(TicketDetailState).problem
        assert await everything() == before
        tab.open(f"/tickets/{ticket.id}", cookie=await sign_in(seller), ticket_id=str(ticket.id))
        await tab.call(TicketDetailState.withdraw)
        assert tab.state(TicketDetailState).ticket.status == "withdrawn"

    async def test_withdraw_asks_first(self, tab: Tab) -> None:
        shown = tab.state(TicketDetailState)
        TicketDetailState.ask_withdraw.fn(shown)  # type: ignore[attr-defined]
        assert shown.is_asking
        TicketDetailState.keep.fn(shown)  # type: ignore[attr-defined]
        assert not shown.is_asking


class TestTicketFormState:
    @pytest.mark.usefixtures("stripe_books")
    async def test_lists_a_bought_ticket_again(self, tab: Tab, sign_in: SignIn) -> None:
        sale = await sales.sell(await factories.make_ticket(city="Rome", seat="7"))
        address = f"/tickets/new?previous={sale.ticket.id}"
        tab.open(address, cookie=await sign_in(sale.buyer))
        await tab.call(TicketFormState.load_new)
        shown = tab.state(TicketFormState)
        assert (shown.form.title, shown.form.city, shown.form.seat) == (
            "The Paper Lanterns",
            "Rome",
            "7",
        )
        assert shown.form.previousTicketId == str(sale.ticket.id)
        answer = await tab.call(TicketFormState.create, asdict(shown.form) | {"price": "55"})
        assert "/tickets/" in answer
        # Another tab with the same form is told so.
        tab.open(address, cookie=await sign_in(sale.buyer))
        await tab.call(TicketFormState.load_new)
        assert "listed again already" in shown.problem

    @pytest.mark.usefixtures("stripe_books")
    async def test_a_form_for_somebody_elses_ticket_does_not_open(
        self, tab: Tab, sign_in: SignIn
    ) -> None:
        sale = await sales.sell()
        cookie = await sign_in(await factories.make_user())
        for previous, problem in (
            (sale.ticket.id, "only while it is yours"),
            (db.new_id(), "could not find this ticket"),
            ("nonsense", "could not find this ticket"),
        ):
            tab.open(f"/tickets/new?previous={previous}", cookie=cookie)
            await tab.call(TicketFormState.load_new)
            shown = tab.state(TicketFormState)
            assert problem in shown.problem
            assert not shown.is_loaded
        before = await everything()
        form = {"title": "x", "price": "40", "previousTicketId": str(sale.ticket.id)}
        await tab.call(TicketFormState.create, form)
        assert "only while it is yours" in tab.state(TicketFormState).problem
        assert await everything() == before

    async def test_lists_a_ticket_once_however_often_submit_is_pressed(
        self, tab: Tab, sign_in: SignIn
    ) -> None:
        cookie = await sign_in(await factories.make_user())
        tab.open("/tickets/new", cookie=cookie)
        await tab.call(TicketFormState.load_new)
        form = {"title": "The Paper Lanterns 🎫 مرحبا", "price": "40.50", "city": ""}
        first = await tab.call(TicketFormState.create, form)
        assert "/tickets/" in first
        assert await tab.call(TicketFormState.create, form) == first
        assert len(await everything()) == 1
        await tab.call(TicketFormState.load_new)
        assert await tab.call(TicketFormState.create, form) != first
        assert len(await everything()) == 2

    async def test_lists_what_was_typed_before_the_server_forgot_the_tab(
        self, tab: Tab, sign_in: SignIn
    ) -> None:
        tab.open("/tickets/new", cookie=await sign_in(await factories.make_user()))
        answer = await tab.call(TicketFormState.create, {"title": "x", "price": "40"})
        assert "/tickets/" in answer

    async def test_shows_what_is_wrong_beside_each_field(self, tab: Tab, sign_in: SignIn) -> None:
        cookie = await sign_in(await factories.make_user())
        tab.open("/tickets/new", cookie=cookie)
        await tab.call(TicketFormState.load_new)
        form = {"title": " ", "price": "0.49", "city": "x" * 200}
        await tab.call(TicketFormState.create, form)
        shown = tab.state(TicketFormState)
        assert set(shown.errors) == {"title", "price", "city"}
        assert shown.has_event_facts
        assert await everything() == []

    @pytest.mark.parametrize(
        "form",
        [
            *HOSTILE,
            {"title": "x", "price": 40},
            {"title": ["x"], "price": "40"},
            {"title": "\x00", "price": "40"},
            {"title": "\ud800", "price": "40"},
            {"title": "x" * 100_000, "price": "40"},
            {"title": "x", "price": "NaN"},
            {"title": "x", "price": "1e9999"},
            {"title": "x", "price": "-40"},
            {"title": "x", "price": "40", "startsAt": "9999-99-99T00:00", "timezone": "UTC"},
            {"title": "x", "price": "40", "category": "robbery"},
        ],
    )
    async def test_refuses_what_the_api_would_refuse(
        self, tab: Tab, sign_in: SignIn, form: object
    ) -> None:
        cookie = await sign_in(await factories.make_user())
        tab.open("/tickets/new", cookie=cookie)
        await tab.call(TicketFormState.load_new)
        await tab.call(TicketFormState.create, form)
        shown = tab.state(TicketFormState)
        assert shown.problem or shown.errors
        assert await everything() == []

    async def test_is_for_members(self, tab: Tab) -> None:
        ticket = await factories.make_ticket()
        before = await everything()
        tab.open(f"/tickets/{ticket.id}/edit", ticket_id=str(ticket.id))
        form = {"title": "Mine now", "price": "1"}
        for answer in (
            await tab.call(TicketFormState.load_new),
            await tab.call(TicketFormState.load_edit),
            await tab.call(TicketFormState.create, form),
            await tab.call(TicketFormState.update, form),
        ):
            assert "/auth/signin?next=" in answer
        assert await everything() == before

    async def test_edits_ones_own_listing(self, tab: Tab, sign_in: SignIn) -> None:
        seller = await factories.make_user()
        ticket = await factories.make_ticket(seller, city="Hamburg")
        tab.open(
            f"/tickets/{ticket.id}/edit", cookie=await sign_in(seller), ticket_id=str(ticket.id)
        )
        await tab.call(TicketFormState.load_edit)
        assert tab.state(TicketFormState).form.city == "Hamburg"
        answer = await tab.call(TicketFormState.update, {"title": "New", "price": "41"})
        assert f"/tickets/{ticket.id}" in answer
        async with db.transaction() as session:
            changed = await tickets.get_ticket(session, ticket_id=ticket.id)
        assert (changed.title, changed.price_cents, changed.city) == ("New", 4100, None)

    async def test_does_not_overwrite_what_changed_meanwhile(
        self, tab: Tab, sign_in: SignIn
    ) -> None:
        seller = await factories.make_user()
        ticket = await factories.make_ticket(seller)
        tab.open(
            f"/tickets/{ticket.id}/edit", cookie=await sign_in(seller), ticket_id=str(ticket.id)
        )
        await tab.call(TicketFormState.load_edit)
        await tab.call(TicketFormState.update, {"title": "Faster", "price": "40"})
        before = await everything()
        await tab.call(TicketFormState.update, {"title": "Slower", "price": "40"})
        assert "changed while you were editing" in tab.state(TicketFormState).problem
        assert await everything() == before

    async def test_a_hold_that_came_and_went_is_no_change_of_the_listing(
        self, tab: Tab, sign_in: SignIn
    ) -> None:
        seller, buyer = await factories.make_user(), await factories.make_user()
        ticket = await factories.make_ticket(seller)
        tab.open(
            f"/tickets/{ticket.id}/edit", cookie=await sign_in(seller), ticket_id=str(ticket.id)
        )
        await tab.call(TicketFormState.load_edit)
        form = {"title": "Mine", "price": "50", "version": str(ticket.version)}
        order = await factories.hold(ticket, buyer)
        await tab.call(TicketFormState.update, form)
        assert "buying this ticket right now" in tab.state(TicketFormState).problem
        async with db.transaction() as session:
            await release.cancel_order(session, buyer_id=buyer.id, order_id=order.id)
        assert f"/tickets/{ticket.id}" in await tab.call(TicketFormState.update, form)

    async def test_load_again_leads_on_after_a_change_elsewhere(
        self, tab: Tab, sign_in: SignIn
    ) -> None:
        seller = await factories.make_user()
        ticket = await factories.make_ticket(seller)
        tab.open(
            f"/tickets/{ticket.id}/edit", cookie=await sign_in(seller), ticket_id=str(ticket.id)
        )
        # The tab is new to the server, as after an hour: the form itself knows what it was made of.
        form = {"title": "Mine", "price": "50", "version": str(ticket.version - 1)}
        assert await tab.call(TicketFormState.update, form) == ""
        shown = tab.state(TicketFormState)
        assert ("changed while" in shown.problem, shown.is_stale) == (True, True)
        await tab.call(TicketFormState.load_edit)
        assert (shown.problem, shown.is_stale) == ("", False)
        form["version"] = str(shown.version)
        assert f"/tickets/{ticket.id}" in await tab.call(TicketFormState.update, form)

    async def test_stays_on_the_page_while_the_database_is_away(
        self, tab: Tab, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seller = await factories.make_user()
        ticket, other = await factories.make_ticket(seller), await factories.make_ticket(seller)
        cookie = await sign_in(seller)
        tab.open(f"/tickets/{ticket.id}/edit", cookie=cookie, ticket_id=str(ticket.id))
        await tab.call(TicketFormState.load_edit)

        async def away(*_: object, **__: object) -> None:
            raise ConnectionRefusedError

        monkeypatch.setattr(tickets, "require_own_ticket", away)
        await tab.call(TicketFormState.load_edit)
        shown = tab.state(TicketFormState)
        assert (shown.is_away, shown.is_loaded) == (True, True)
        tab.open(f"/tickets/{other.id}/edit", cookie=cookie, ticket_id=str(other.id))
        await tab.call(TicketFormState.load_edit)
        assert not shown.is_loaded

    async def test_never_edits_somebody_elses_listing(self, tab: Tab, sign_in: SignIn) -> None:
        ticket = await factories.make_ticket()
        before = await everything()
        cookie = await sign_in(await factories.make_user())
        tab.open(f"/tickets/{ticket.id}/edit", cookie=cookie, ticket_id=str(ticket.id))
        await tab.call(TicketFormState.load_edit)
        assert "Only the seller" in tab.state(TicketFormState).problem
        await tab.call(TicketFormState.update, {"title": "Mine now", "price": "1"})
        assert "Only the seller" in tab.state(TicketFormState).problem
        assert await everything() == before
