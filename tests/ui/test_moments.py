from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ticketing_app.ui.moments import clock, day, moment

AT = datetime(2027, 1, 2, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("UTC", "2 Jan 2027, 23:30 UTC"),
        ("Europe/Berlin", "3 Jan 2027, 00:30 CET"),
        ("America/Denver", "2 Jan 2027, 16:30 MST"),
        ("America/Sao_Paulo", "2 Jan 2027, 20:30 UTC-03"),
        ("Asia/Kathmandu", "3 Jan 2027, 05:15 UTC+0545"),
    ],
)
def test_moments_are_those_of_the_readers_clock(zone: str, said: str) -> None:
    now = AT.astimezone(ZoneInfo(zone))
    assert moment(AT, now) == f"{day(AT, now)}, {clock(AT, now)}" == said
