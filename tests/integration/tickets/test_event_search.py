"""Events found by words, filters and offers, and the tickets that belong to none."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests import factories
from tests.integration.tickets.searches import execute
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.core.days import When
from ticketing_app.core.errors import InvalidInputError
from ticketing_app.events.schemas import EventRead
from ticketing_app.tickets.repository import event_search as event_search_sql
from ticketing_app.tickets.rules import Split
from ticketing_app.tickets.schemas.search import (
    EventHits,
    LooseTicketFilter,
    MarketFilter,
    MarketPage,
    TicketSort,
)
from ticketing_app.tickets.service import event_search

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(params=event_search_sql.Plan)
def _plan(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read a page by this plan, if the search allows it."""
    few = 1_000
    none = -1
    offers = few if request.param is event_search_sql.Plan.OFFERS else none
    monkeypatch.setattr(event_search_sql, "FEW_OFFERS", offers)
    monkeypatch.setattr(event_search_sql, "OFFERS_COUNTED", max(offers, 0))
    events = none if request.param is event_search_sql.Plan.PRICES else few
    monkeypatch.setattr(event_search_sql, "FEW_EVENTS", events)


async def make_event(title: str = "Lanterns", **fields: Any) -> EventRead:  # noqa: ANN401  # any column
    """Create an event with one ticket for $40, or for `price`."""
    price = fields.pop("price", 40)
    event = await factories.make_event(title, **fields)
    await factories.make_listing("1", event=event, price=price)
    return event


async def move(event: EventRead, **place: str) -> None:
    """Change the venue or the city of the event."""
    changes = ", ".join(f"{column} = :{column}" for column in place)
    await execute(f"UPDATE events SET {changes} WHERE id = :id", id=event.id, **place)


async def find(**wanted: Any) -> MarketPage:  # noqa: ANN401  # any field
    loose = {name: value for name, value in wanted.items() if name not in {"together", "cursor"}}
    async with db.transaction() as session:
        return await event_search.search_market(
            session, wanted=MarketFilter(**wanted), loose=LooseTicketFilter(**loose)
        )


async def titles(**wanted: Any) -> list[str]:  # noqa: ANN401  # any field
    return [hit.event.title for hit in (await find(**wanted)).events.items]


async def more(**wanted: Any) -> EventHits:  # noqa: ANN401  # any field
    async with db.transaction() as session:
        return await event_search.list_more_events(session, wanted=MarketFilter(**wanted))


class TestVisibility:
    async def test_shows_upcoming_events_with_their_offers(self) -> None:
        event = await factories.make_event()
        await factories.make_listing("1", "2", event=event, price=30)
        await factories.make_ticket(eventId=str(event.id), price=20)
        page = await find()
        [hit] = page.events.items
        assert hit.event == event
        assert (hit.offers.from_cents, hit.offers.available, page.events.count) == (2000, 3, 1)
        assert page.tickets.items == []

    async def test_hides_begun_cancelled_and_merged_events(self) -> None:
        for number in range(3):
            await make_event(f"Lanterns {number}")
        kept = await make_event("Lanterns that stay")
        statements = (
            "UPDATE events SET starts_at = now() - interval '1 s' WHERE title = 'Lanterns 0'",
            "UPDATE events SET status = 'cancelled' WHERE title = 'Lanterns 1'",
            "UPDATE events SET merged_into_id = :kept WHERE title = 'Lanterns 2'",
        )
        for statement in statements:
            await execute(statement, **({"kept": kept.id} if ":kept" in statement else {}))
        assert await titles() == ["Lanterns that stay"]
        assert await titles(q="lanterns") == ["Lanterns that stay"]

    async def test_finds_sold_out_events_by_words_only(self) -> None:
        event = await factories.make_event("Lanterns")
        ticket = await factories.make_ticket(eventId=str(event.id))
        await factories.hold(ticket)
        assert await titles() == []
        [hit] = (await find(q="lanterns")).events.items
        assert (hit.offers.available, hit.offers.from_cents) == (0, None)
        for wanted in ({"available_only": True}, {"max_price_cents": 5000}, {"together": 2}):
            assert await titles(q="lanterns", **wanted) == []


