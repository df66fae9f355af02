"""Events in lists."""

from datetime import UTC, date, datetime, timedelta

from tests.ui import offers
from ticketing_app.ui.events.cards import EventCard, group_by_day, left_line

TODAY = date(2097, 11, 30)


def card(*, quantity: int = 1, today: date = TODAY, **fields: object) -> EventCard:
    event = offers.event(**fields)
    summary = offers.summary(event)
    return EventCard.from_event(event, summary, today=today, seen_at=1, quantity=quantity)


class TestEventCard:
    def test_shows_day_time_place_and_lowest_price(self) -> None:
        shown = card()
        assert (shown.month, shown.day, shown.weekday) == ("Dec", "5", "Thu")
        assert shown.place.endswith("PM · Lantern Hall, London")
        assert (shown.price, shown.left_line) == ("$42.50", "7 left")
        assert (shown.href, shown.live_id) == (
            "/events/velvet-meridian-london-2097-12-05",
            shown.id,
        )

    def test_shows_the_year_of_a_far_day(self) -> None:
        assert card(today=date(2096, 1, 1)).weekday == "2097"

    def test_leads_to_as_many_tickets_as_are_wanted(self) -> None:
        # Live prices are those of a single ticket.
        shown = card(quantity=2)
        assert shown.href == "/events/velvet-meridian-london-2097-12-05?quantity=2"
        assert shown.live_id == ""

    def test_has_no_price_when_nothing_is_left(self) -> None:
        event = offers.event()
        summary = offers.summary(event, available=0, from_cents=None)
        shown = EventCard.from_event(event, summary, today=TODAY, seen_at=1)
        assert (shown.price, shown.left_line) == ("", "None left right now")


def test_groups_by_local_day() -> None:
    late = datetime(2097, 12, 5, 19, 30, tzinfo=UTC) + timedelta(hours=20)
    first, second = card(), card()
    third = card(starts_at=late, starts_local=late.replace(tzinfo=None))
    days = group_by_day([first, second, third])
    assert [(day.label, day.cards) for day in days] == [
        ("Thu, Dec 5", (first, second)),
        ("Fri, Dec 6", (third,)),
    ]


def test_left_line() -> None:
    assert [left_line(count) for count in (0, 1, 1200)] == [
        "None left right now",
        "1 left",
        "1,200 left",
    ]
