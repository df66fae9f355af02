"""Searches by words and filters, corrections and counts."""

import asyncio
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import factories
from tests.integration.tickets.searches import count, event, execute, find, titles
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.core.days import When
from ticketing_app.tickets.schemas.search import TicketFilter, TicketSort
from ticketing_app.tickets.service import search, tickets

pytestmark = pytest.mark.usefixtures("database")


class TestSearch:
    @pytest.mark.parametrize(
        ("title", "q"),
        [
            ("Beyoncé", "beyonce"),
            ("Beyonce", "BEYONCÉ"),
            ("Beyoncé", "bey"),
            ("Beyoncé: Renaissance", "renaissance beyonc"),
            ("AC/DC", "ac dc"),
            ("AC/DC", "ac/dc"),
            ("Guns N' Roses", "guns n roses"),
            ("Rock\u2019n\u2019Roll Night", "rocknroll"),
            ("Jean-Michel Jarre", "michel"),
            ("Łódź Straße Œuvre", "lodz strasse oeuvre"),
            ("U2", "u2"),
            ("100% Lanterns", "100%"),
            ("Ночь фонарей", "ночь"),
            ("東京ドーム", "東京"),
            ("<b>Bold</b>", "<b>bold</b>"),
        ],
    )
    async def test_ignores_case_and_accents_and_matches_prefix_of_last_word(
        self, title: str, q: str
    ) -> None:
        await factories.make_ticket(title=title)
        await factories.make_ticket(title="Something else")
        page = await find(q=q)
        assert [ticket.title for ticket in page.items] == [title]
        assert page.corrected_q is None

    async def test_searches_title_venue_and_city(self) -> None:
        await factories.make_ticket(title="Lanterns", venue="Nordufer Halle", city="München")
        await factories.make_ticket(title="Lanterns", venue="Elsewhere", city="Paris")
        assert len((await find(q="lanterns nordufer munchen")).items) == 1
        assert len((await find(q="lanterns")).items) == 2
        assert await titles(q="lanterns berlin") == []

    @pytest.mark.parametrize(
        "q",
        [
            *(
                "'",
                '"',
                "\\",
                "%",
                "_",
                "&",
                "!",
                "|",
                "<->",
                ":*",
                "a:*b",
                "(",
                "*",
                "½",
                "--",
                "$1",
            ),
            *("", "   ", "'a' | b", "\x00", "a\x00b", "a" + "\u0301" * 99),
            *(letter * 100 for letter in "xé😀"),
            "a " * 50,
        ],
    )
    async def test_accepts_any_text(self, q: str) -> None:
        await factories.make_ticket()
        assert len((await find(q=q)).items) <= 1
        assert await count(q=q) <= 1

    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(q=st.text(max_size=100))
    async def test_never_fails(self, q: str) -> None:
        # Lone surrogates are rejected with the input.
        await find(q=q.encode(errors="replace").decode())

    async def test_punctuation_alone_matches_nothing(self) -> None:
        await factories.make_ticket()
        assert await titles(q="&&") == []

    async def test_finds_changed_listing_by_new_words(self) -> None:
        seller = await factories.make_user()
        ticket = await factories.make_ticket(seller, title="Lanterns")
        async with db.transaction() as session:
            await tickets.update_ticket(
                session,
                seller_id=seller.id,
                ticket_id=ticket.id,
                ticket=tickets.TicketUpdate(title="Kites", price_cents=500),
            )
        assert await titles(q="lanterns") == []
        assert await titles(q="kites") == ["Kites"]
        assert (await find(q="kitse")).corrected_q == "kites"


