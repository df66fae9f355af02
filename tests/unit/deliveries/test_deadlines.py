from datetime import UTC, date, datetime, timedelta

import pytest

from ticketing_app.deliveries import rules

NOW = datetime(2027, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class TestReadyAt:
    def test_begins_at_midnight_of_the_event(self) -> None:
        assert rules.ready_at(date(2027, 5, 3), "Europe/Berlin") == datetime(
            2027, 5, 2, 22, tzinfo=UTC
        )

    def test_begins_in_utc_without_a_time_zone(self) -> None:
        assert rules.ready_at(date(2027, 5, 3), None) == datetime(2027, 5, 3, tzinfo=UTC)

    def test_has_none_without_a_day(self) -> None:
        assert rules.ready_at(None, "Europe/Berlin") is None


class TestDeliverBy:
    def test_is_in_two_days(self) -> None:
        assert rules.deliver_by(NOW) == NOW + 2 * DAY

    @pytest.mark.parametrize(("ready", "expected"), [(HOUR, 2 * DAY), (5 * DAY, 6 * DAY)])
    def test_leaves_a_day_after_the_release(self, ready: timedelta, expected: timedelta) -> None:
        assert rules.deliver_by(NOW, ready_at=NOW + ready) == NOW + expected

    @pytest.mark.parametrize(
        ("start", "expected"),
        [(30 * DAY, 2 * DAY), (30 * HOUR, 24 * HOUR), (7 * HOUR, 2 * HOUR), (HOUR, 2 * HOUR)],
    )
    def test_lies_before_the_start(self, start: timedelta, expected: timedelta) -> None:
        assert rules.deliver_by(NOW, starts_at=NOW + start) == NOW + expected

    def test_lies_before_the_start_if_the_release_is_late(self) -> None:
        found = rules.deliver_by(NOW, ready_at=NOW + 9 * DAY, starts_at=NOW + 9 * DAY + 20 * HOUR)
        assert found == NOW + 9 * DAY + 14 * HOUR


class TestChooseBy:
    @pytest.mark.parametrize(
        ("start", "expected"), [(None, DAY), (9 * DAY, DAY), (5 * HOUR, 5 * HOUR), (-HOUR, 0 * DAY)]
    )
    def test_is_in_a_day_and_not_past_the_start(
        self, start: timedelta | None, expected: timedelta
    ) -> None:
        starts_at = None if start is None else NOW + start
        assert rules.choose_by(NOW, starts_at=starts_at) == NOW + expected


class TestWaitUntil:
    @pytest.mark.parametrize(
        ("start", "expected"),
        [(None, 2 * DAY), (9 * DAY, 2 * DAY), (30 * HOUR, 24 * HOUR), (HOUR, HOUR)],
    )
    def test_is_a_new_deadline_before_the_start(
        self, start: timedelta | None, expected: timedelta
    ) -> None:
        starts_at = None if start is None else NOW + start
        assert rules.wait_until(NOW, starts_at=starts_at) == NOW + expected


class TestNextReminder:
    @pytest.mark.parametrize(
        ("left", "expected"), [(48, 24), (24, 18), (7, 1), (6, None), (1, None)]
    )
    def test_comes_a_day_and_six_hours_before(self, left: int, expected: int | None) -> None:
        found = rules.next_reminder(NOW + left * HOUR, NOW)
        assert found == (None if expected is None else NOW + expected * HOUR)
