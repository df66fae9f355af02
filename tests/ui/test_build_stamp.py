"""Detection of pages that were built from another version."""

from pathlib import Path

import pytest

from ticketing_app.core.settings import get_settings
from ticketing_app.documents import build_stamp
from ticketing_app.documents.plugins import BuildStampPlugin


class TestCompute:
    def test_covers_all_sources_of_pages(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(build_stamp, "get_settings", get_settings.__wrapped__)
        monkeypatch.setenv("TICKETING_DATA_DIR", str(tmp_path))
        monkeypatch.delenv("BRAND_NAME", raising=False)
        before = build_stamp.compute()
        monkeypatch.setenv("ORDER_HOLD_SECONDS", "20")
        assert build_stamp.compute() == before
        monkeypatch.setenv("BRAND_NAME", "Foo")
        assert build_stamp.compute() != before


class TestIsCurrent:
    def test_compares_the_stamp(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        assert build_stamp.is_current(tmp_path) is None
        monkeypatch.setattr("ticketing_app.documents.plugins.get_web_dir", lambda: tmp_path)
        BuildStampPlugin().post_build(static_dir=tmp_path)
        assert build_stamp.is_current(tmp_path) is True
        build_stamp.write(tmp_path, "of yesterday")
        assert build_stamp.is_current(tmp_path) is False

    def test_is_unknown_without_the_sources(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        build_stamp.write(tmp_path, "of some image")
        monkeypatch.setattr(build_stamp, "ROOT", tmp_path)
        assert build_stamp.is_current(tmp_path) is None
