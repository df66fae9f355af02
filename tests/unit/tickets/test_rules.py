from datetime import UTC, date, datetime, timedelta

import pytest

from ticketing_app.tickets import rules
from ticketing_app.tickets.rules import Availability, DeliveryMethod, TicketStatus


@pytest.mark.parametrize(
    ("status", "is_locked", "expected"),
    [
        (TicketStatus.FOR_SALE, False, Availability.AVAILABLE),
        (TicketStatus.FOR_SALE, True, Availability.LOCKED),
        (TicketStatus.SOLD, False, Availability.SOLD),
        (TicketStatus.SOLD, True, Availability.SOLD),
        (TicketStatus.WITHDRAWN, False, Availability.WITHDRAWN),
    ],
)
def test_availability_and_can_change(
    status: TicketStatus,
    is_locked: bool,  # noqa: FBT001  # a column of the table above.
    expected: Availability,
) -> None:
    assert rules.availability(status, is_locked=is_locked) is expected
    assert rules.can_change(status, is_locked=is_locked) is (expected is Availability.AVAILABLE)


@pytest.mark.parametrize(
    ("timezone", "minutes"),
    [("UTC", 0), ("Europe/Berlin", 120), ("America/New_York", -240), ("Asia/Kathmandu", 345)],
)
def test_utc_offset_depends_on_the_season(timezone: str, minutes: int) -> None:
    assert rules.utc_offset_minutes(datetime(2027, 7, 1, tzinfo=UTC), timezone) == minutes


def test_no_utc_offset_without_a_date() -> None:
    assert rules.utc_offset_minutes(None, None) is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("beyonse", "beyonce"), ("lodnon", "london"), ("lantren", "lantern"), ("lanters", "lanterns")],
)
def test_corrects_typing_errors(typed: str, meant: str) -> None:
    known = ["beyond", "beyonce", "london", "lantern", "lanterns", "night", "lobster"]
    assert rules.close_words(typed, known)[0] == meant


def test_leaves_unrelated_words() -> None:
    assert rules.close_words("trumpet", ["night", "london", "trampoline"]) == []


@pytest.mark.parametrize(
    ("seen", "content_version", "expected"),
    [
        (None, 3, False),
        (2, 3, True),
        (3, 3, False),
        (4, 3, False),
        (5, 3, False),
        (6, 3, True),
        (4, None, True),
        (5, None, False),
    ],
)
def test_only_changes_of_the_description_make_a_version_stale(
    seen: int | None,
    content_version: int | None,
    expected: bool,  # noqa: FBT001  # a column of the table above.
) -> None:
    assert rules.is_stale(seen, version=5, content_version=content_version) is expected


@pytest.mark.parametrize(
    ("starts_in", "expected"),
    [(timedelta(seconds=-1), True), (timedelta(0), True), (timedelta(seconds=1), False)],
)
def test_an_event_has_begun_at_its_start(starts_in: timedelta, expected: bool) -> None:  # noqa: FBT001  # as above.
    now = datetime(2027, 7, 1, tzinfo=UTC)
    assert rules.has_begun(now + starts_in, now) is expected


def test_an_event_without_a_date_never_begins() -> None:
    assert not rules.has_begun(None, datetime(2027, 7, 1, tzinfo=UTC))


class TestSellableUntil:
    START = datetime(2027, 7, 1, 20, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("method", "lead"),
        [
            (None, None),
            (DeliveryMethod.FILE, None),
            (DeliveryMethod.LINK, None),
            (DeliveryMethod.REISSUE, timedelta(hours=1)),
            (DeliveryMethod.TRANSFER, timedelta(hours=8)),
            (DeliveryMethod.FILE_LATER, timedelta(hours=8)),
        ],
    )
    def test_leaves_time_to_deliver(
        self, method: DeliveryMethod | None, lead: timedelta | None
    ) -> None:
        expected = self.START - lead if lead else None
        assert rules.sellable_until(method, self.START) == expected

    def test_has_no_limit_without_a_date(self) -> None:
        assert rules.sellable_until(DeliveryMethod.TRANSFER, None) is None

    def test_is_over_at_its_moment(self) -> None:
        assert rules.is_too_late(self.START, self.START)
        assert not rules.is_too_late(self.START, self.START - timedelta(seconds=1))
        assert not rules.is_too_late(None, self.START)


def test_local_day_is_that_of_the_place() -> None:
    late = datetime(2027, 7, 1, 23, tzinfo=UTC)
    assert rules.local_day(late, "Europe/Berlin") == date(2027, 7, 2)
    assert rules.local_day(late, None) is None
    assert rules.local_day(None, "UTC") is None
