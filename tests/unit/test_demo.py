"""What a fresh installation sells."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

import pytest

from tests.unit.events.test_city_data import ALL
from ticketing_app import demo
from ticketing_app.events import rules
from ticketing_app.events.rules import CATEGORIES
from ticketing_app.tickets.rules import Split

TODAY = date(2027, 3, 20)
PLAN = demo.plan(TODAY)
ZONES = {city.id: city.timezone for city in ALL}


def city_id(show: demo.Show) -> int:
    assert show.event.venue
    return show.event.venue.city_id


def starts_at(show: demo.Show) -> datetime:
    return rules.start_of(show.event.starts_local, ZONES[city_id(show)]).at


class TestShows:
    def test_fill_every_category_and_several_cities(self) -> None:
        counts = Counter(show.event.category for show in PLAN.shows)
        assert set(counts) == set(CATEGORIES)
        assert min(counts.values()) >= 2
        assert len({city_id(show) for show in PLAN.shows}) >= 10
        listings = [row.listing for show in PLAN.shows for row in show.rows]
        assert 60 <= len(listings) <= 90

    def test_have_something_on_each_of_the_first_days(self) -> None:
        days = {(show.event.starts_local.date() - TODAY).days for show in PLAN.shows}
        assert set(range(7)) <= days

    def test_start_in_the_future(self) -> None:
        for show in PLAN.shows:
            # Even if the data is created late in the evening (UTC).
            assert starts_at(show) >= datetime.combine(TODAY + timedelta(days=1), time(), UTC)
            assert show.event.starts_local.minute in {0, 30}

    def test_have_pairs_groups_single_seats_and_seats_without_names(self) -> None:
        listings = [row.listing for show in PLAN.shows for row in show.rows]
        counts = Counter(listing.count for listing in listings)
        assert {1, 2, 3, 4, 5, 6} <= set(counts)
        assert any(listing.quantity and listing.quantity > 1 for listing in listings)
        assert {listing.split for listing in listings} == set(Split)

    def test_have_a_paused_listing_and_an_order_in_each_state(self) -> None:
        states = Counter(row.state for show in PLAN.shows for row in show.rows)
        assert {state: states[state] for state in demo.State if state != "for_sale"} == {
            "paused": 1,
            "held": 1,
            "paid": 2,
            "refunded": 1,
            "late": 1,
            "resold": 1,
        }

    def test_repeat_an_artist_in_other_cities_and_on_other_days(self) -> None:
        places = {
            (city_id(show), show.event.starts_local.date())
            for show in PLAN.shows
            if show.event.title.startswith("Velvet Meridian")
        }
        assert len(places) == 3
        assert len({city for city, _ in places}) == 2

    def test_have_a_cancelled_one_and_one_seat_listed_twice(self) -> None:
        assert sum(show.is_cancelled for show in PLAN.shows) == 1
        seats = Counter(
            (
                show.event.title,
                show.event.starts_local,
                row.listing.section,
                row.listing.row,
                seat.seat,
            )
            for show in PLAN.shows
            for row in show.rows
            for seat in row.listing.seats
        )
        assert [count for count in seats.values() if count > 1] == [2]


class TestLooseTickets:
    def test_are_few(self) -> None:
        assert 2 <= len(PLAN.loose) <= 5
        assert {ticket.event_id for ticket in PLAN.loose} == {None}


class TestSeatNames:
    @pytest.mark.parametrize(
        ("seats", "names"),
        [
            ("", []),
            ("x4", []),
            ("7", ["7"]),
            ("9-12", ["9", "10", "11", "12"]),
            ("C-E", ["C", "D", "E"]),
        ],
    )
    def test_reads_ranges(self, seats: str, names: list[str]) -> None:
        assert demo.seat_names(seats) == names