class TestFilters:
    @pytest.mark.parametrize("q", ["beyonce", "BEYONCÉ", "harbour", "zurich", "beyonce zur"])
    async def test_matches_words_of_title_venue_and_city(self, q: str) -> None:
        event = await make_event("Beyoncé")
        await move(event, city="Zürich", venue="Harbour Hall")
        other = await make_event("Kites")
        await move(other, venue="Elsewhere", city="Porto")
        assert await titles(q=q) == ["Beyoncé"]

    async def test_by_category_and_city(self) -> None:
        concert = await make_event("Concert", category="concert")
        await move(concert, city="São Paulo")
        await make_event("Match", category="sports")
        assert await titles(category="sports") == ["Match"]
        assert await titles(city="sao paulo") == ["Concert"]
        assert await titles(city="sao paulo", category="sports") == []

    async def test_by_days_in_local_time(self) -> None:
        await make_event("Late", starts_at=datetime(2098, 5, 1, 23, 30, tzinfo=UTC))
        await make_event("Early", starts_at=datetime(2098, 5, 2, 0, 30, tzinfo=UTC))
        # 23:30 of the day before, four hours behind UTC.
        await execute(
            "UPDATE events SET starts_local = starts_at AT TIME ZONE '-04:00'::interval"
            " WHERE title = 'Early'"
        )
        first = {"first_day": "2098-05-01", "last_day": "2098-05-01"}
        assert await titles(**first) == ["Late", "Early"]
        assert await titles(first_day="2098-05-02") == []

    async def test_by_next_weekend(self) -> None:
        now = utc_now()
        saturday = now.replace(hour=12) + timedelta(days=5 - now.weekday())
        for name, weeks in (("Next", 1), ("After next", 2)):
            await make_event(name, starts_at=saturday + timedelta(weeks=weeks))
        assert await titles(when=When.NEXT_WEEKEND) == ["Next"]

    async def test_by_price_of_an_available_ticket(self) -> None:
        await make_event("Cheap", price=20)
        await make_event("Dear", price=90)
        event = await factories.make_event("Held")
        ticket = await factories.make_ticket(eventId=str(event.id), price=10)
        await factories.make_ticket(eventId=str(event.id), price=90)
        await factories.hold(ticket)
        assert await titles(max_price_cents=5000) == ["Cheap"]
        assert await titles(min_price_cents=5000) == ["Dear", "Held"]
        assert await titles(min_price_cents=2100, max_price_cents=8900) == []

    @pytest.mark.parametrize(
        ("split", "is_side_by_side", "held", "found"),
        [
            (Split.ANY, True, None, [2, 3]),
            (Split.ANY, False, None, []),
            # Two would leave one.
            (Split.NO_SINGLE, True, None, [3]),
            (Split.TOGETHER, True, None, [3]),
            # The one in the middle.
            (Split.ANY, True, 1, []),
            (Split.ANY, True, 0, [2]),
        ],
    )
    async def test_by_seats_side_by_side(
        self, split: Split, found: list[int], *, is_side_by_side: bool, held: int | None
    ) -> None:
        listing = await factories.make_listing(
            "1", "2", "3", split=split, sideBySide=is_side_by_side
        )
        if held is not None:
            ticket_id = listing.seats[held].ticket_id
            await factories.hold(await factories.read_ticket(ticket_id))
        assert [count for count in (2, 3, 4) if await titles(together=count)] == found

    async def test_finds_neighbours_behind_a_withdrawn_seat(self) -> None:
        seller = await factories.make_user()
        listing = await factories.make_listing("1", "2", "3", seller=seller, sideBySide=True)
        first = await factories.read_ticket(listing.seats[0].ticket_id)
        await factories.withdraw(first, seller)
        assert [count for count in (2, 3) if await titles(together=count)] == [2]

    @pytest.mark.usefixtures("_plan")
    async def test_shows_the_lowest_price_that_matches(self) -> None:
        event = await factories.make_event()
        seats: dict[str, Any] = {"event": event, "sideBySide": True}
        # Two seats of the first two listings would leave one seat.
        await factories.make_listing("1", "2", "3", price=30, split=Split.TOGETHER, **seats)
        await factories.make_listing("4", "5", "6", price=40, split=Split.NO_SINGLE, **seats)
        await factories.make_listing("7", "8", price=50, **seats)
        await factories.make_listing("9", event=event, price=20)
        cases: list[tuple[dict[str, int], int]] = [
            ({}, 2000),
            ({"together": 2}, 5000),
            ({"together": 3}, 3000),
            ({"min_price_cents": 2500}, 3000),
        ]
        for wanted, cents in cases:
            for sort in TicketSort:
                [hit] = (await find(**wanted, sort=sort)).events.items
                assert hit.offers.from_cents == cents

    async def test_price_and_seats_are_of_one_offer(self) -> None:
        event = await factories.make_event()
        await factories.make_listing("1", "2", event=event, price=90, sideBySide=True)
        await factories.make_listing("9", event=event, price=20)
        assert await titles(together=2, max_price_cents=5000) == []
        assert len(await titles(together=2, max_price_cents=9000)) == 1


