"""Handlers of the home page, called by the page and with hostile arguments."""

import pytest

from tests import factories
from tests.ui.conftest import Tab
from tests.ui.strangers import HOSTILE
from ticketing_app.core import db
from ticketing_app.ui.home.state import HomeState

pytestmark = pytest.mark.usefixtures("database")


class TestHomeState:
    async def test_shows_tickets_for_sale(self, tab: Tab) -> None:
        for title in ("First", "Second"):
            await factories.make_ticket(title=title)
        await tab.call(HomeState.load)
        assert [card.title for card in tab.state(HomeState).cards] == ["Second", "First"]

    async def test_shows_search_of_address(self, tab: Tab) -> None:
        for title, price in (("Red Hats", 40), ("Red Shoes", 20), ("Blue", 10)):
            await factories.make_ticket(title=title, price=price, category="comedy", city="Rome")
        tab.open("/?q=red&sort=cheapest&category=comedy&maxPrice=40")
        await tab.call(HomeState.load)
        shown = tab.state(HomeState)
        assert [card.title for card in shown.cards] == ["Red Shoes", "Red Hats"]
        assert (shown.count_line, shown.is_filtered, shown.cities) == ("2 tickets", True, ["Rome"])
        assert [chip.label for chip in shown.chips] == ["Comedy", "Up to $40"]
        assert shown.chips[0].href == "/?q=red&maxPrice=40&sort=cheapest"
        assert shown.cleared_href == "/?q=red&sort=cheapest"
        tab.open("/")
        await tab.call(HomeState.load)
        assert (len(shown.cards), shown.chips, shown.is_filtered) == (3, [], False)

    async def test_formats_for_locale(self, tab: Tab) -> None:
        await factories.make_ticket(price=1200)
        tab.open("/?minPrice=1000&from=2027-11-03", language="en-GB")
        await tab.call(HomeState.load)
        shown = tab.state(HomeState)
        assert [chip.label for chip in shown.chips] == ["From 3 Nov 2027", "US$1,000 and more"]
        tab.open("/", language="de-DE,de;q=0.9")
        await tab.call(HomeState.load)
        assert [card.price for card in shown.cards] == ["1.200\u00a0US$"]
        assert [card.price_format for card in shown.cards] == [("", "\u00a0US$", ".", ",", "3")]

    async def test_reports_and_ignores_invalid_parameters(self, tab: Tab) -> None:
        await factories.make_ticket(city="Rome")
        tab.open("/?sort=best&minPrice=much&category=opera&city=Rome")
        await tab.call(HomeState.load)
        shown = tab.state(HomeState)
        assert set(shown.wrong) == {"sort", "minPrice", "category"}
        assert len(shown.cards) == 1
        assert [chip.label for chip in shown.chips] == ["Rome"]

    async def test_reports_corrected_search(self, tab: Tab) -> None:
        seller = await factories.make_user()
        for number in range(30):
            await factories.make_ticket(seller, title=f"Lanterns {number}")
        tab.open("/?q=lanters")
        await tab.call(HomeState.load)
        shown = tab.state(HomeState)
        assert shown.notice == "Nothing matches “lanters”. Showing “lanterns” instead."
        assert shown.count_line == "30 tickets"
        await tab.call(HomeState.load_more)
        assert len(shown.cards) == 30
        await tab.call(HomeState.refresh)
        assert len(shown.cards) == 30

    async def test_suggests_removing_filters(self, tab: Tab) -> None:
        await factories.make_ticket(title="Lanterns", category="comedy", city="Rome")
        tab.open("/?q=lanterns&category=comedy&city=Oslo")
        await tab.call(HomeState.load)
        shown = tab.state(HomeState)
        assert (shown.cards, shown.count_line) == ([], "No tickets found")
        assert [(way.label, way.count_line, way.href) for way in shown.suggestions] == [
            ("Without “Oslo”", "1 result", "/?q=lanterns&category=comedy")
        ]
        assert "Oslo" in shown.cities

    async def test_announces_matching_new_listings_only(self, tab: Tab) -> None:
        tab.open("/?city=Rome")
        await tab.call(HomeState.load)
        rome = await factories.make_ticket(city="Rome")
        oslo = await factories.make_ticket(city="Oslo")
        for _ in range(2):
            await tab.call(HomeState.match_new, [str(rome.id), str(oslo.id)])
        shown = tab.state(HomeState)
        assert shown.new_ids == [str(rome.id)]
        await tab.call(HomeState.load)
        assert (shown.new_ids, len(shown.cards)) == ([], 1)

    async def test_keeps_length_at_same_address(self, tab: Tab) -> None:
        seller = await factories.make_user()
        for number in range(50):
            await factories.make_ticket(seller, title=f"Ticket {number}")
        tab.open("/?q=ticket")
        await tab.call(HomeState.load)
        await tab.call(HomeState.load_more)
        await tab.call(HomeState.load)
        shown = tab.state(HomeState)
        assert (len(shown.cards), shown.has_more) == (48, True)
        tab.open("/?q=tick")
        await tab.call(HomeState.load)
        assert len(shown.cards) == 24

    async def test_appends_next_page_once(self, tab: Tab) -> None:
        seller = await factories.make_user()
        for number in range(26):
            await factories.make_ticket(seller, title=f"Ticket {number}")
        await tab.call(HomeState.load)
        shown = tab.state(HomeState)
        assert (len(shown.cards), shown.has_more) == (24, True)
        await tab.call(HomeState.load_more)
        await tab.call(HomeState.load_more)
        assert (len({card.id for card in shown.cards}), len(shown.cards)) == (26, 26)
        await tab.call(HomeState.refresh)
        assert (len(shown.cards), shown.has_more) == (26, False)

    async def test_ends_at_row_limit(self, tab: Tab, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ticketing_app.ui.home.state.MAX_ROWS", 40)
        seller = await factories.make_user()
        for number in range(60):
            await factories.make_ticket(seller, title=f"Ticket {number}")
        await tab.call(HomeState.load)
        shown = tab.state(HomeState)
        assert (shown.has_more, shown.is_cut) == (True, False)
        for _ in range(200):
            await tab.call(HomeState.load_more)
        assert (len(shown.cards), shown.has_more, shown.is_cut) == (40, False, True)
        tab.root._clean()
        await tab.call(HomeState.load_more)
        assert "cards" not in shown.dirty_vars
        tab.open("/?q=ticket+1")
        await tab.call(HomeState.load)
        assert (len(shown.cards) < 40, shown.is_cut) == (True, False)

    async def test_limits_new_listings(self, tab: Tab, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ticketing_app.ui.home.state.MAX_ROWS", 3)
        await tab.call(HomeState.load)
        made = [str((await factories.make_ticket()).id) for _ in range(5)]
        await tab.call(HomeState.match_new, made)
        assert len(tab.state(HomeState).new_ids) == 3

    @pytest.mark.parametrize("name", ["q", "city", "category", "from", "minPrice", "sort"])
    @pytest.mark.parametrize("value", ["\x00", "\ud800", "x" * 100_000, "'; DROP TABLE tickets"])
    async def test_survives_hostile_addresses(self, tab: Tab, name: str, value: str) -> None:
        await factories.make_ticket()
        tab.open(f"/?{name}={value}")
        await tab.call(HomeState.load)
        shown = tab.state(HomeState)
        assert shown.is_loaded
        assert shown.cards or shown.wrong or shown.is_filtered

    @pytest.mark.parametrize("value", [*HOSTILE, ["x"], [None], [str(db.new_id())] * 101])
    async def test_survives_hostile_new_listings(self, tab: Tab, value: object) -> None:
        await tab.call(HomeState.load)
        await tab.call(HomeState.match_new, value)
        assert tab.state(HomeState).new_ids == []
