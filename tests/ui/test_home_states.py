"""Handlers of the home page, called by the page and with hostile arguments."""

from datetime import timedelta

import pytest

from tests import factories
from tests.integration.tickets.searches import execute
from tests.ui.conftest import Tab
from tests.ui.strangers import HOSTILE
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.ui.home.state import HomeState

pytestmark = pytest.mark.usefixtures("database")


class TestHomeState:
    async def test_quick_filters_lead_to_results_without_javascript(self, tab: Tab) -> None:
        shown = tab.state(HomeState)
        assert shown.quick[0].href == "/search?when=today"
        await tab.call(HomeState.load)
        assert shown.quick[0].href == "/?when=today"

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


class TestEvents:
    async def test_are_grouped_by_day_before_tickets_without_event(self, tab: Tab) -> None:
        now = utc_now()
        for title, days in (("Late", 9), ("Early", 2), ("Next to Late", 9)):
            event = await factories.make_event(title, starts_at=now + timedelta(days=days))
            await factories.make_listing("1", "2", event=event, price=30)
        await factories.make_ticket(title="Loose")
        await tab.call(HomeState.load)
        shown = tab.state(HomeState)
        days = [[card.title for card in group.cards] for group in shown.groups]
        assert days == [["Early"], ["Late", "Next to Late"]]
        assert all(group.label for group in shown.groups)
        [card] = shown.groups[0].cards
        assert (card.price, card.left_line) == ("$30", "2 left")
        assert [card.title for card in shown.cards] == ["Loose"]
        assert shown.count_line == "3 events and 1 ticket"

    async def test_have_no_days_by_price(self, tab: Tab) -> None:
        for price in (50, 20):
            await factories.make_listing("1", event=await factories.make_event(), price=price)
        tab.open("/search?sort=cheapest")
        await tab.call(HomeState.load)
        [group] = tab.state(HomeState).groups
        assert group.label == ""
        assert [card.price for card in group.cards] == ["$20", "$50"]

    async def test_next_page_is_appended_and_kept(self, tab: Tab) -> None:
        seller = await factories.make_user()
        for _ in range(26):
            await factories.make_listing("1", seller=seller, event=await factories.make_event())
        await tab.call(HomeState.load)
        shown = tab.state(HomeState)
        assert (shown.event_count, shown.has_more_events) == (24, True)
        for _ in range(2):
            await tab.call(HomeState.load_more_events)
        assert (shown.event_count, shown.has_more_events) == (26, False)
        await tab.call(HomeState.refresh)
        assert sum(len(group.cards) for group in shown.groups) == 26

    async def test_sold_out_event_is_found_by_words(self, tab: Tab) -> None:
        event = await factories.make_event("Lanterns")
        await factories.hold(await factories.make_ticket(eventId=str(event.id)))
        tab.open("/search?q=lanterns")
        await tab.call(HomeState.load)
        [group] = tab.state(HomeState).groups
        assert [(card.price, card.left_line) for card in group.cards] == [
            ("", "None left right now")
        ]


class TestSuggestions:
    async def test_are_upcoming_events_venues_and_all_results(self, tab: Tab) -> None:
        event = await factories.make_event("Lanterns in the Harbour")
        begun = await factories.make_event("Lanterns of yesterday")
        await execute(
            "UPDATE events SET starts_at = now() - interval '1 s' WHERE id = :id", id=begun.id
        )
        await tab.call(HomeState.suggest, " harbour ")
        shown = tab.state(HomeState)
        assert [group.label for group in shown.hints] == ["Events", "Venues", "Search"]
        events, _, search = (group.hints for group in shown.hints)
        assert [hint.href for hint in events] == [f"/events/{event.slug}"]
        assert search[0].href == "/search?q=harbour"
        assert shown.hinted_text == "harbour"

    async def test_are_empty_without_words(self, tab: Tab) -> None:
        await tab.call(HomeState.suggest, "  ")
        shown = tab.state(HomeState)
        assert (shown.hints, shown.hint_line, shown.error_message) == ([], "", "")

    @pytest.mark.parametrize("value", [*HOSTILE, "x" * 101, "\x00"])
    async def test_survive_hostile_text(self, tab: Tab, value: object) -> None:
        await tab.call(HomeState.suggest, value)
        labels = [group.label for group in tab.state(HomeState).hints]
        assert labels in ([], ["Search"])
