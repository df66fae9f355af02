"""When the pages are of another version of the program."""

from pathlib import Path

import pytest

from ticketing_app.core.settings import get_settings
from ticketing_app.ui import fingerprint
from ticketing_app.ui.build import FingerprintPlugin


class TestTake:
    def test_changes_with_what_is_part_of_the_pages(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(fingerprint, "get_settings", get_settings.__wrapped__)
        monkeypatch.setenv("TICKETING_DATA_DIR", str(tmp_path))
        monkeypatch.delenv("BRAND_NAME", raising=False)
        before = fingerprint.take()
        monkeypatch.setenv("ORDER_HOLD_SECONDS", "20")
        assert fingerprint.take() == before
        monkeypatch.setenv("BRAND_NAME", "Foo")
        assert fingerprint.take() != before


class TestIsCurrent:
    def test_compares_what_the_build_noted(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        assert fingerprint.is_current(tmp_path) is None
        monkeypatch.setattr("ticketing_app.ui.build.get_web_dir", lambda: tmp_path)
        FingerprintPlugin().post_build(static_dir=tmp_path)
        assert fingerprint.is_current(tmp_path) is True
        fingerprint.note(tmp_path, "of yesterday")
        assert fingerprint.is_current(tmp_path) is False

    def test_cannot_tell_where_the_sources_are_not_all_there(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        fingerprint.note(tmp_path, "of some image")
        monkeypatch.setattr(fingerprint, "ROOT", tmp_path)
        assert fingerprint.is_current(tmp_path) is None
