import json
from pathlib import Path

import pytest

from benchmarks import measure


@pytest.fixture
def figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "figures"
    monkeypatch.setenv(measure.FIGURES_FILE, str(file))
    return file


class TestCheckLimit:
    @pytest.mark.parametrize(("measured", "is_kept"), [(99.0, True), (100.0, True), (101.0, False)])
    def test_compares(self, measured: float, is_kept: bool) -> None:  # noqa: FBT001  # a parameter of the test.
        assert measure.check_limit("p95", measured, 100, "ms") is is_kept

    def test_writes_a_line_for_each_figure(self, figures: Path) -> None:
        measure.check_limit("p95", 90, 100, "ms")
        measure.check_least("rate", 90, 100, "requests/s")
        assert list(map(json.loads, figures.read_text().splitlines())) == [
            {"name": "p95", "measured": 90, "unit": "ms", "limit": 100, "is_kept": True},
            {"name": "rate", "measured": 90, "unit": "requests/s", "least": 100, "is_kept": False},
        ]

    def test_writes_nothing_when_run_by_hand(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv(measure.FIGURES_FILE, raising=False)
        monkeypatch.chdir(tmp_path)
        assert measure.check_limit("p95", 90, 100, "ms")
        assert not list(tmp_path.iterdir())


class TestCheckLeast:
    @pytest.mark.parametrize(("measured", "is_kept"), [(99.0, False), (100.0, True), (101.0, True)])
    def test_compares(self, measured: float, is_kept: bool) -> None:  # noqa: FBT001  # a parameter of the test.
        assert measure.check_least("rate", measured, 100, "requests/s") is is_kept
