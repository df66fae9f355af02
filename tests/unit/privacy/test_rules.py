from datetime import UTC, datetime, timedelta

import pytest

from ticketing_app.privacy import rules

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


class TestErasureAt:
    def test_leaves_the_period_to_return(self) -> None:
        assert rules.erasure_at(NOW) == NOW + rules.RETURN_PERIOD


class TestIsKept:
    @pytest.mark.parametrize(
        ("last_sign_in", "kept"),
        [
            (None, False),
            (NOW - timedelta(seconds=1), False),
            (NOW, False),
            (NOW + timedelta(seconds=1), True),
        ],
    )
    def test_only_by_a_later_sign_in(self, last_sign_in: datetime | None, *, kept: bool) -> None:
        assert rules.is_kept(last_sign_in, requested_at=NOW) is kept
