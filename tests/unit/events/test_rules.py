from datetime import UTC, date, datetime, timedelta

import pytest

from ticketing_app.events import rules
from ticketing_app.events.rules import EventStatus

NOW = datetime(2027, 3, 1, tzinfo=UTC)

local = datetime.fromisoformat


class TestStartOf:
    @pytest.mark.parametrize(
        ("naive", "timezone", "at"),
        [
            (local("2027-05-01T20:00"), "Europe/Berlin", datetime(2027, 5, 1, 18, tzinfo=UTC)),
            (local("2027-01-01T20:00"), "Europe/Berlin", datetime(2027, 1, 1, 19, tzinfo=UTC)),
            (local("2027-05-01T20:00"), "Asia/Kolkata", datetime(2027, 5, 1, 14, 30, tzinfo=UTC)),
        ],
    )
    def test_uses_the_offset_of_the_day(self, naive: datetime, timezone: str, at: datetime) -> None:
        assert rules.start_of(naive, timezone) == (naive, at)

    def test_takes_the_first_of_two_equal_times(self) -> None:
        naive = local("2027-10-31T02:30")
        expected = (naive, datetime(2027, 10, 31, 0, 30, tzinfo=UTC))
        assert rules.start_of(naive, "Europe/Berlin") == expected
        assert rules.start_of(naive.replace(fold=1), "Europe/Berlin") == expected

    def test_moves_a_skipped_time_on_by_the_gap(self) -> None:
        start = rules.start_of(local("2027-03-28T02:30"), "Europe/Berlin")
        assert start.local == local("2027-03-28T03:30")
        assert start.at == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)


class TestSlugOf:
    @pytest.mark.parametrize(
        ("title", "city", "slug"),
        [
            ("The Paper Lanterns", "Porto", "the-paper-lanterns-porto-2027-05-01"),
            ("Beyoncé & Jay-Z's", "São Paulo", "beyonce-jay-zs-sao-paulo-2027-05-01"),
            ("Fußball: Łódź, Ærø", "Köln", "fussball-lodz-aero-koln-2027-05-01"),
            ("ليلة الفوانيس", "Cairo", "cairo-2027-05-01"),
            ("🎸", "東京", "2027-05-01"),
        ],
    )
    def test_joins_latin_words_city_and_day(self, title: str, city: str, slug: str) -> None:
        assert rules.slug_of(title, city, date(2027, 5, 1)) == slug


class TestSlugify:
    def test_ends_long_text_after_a_word(self) -> None:
        assert rules.slugify("word " * 30) == "-".join(["word"] * 16)
        assert rules.slugify("x" * 120) == "x" * 80


class TestIsListable:
    @pytest.mark.parametrize(
        ("status", "starts_at", "expected"),
        [
            (EventStatus.SCHEDULED, NOW + timedelta(seconds=1), True),
            (EventStatus.MOVED, NOW + timedelta(days=1), True),
            (EventStatus.SCHEDULED, NOW, False),
            (EventStatus.CANCELLED, NOW + timedelta(days=1), False),
        ],
    )
    def test_needs_a_living_event_that_lies_ahead(
        self, status: EventStatus, starts_at: datetime, *, expected: bool
    ) -> None:
        assert rules.is_listable(status, starts_at, NOW) is expected