class TestTypingErrors:
    @pytest.mark.parametrize(
        ("q", "corrected"),
        [
            ("beyonse", "beyonce"),
            ("Beyonsé london", "beyonce london"),
            ("lodnon", "london"),
            ("beyonce lndon", "beyonce london"),
            ("renaisance", "renaissance"),
        ],
    )
    async def test_finds_the_closest_words(self, q: str, corrected: str) -> None:
        await factories.make_ticket(title="Beyoncé Renaissance", city="London")
        page = await find(q=q)
        assert [ticket.title for ticket in page.items] == ["Beyoncé Renaissance"]
        assert page.corrected_q == corrected

    async def test_next_page_uses_the_corrected_text(self) -> None:
        seller = await factories.make_user()
        for number in range(3):
            await factories.make_ticket(seller, title=f"Lanterns {number}")
        first = await find(q="lanters", limit=2)
        second = await find(q="lanters", limit=2, cursor=first.next_cursor)
        assert [ticket.title for ticket in (*first.items, *second.items)] == [
            "Lanterns 2",
            "Lanterns 1",
            "Lanterns 0",
        ]
        assert second.corrected_q == "lanterns"

    async def test_keeps_words_on_sale(self) -> None:
        await factories.make_ticket(title="Lantern", city="Oslo")
        await factories.make_ticket(title="Lanterns", city="Rome")
        for wanted in ({"q": "lantern rome"}, {"q": "lant", "city": "Bergen"}):
            page = await find(**wanted)
            assert (page.items, page.corrected_q) == ([], None)

    async def test_matches_prefix_of_last_word_only(self) -> None:
        await factories.make_ticket(title="Lanterns", city="Rome")
        assert (await find(q="rome lant")).corrected_q is None
        assert (await find(q="lantern rome")).corrected_q == "lanterns rome"

    async def test_ignores_words_of_ended_listings(self) -> None:
        seller = await factories.make_user()
        gone = await factories.make_ticket(seller, title="Lanterns")
        async with db.transaction() as session:
            await tickets.withdraw_ticket(session, seller_id=seller.id, ticket_id=gone.id)
        page = await find(q="lanters")
        assert (page.items, page.corrected_q) == ([], None)

    @pytest.mark.parametrize("q", ["xq", "qqqqqqqq", "lanterns qqqqqqqq", "🎸🎸🎸"])
    async def test_keeps_unknown_words_without_a_close_match(self, q: str) -> None:
        await factories.make_ticket(title="Lanterns")
        page = await find(q=q)
        assert (page.items, page.corrected_q) == ([], None)

    async def test_applies_the_other_filters(self) -> None:
        await factories.make_ticket(title="Lanterns", city="Oslo")
        await factories.make_ticket(title="Lanterns", city="Rome")
        assert len((await find(q="lanters", city="Oslo")).items) == 1


class TestFilters:
    async def test_apply_alone_and_together(self) -> None:
        soon = event(utc_now() + timedelta(days=40))
        await factories.make_ticket(title="A", price=20, category="concert", city="München", **soon)
        await factories.make_ticket(title="B", price=30, category="concert", city="Rome", **soon)
        await factories.make_ticket(title="C", price=40, category="sports", city="munchen", **soon)
        assert await titles(category="concert") == ["B", "A"]
        assert await titles(city="MUNCHEN") == ["C", "A"]
        assert await titles(min_price_cents=3000) == ["C", "B"]
        assert await titles(max_price_cents=3000) == ["B", "A"]
        assert await titles(min_price_cents=2001, max_price_cents=3999) == ["B"]
        assert await titles(city="Munchen", category="concert", max_price_cents=9900) == ["A"]
        assert await count(city="Munchen") == 2

    async def test_available_excludes_held_tickets(self) -> None:
        held = await factories.make_ticket(title="Held")
        await factories.make_ticket(title="Free")
        order = await factories.hold(held)
        assert await titles() == ["Free", "Held"]
        assert await titles(available_only=True) == ["Free"]
        await factories.let_hold_lapse(order.id)
        assert await titles(available_only=True) == ["Free", "Held"]

    async def test_exclude_events_that_have_begun(self) -> None:
        over = await factories.make_ticket(title="Over")
        await factories.let_event_begin(over.id)
        ahead = await factories.make_ticket(
            title="Ahead", **event(utc_now() + timedelta(minutes=5))
        )
        await factories.make_ticket(title="Some day")
        for sort in TicketSort:
            assert set(await titles(sort=sort)) == {"Ahead", "Some day"}
        assert await count() == 2
        await factories.let_event_begin(ahead.id)
        assert await titles() == ["Some day"]

    async def test_days_are_in_local_time_of_the_event(self) -> None:
        # In Honolulu the day ends ten hours after UTC's, on Kiritimati fourteen hours before.
        day = (utc_now() + timedelta(days=30)).date()
        for zone in ("Pacific/Honolulu", "Pacific/Kiritimati", "UTC"):
            for hour, minute in ((0, 0), (23, 59)):
                at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(zone))
                await factories.make_ticket(title=f"{zone} {hour}", **event(at, zone))
        await factories.make_ticket(title="Some day")
        assert len(await titles(first_day=day, last_day=day)) == 6
        assert len(await titles(first_day=day)) == 6
        assert len(await titles(last_day=day)) == 6
        assert await titles(last_day=day - timedelta(days=1)) == []
        assert await titles(first_day=day + timedelta(days=1)) == []

    @pytest.mark.parametrize(
        "zone", ["Pacific/Honolulu", "UTC", "Europe/Berlin", "Pacific/Auckland"]
    )
    async def test_today_weekend_and_month_are_in_local_time_of_the_event(self, zone: str) -> None:
        now = datetime.now(ZoneInfo(zone))
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        to_end_of_month = monthrange(now.year, now.month)[1] - now.day
        # A week, and the end of the month.
        offsets = sorted({*range(8), to_end_of_month, to_end_of_month + 1})
        for days in offsets:
            at = midnight + timedelta(days=days, hours=23, minutes=59, seconds=59)
            await factories.make_ticket(title=f"{at.date()}", **event(at, zone))
        dates = [(midnight + timedelta(days=days)).date() for days in offsets]
        week = now.date().isocalendar()[:2]
        expected = {
            When.TODAY: {str(now.date())},
            When.WEEKEND: {
                str(day) for day in dates if day.isocalendar()[:2] == week and day.weekday() >= 5
            },
            When.MONTH: {
                str(day) for day in dates if (day.year, day.month) == (now.year, now.month)
            },
        }
        for when, days in expected.items():
            assert set(await titles(when=when, limit=100)) == days

    async def test_listing_of_the_version_before_uses_utc(self) -> None:
        at = (utc_now() + timedelta(days=30)).replace(hour=12)
        await factories.make_ticket(title="Old", **event(at))
        await execute("UPDATE tickets SET utc_offset_minutes = NULL")
        assert await titles(first_day=at.date(), last_day=at.date()) == ["Old"]

    def test_every_time_zone_has_an_offset(self) -> None:
        at = datetime(2027, 7, 1, 12, tzinfo=UTC)
        for zone in available_timezones():
            offset = tickets.rules.utc_offset_minutes(at, zone)
            assert offset is not None
            assert -12 * 60 <= offset <= 14 * 60


