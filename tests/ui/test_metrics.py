"""Metrics of pages."""

import asyncio

import pytest
from prometheus_client import REGISTRY
from reflex.istate.data import RouterData

from ticketing_app.core.errors import AppError, UnavailableError
from ticketing_app.ui import session
from ticketing_app.ui.live import channels
from ticketing_app.ui.metrics import timed


class SomeState:
    router = RouterData()

    async def load(self) -> None:
        """A handler of these tests."""


def counted(outcome: str) -> float | None:
    labels = {"handler": "SomeState.load", "outcome": outcome}
    return REGISTRY.get_sample_value("gittix_page_handler_duration_seconds_count", labels)


class TestTimed:
    @pytest.mark.parametrize(
        ("error", "outcome"),
        [
            (AppError("No."), "refused"),
            (UnavailableError(), "unavailable"),
            (asyncio.CancelledError(), "cancelled"),
            (ZeroDivisionError(), "crashed"),
        ],
    )
    def test_distinguishes_refusals_outages_and_crashes(
        self, error: BaseException, outcome: str
    ) -> None:
        before = counted(outcome) or 0
        with pytest.raises(type(error)), timed(SomeState.load):
            raise error
        assert counted(outcome) == before + 1

    async def test_counts_handlers_by_name(self) -> None:
        guarded = session.guarded(SomeState.load)
        assert counted("crashed") is not None
        before = counted("done") or 0
        state = SomeState()
        state.error_message, state.is_unavailable, state.errors = "", False, {}  # type: ignore[attr-defined]  # as a page's state has.
        await guarded(state)
        assert counted("done") == before + 1


class TestCountPages:
    def test_is_zero_before_start(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(channels, "_app", None)
        assert channels.count_pages() == 0
