"""Whether a request comes from our own pages."""

import pytest

from ticketing_app.core import origin
from ticketing_app.core.settings import Settings


class TestIsSameOrigin:
    @pytest.mark.parametrize(
        ("public_url", "sent", "is_same"),
        [
            ("https://tickets.test", "https://tickets.test", True),
            ("https://tickets.test/", "https://TICKETS.test", True),
            ("https://tickets.test", "http://tickets.test", False),
            ("https://tickets.test", "chrome-extension://tickets.test", False),
            ("https://tickets.test", "https://pod.test", True),
            ("https://tickets.test", "http://pod.test", False),
            ("http://localhost:3000", "http://pod.test", True),
            ("http://localhost:3000", "https://pod.test", False),
            ("http://localhost:3000", "http://localhost:3001", False),
            ("http://localhost:3000", "http://", False),
            ("http://localhost:3000", "null", False),
        ],
    )
    def test_compares_scheme_and_host(
        self, monkeypatch: pytest.MonkeyPatch, public_url: str, sent: str, *, is_same: bool
    ) -> None:
        settings = Settings(public_url=public_url)
        monkeypatch.setattr(origin, "get_settings", lambda: settings)
        assert origin.is_same_origin(sent, "pod.test") is is_same