class TestCountTickets:
    async def test_stops_counting_at_the_limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(search, "COUNT_LIMIT", 2)
        seller = await factories.make_user()
        for _ in range(4):
            await factories.make_ticket(seller)
        assert await count() == 3

    async def test_counts_words_that_begin_with_a_letter(self) -> None:
        await factories.make_ticket(title="Velvet Lanterns")
        await factories.make_ticket(title="Quiet Harbour")
        assert (await count(q="l"), await count(q=" L "), await count(q="x")) == (1, 1, 0)


class TestListMatching:
    async def test_returns_the_matching_tickets(self) -> None:
        rome = await factories.make_ticket(city="Rome")
        oslo = await factories.make_ticket(city="Oslo")
        async with db.transaction() as session:
            found = await search.list_matching(
                session,
                wanted=TicketFilter(city="rome"),
                ticket_ids=[rome.id, oslo.id, db.new_id()],
            )
        assert found == [rome.id]


class TestListCities:
    async def cities(self) -> list[str]:
        async with db.transaction() as session:
            return await search.list_cities(session)

    async def test_returns_each_city_with_upcoming_events_once(self) -> None:
        ahead = event(utc_now() + timedelta(days=1))
        for city in ("Zürich", "zurich", "Łódź", "Oslo"):
            await factories.make_ticket(city=city, **ahead)
        await factories.let_event_begin((await factories.make_ticket(city="Atlantis")).id)
        await factories.make_ticket()
        assert [city.lower() for city in await self.cities()] == ["łódź", "oslo", "zürich"]

    async def test_is_empty_without_tickets(self) -> None:
        assert await self.cities() == []


class TestListings:
    async def test_with_the_same_new_words_do_not_deadlock(self) -> None:
        sellers: list[UserRead] = [await factories.make_user() for _ in range(8)]
        names = ["Amber Birch", "Birch Amber", "Cedar Amber Birch", "Birch Cedar"] * 2
        await asyncio.gather(
            *(
                factories.make_ticket(seller, title=name)
                for seller, name in zip(sellers, names, strict=True)
            )
        )
        assert len(await titles()) == 8
