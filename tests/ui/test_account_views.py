"""Sentences and values that the account page shows."""

from datetime import UTC, datetime, timedelta

import pytest

from ticketing_app.accounts.rules import device_name
from ticketing_app.accounts.schemas import SessionRead
from ticketing_app.core import db
from ticketing_app.ui.accounts import views
from ticketing_app.ui.accounts.views import SessionRow

NOW = datetime(2027, 1, 2, 12, tzinfo=UTC)
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


class TestSessionRow:
    def test_describes_device_address_and_time(self) -> None:
        session = SessionRead(
            id=db.new_id(),
            device="Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0",
            address="192.0.2.7",
            created_at=datetime(2026, 12, 31, 9, 5, tzinfo=UTC),
            last_seen_at=NOW,
            expires_at=NOW,
            is_current=True,
        )
        assert SessionRow.from_session(session, NOW) == SessionRow(
            id=str(session.id),
            device="Firefox on Linux",
            end_label="Sign out Firefox on Linux",
            started="Signed in Dec 31, 2026, 9:05\u202fAM UTC from 192.0.2.7",
            seen="Last seen just now",
            is_current=True,
        )
        unknown = session.model_copy(update={"address": ""})
        row = SessionRow.from_session(unknown, NOW)
        assert row.started == "Signed in Dec 31, 2026, 9:05\u202fAM UTC"


class TestDeviceName:
    @pytest.mark.parametrize(
        ("user_agent", "name"),
        [
            (
                f"(Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/140.0 Safari/537.36",
                "Chrome on Windows",
            ),
            (f"(Windows NT 10.0) {WEBKIT} Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
            (f"(Windows NT 10.0) {WEBKIT} Chrome/140.0 Safari/537.36 OPR/1.0", "Opera on Windows"),
            (
                f"(Linux; Android 16) {WEBKIT} Chrome/140.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            (
                f"(Linux; Android 16) {WEBKIT} SamsungBrowser/28.0 Chrome/130.0 Safari/537.36",
                "Samsung Internet on Android",
            ),
            (f"(X11; CrOS x86_64) {WEBKIT} Chrome/140.0 Safari/537.36", "Chrome on Chromebook"),
            (
                f"(Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/26.0 Safari/605",
                "Safari on Mac",
            ),
            (
                f"(iPhone; CPU iPhone OS 26_0 like Mac OS X) {WEBKIT} FxiOS/142.0 Safari/605",
                "Firefox on iPhone",
            ),
            (
                f"(iPad; CPU OS 26_0 like Mac OS X) {WEBKIT} CriOS/140.0 Safari/604",
                "Chrome on iPad",
            ),
            ("Something (Linux)", "Linux"),
            ("curl/8.0", "Unknown device"),
            ("", "Unknown device"),
        ],
    )
    def test_names_browser_and_system(self, user_agent: str, name: str) -> None:
        assert device_name(user_agent) == name


class TestLastSeen:
    @pytest.mark.parametrize(
        ("ago", "told"),
        [
            (timedelta(), "Last seen just now"),
            (timedelta(minutes=9, seconds=59), "Last seen just now"),
            (timedelta(minutes=10), "Last seen 10 min ago"),
            (timedelta(minutes=59), "Last seen 59 min ago"),
            (timedelta(minutes=60), "Last seen 1 h ago"),
            (timedelta(hours=23, minutes=59), "Last seen 23 h ago"),
            (timedelta(hours=24), "Last seen Jan 1, 2027, 12:00\u202fPM UTC"),
            # Another machine's clock may be ahead.
            (timedelta(seconds=-5), "Last seen just now"),
        ],
    )
    def test_rounds_to_known_precision(self, ago: timedelta, told: str) -> None:
        assert views.last_seen(NOW - ago, NOW) == told
