"""Prometheus counters of this process; they only grow, so tests compare differences."""

from prometheus_client import REGISTRY


class Counted:
    """How much a counter has grown since this was made."""

    def __init__(self, name: str, **labels: str) -> None:
        self._name, self._labels = f"gittix_{name}", labels
        self._before = self._value()

    def __eq__(self, other: object) -> bool:
        return self._value() - self._before == other

    def __repr__(self) -> str:
        return f"{self._name}{self._labels or ''}: {self._value() - self._before}"

    __hash__ = None  # type: ignore[assignment]  # it changes.

    def _value(self) -> float:
        return REGISTRY.get_sample_value(self._name, self._labels) or 0
