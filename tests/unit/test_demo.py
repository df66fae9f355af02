"""Listings of a fresh installation."""

import itertools
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ticketing_app import demo
from ticketing_app.events.rules import CATEGORIES
from ticketing_app.tickets.schemas import TicketCreate

TODAY = date(2027, 3, 20)
LISTINGS = list(demo.listings(TODAY))


def local_start(ticket: TicketCreate) -> datetime:
    assert ticket.starts_at is not None
    assert ticket.timezone is not None
    return ticket.starts_at.astimezone(ZoneInfo(ticket.timezone))


class TestListings:
    def test_fill_every_category_and_several_cities(self) -> None:
        counts = Counter(ticket.category for ticket in LISTINGS)
        assert set(counts) == set(CATEGORIES)
        assert min(counts.values()) >= 5
        assert len({ticket.city for ticket in LISTINGS}) >= 10
        assert 65 <= len(LISTINGS) <= 75

    def test_have_something_on_each_of_the_first_days(self) -> None:
        days = {(local_start(ticket).date() - TODAY).days for ticket in LISTINGS}
        assert set(range(7)) <= days

    def test_start_in_the_future_in_local_time(self) -> None:
        for ticket in LISTINGS:
            # Even if the data is created late in the evening (UTC).
            assert local_start(ticket) >= datetime.combine(TODAY + timedelta(days=1), time(), UTC)
            assert local_start(ticket).minute in {0, 30}

    def test_keep_the_hour_when_the_clocks_change(self) -> None:
        # London's clocks change eight days after TODAY.
        [fair] = {
            ticket.starts_at
            for ticket in LISTINGS
            if ticket.title == "London Wharfmen vs. Bristol Gulls"
        }
        assert fair == datetime(2027, 4, 2, 15, tzinfo=ZoneInfo("Europe/London"))

    def test_mix_the_events_instead_of_listing_one_after_the_other(self) -> None:
        titles = [ticket.title for ticket in LISTINGS]
        assert all(one != next_one for one, next_one in itertools.pairwise(titles))