class TestPages:
    async def test_sorts(self) -> None:
        now = utc_now()
        for title, days, price in (("A", 3, 30), ("B", 1, 40), ("C", 2, 20)):
            await make_event(title, starts_at=now + timedelta(days=days), price=price)
        assert await titles() == ["B", "C", "A"]
        assert await titles(sort=TicketSort.CHEAPEST) == ["C", "A", "B"]
        assert await titles(sort=TicketSort.NEWEST) == ["C", "B", "A"]

    @pytest.mark.usefixtures("_plan")
    async def test_lists_each_event_once_by_its_lowest_price(self) -> None:
        event = await factories.make_event("Both")
        for price in (50, 10, 10):
            await factories.make_ticket(eventId=str(event.id), price=price)
        await make_event("Other", price=30)
        assert await titles(sort=TicketSort.CHEAPEST) == ["Both", "Other"]
        assert await titles(sort=TicketSort.CHEAPEST, min_price_cents=2000) == ["Other", "Both"]

    @pytest.mark.usefixtures("_plan")
    @pytest.mark.parametrize("sort", TicketSort)
    async def test_cursor_leads_through_all(self, sort: TicketSort) -> None:
        starts_at = utc_now() + timedelta(days=9)
        made = {str((await make_event(f"E{n}", starts_at=starts_at)).id) for n in range(5)}
        wanted = {"sort": sort, "limit": 2, "max_price_cents": 9_000}
        page = (await find(**wanted)).events
        assert (page.count, len(page.items)) == (5, 2)
        seen = [str(hit.event.id) for hit in page.items]
        while page.next_cursor:
            page = await more(**wanted, cursor=page.next_cursor)
            seen += [str(hit.event.id) for hit in page.items]
        assert (len(seen), set(seen)) == (5, made)

    @pytest.mark.parametrize("counted", [1_000, 1])
    async def test_counts_up_to_a_limit(
        self, counted: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(event_search_sql, "OFFERS_COUNTED", counted)
        for price in (20, 30):
            await factories.make_listing("1", "2", price=price, sideBySide=True)
        await make_event(price=10)
        # Another price, because queries are cached.
        pairs = MarketFilter(together=2, max_price_cents=5_000 + counted)
        cases = (
            (pairs, 1, 1),
            (pairs, 9, 2),
            (MarketFilter(max_price_cents=pairs.max_price_cents), 9, 3),
        )
        async with db.transaction() as session:
            for wanted, limit, count in cases:
                assert await event_search_sql.count_events(session, wanted, limit) == count

    @pytest.mark.parametrize("cursor", ["x", "e30", "eyJzb3J0IjoibmV3ZXN0In0"])
    async def test_rejects_cursor_of_another_list(self, cursor: str) -> None:
        with pytest.raises(InvalidInputError):
            await more(cursor=cursor)


class TestLooseTickets:
    async def test_are_those_without_event(self) -> None:
        await make_event()
        loose = await factories.make_ticket(title="Loose")
        page = await find()
        assert [ticket.id for ticket in page.tickets.items] == [loose.id]
        assert (page.events.count, page.ticket_count) == (1, 1)

    async def test_have_no_neighbours(self) -> None:
        await factories.make_ticket(title="Loose")
        page = await find(together=2)
        assert (page.tickets.items, page.ticket_count) == ([], 0)


class TestTypingErrors:
    async def test_correct_words_for_events_and_loose_tickets(self) -> None:
        await make_event("Lanterns in the Park")
        await factories.make_ticket(title="Lanterns at home")
        page = await find(q="lantrens")
        assert page.corrected_q == "lanterns"
        assert (len(page.events.items), len(page.tickets.items)) == (1, 1)

    async def test_correction_without_results_is_not_shown(self) -> None:
        await make_event("Lanterns", category="concert")
        page = await find(q="lantrens", category="sports")
        assert (page.corrected_q, page.events.items, page.tickets.items) == (None, [], [])
