"""Costs of several things at several sizes, printed, recorded and compared."""

from collections.abc import Mapping

from benchmarks.measure import check_limit, record


class Series:
    """Points of one part of `benchmarks.growth`: a value for each name and size."""

    def __init__(self, name: str, unit: str) -> None:
        self._name = name
        self._unit = unit
        self._points: dict[str, dict[int, float]] = {}

    def add(self, size: int, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self._points.setdefault(name, {})[size] = value
            record(name, value, self._unit, series=self._name, x=size)
        shown = "; ".join(f"{name} {value:.3g}" for name, value in values.items())
        print(f"{size:,} {self._name}, {self._unit}: {shown}", flush=True)

    def check_growth(self, name: str, small: int, large: int, limit: float) -> bool:
        """Compare the value at the size `large` with that at `small`."""
        points = self._points[name]
        ratio = points[large] / points[small]
        return check_limit(
            f"{name} at {large:,} {self._name}", ratio, limit, f"times that at {small:,}"
        )
