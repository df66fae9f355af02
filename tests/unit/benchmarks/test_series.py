import json
from pathlib import Path

import pytest

from benchmarks import measure
from benchmarks.series import Series


class TestSeries:
    def test_records_each_point(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file = tmp_path / "figures"
        monkeypatch.setenv(measure.FIGURES_FILE, str(file))
        Series("tickets", "ms of CPU").add(1000, {"hold": 4.5})
        assert json.loads(file.read_text()) == {
            "name": "hold",
            "measured": 4.5,
            "unit": "ms of CPU",
            "series": "tickets",
            "x": 1000,
        }

    @pytest.mark.parametrize(("large", "is_kept"), [(6.0, True), (6.1, False)])
    def test_compares_the_largest_with_the_smallest(self, large: float, is_kept: bool) -> None:  # noqa: FBT001  # a parameter of the test.
        series = Series("tickets", "ms of CPU")
        series.add(1_000, {"hold": 4})
        series.add(1_000_000, {"hold": large})
        assert series.check_growth("hold", 1_000, 1_000_000, 1.5) is is_kept
