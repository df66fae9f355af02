"""When the pages are built anew."""

import pytest

from ticketing_app.devstack import web


class TestFingerprint:
    def test_changes_with_what_is_part_of_the_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("BRAND_NAME", raising=False)
        before = web._fingerprint()
        monkeypatch.setenv("ORDER_HOLD_SECONDS", "20")
        assert web._fingerprint() == before
        monkeypatch.setenv("BRAND_NAME", "Foo")
        assert web._fingerprint() != before
