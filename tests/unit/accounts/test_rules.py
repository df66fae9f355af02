from datetime import UTC, datetime, timedelta

import pytest

from ticketing_app.accounts import rules

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


class TestSessionExpiresAt:
    def test_is_days_ahead(self) -> None:
        assert rules.session_expires_at(NOW, 7) == NOW + timedelta(days=7)


class TestEmailReservedUntil:
    def test_is_when_the_undo_link_ends(self) -> None:
        undo = rules.TOKEN_LIFETIMES[rules.TokenPurpose.UNDO]
        assert rules.email_reserved_until(NOW) == NOW + undo


class TestIsProofFresh:
    @pytest.mark.parametrize(
        ("proved_at", "fresh"),
        [
            (None, False),
            (NOW, True),
            (NOW - rules.PROOF_LIFETIME + timedelta(seconds=1), True),
            (NOW - rules.PROOF_LIFETIME, False),
        ],
    )
    def test_ends_with_its_lifetime(self, proved_at: datetime | None, *, fresh: bool) -> None:
        assert rules.is_proof_fresh(proved_at, NOW) is fresh
