"""Values and sentences of the event pages."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from tests.ui import offers
from ticketing_app.events.rules import EventStatus
from ticketing_app.ui.events.views import EventHead


def head(status: EventStatus = EventStatus.SCHEDULED, **fields: object) -> EventHead:
    event = offers.event(status=status, **fields)
    return EventHead.from_event(event, offers.summary(event), seen_at=1)


class TestEventHead:
    def test_shows_the_time_of_the_event(self) -> None:
        shown = head()
        assert (shown.month, shown.day, shown.time_line) == (
            "Dec",
            "5",
            "Thu · 2097 · 7:30\u202fPM",
        )
        assert (shown.venue_href, shown.city_href) == (
            "/venues/lantern-hall-london",
            "/cities/london",
        )

    def test_omits_the_year_if_it_is_this_one(self) -> None:
        with time_machine.travel(offers.STARTS_AT - timedelta(days=7), tick=False):
            assert head().time_line == "Thu · 7:30\u202fPM"

    def test_shows_what_is_left(self) -> None:
        shown = head()
        assert (shown.left_line, shown.price, shown.is_on_sale) == ("7 for sale", "$42.50", True)
        assert shown.share_line == (
            "Thu, Dec 5, 2097, 7:30\u202fPM · Lantern Hall, London · 7 for sale · from $42.50"
        )

    @pytest.mark.parametrize(("left", "line"), [(0, "Sold out for now"), (1, "1 for sale")])
    def test_counts_in_words(self, left: int, line: str) -> None:
        event = offers.event()
        summary = offers.summary(event, available=left, from_cents=4000 if left else None)
        shown = EventHead.from_event(event, summary, seen_at=1)
        assert (shown.left_line, shown.price) == (line, "$40" if left else "")

    def test_event_without_tickets_has_the_market_currency(self) -> None:
        event = offers.event()
        summary = offers.summary(event, available=0, sold=0, from_cents=None, currency=None)
        shown = EventHead.from_event(event, summary, seen_at=1)
        assert (shown.left_line, shown.price_format[0]) == ("None for sale right now", "$")

    @pytest.mark.parametrize(
        ("status", "start", "shown", "notice", "is_on_sale"),
        [
            (EventStatus.SCHEDULED, offers.STARTS_AT, "scheduled", "", True),
            (EventStatus.MOVED, offers.STARTS_AT, "moved", "now on Thu, Dec 5, 2097", True),
            (EventStatus.CANCELLED, offers.STARTS_AT, "cancelled", "money on its way back", False),
            (EventStatus.SCHEDULED, datetime(2026, 1, 1, tzinfo=UTC), "over", "has begun", False),
        ],
    )
    def test_explains_its_status(
        self, status: EventStatus, start: datetime, shown: str, notice: str, *, is_on_sale: bool
    ) -> None:
        found = head(status, starts_at=start)
        assert (found.status, found.is_on_sale) == (shown, is_on_sale)
        assert notice in found.notice
        assert (found.left > 0) == is_on_sale

    def test_city_without_latin_letters_has_no_page(self) -> None:
        venue = offers.event().venue.model_copy(update={"city": "東京"})
        assert head(venue=venue).city_href == ""
