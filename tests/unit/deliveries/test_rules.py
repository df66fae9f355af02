"""Transitions of a delivery."""

import pytest

from ticketing_app.deliveries import rules
from ticketing_app.deliveries.rules import DeliveryStatus


class TestTransitions:
    def test_final_statuses_have_no_way_out(self) -> None:
        for sources, _ in rules.TRANSITIONS.values():
            assert not sources & rules.FINAL

    def test_deliveries_without_a_promise_are_never_late(self) -> None:
        ends = {rules.TRANSITIONS[name][1] for name in rules.UNPROMISED_SOURCES}
        assert DeliveryStatus.LATE not in ends
        assert rules.AT_DEADLINE.keys() == rules.WITH_DEADLINE

    def test_each_deadline_starts_where_its_transition_may(self) -> None:
        for status, name in rules.AT_DEADLINE.items():
            assert status in rules.TRANSITIONS[name][0]


class TestStatusNow:
    @pytest.mark.parametrize(
        ("status", "is_running", "shown"),
        [
            ("waiting", True, "waiting"),
            ("waiting", False, "late"),
            ("issuing", False, "late"),
            ("late", False, "failed"),
            ("ready", False, "ready"),
        ],
    )
    def test_is_that_after_the_deadline_from_then_on(
        self,
        status: str,
        is_running: bool,  # noqa: FBT001  # a parameter of the test.
        shown: str,
    ) -> None:
        assert rules.status_now(DeliveryStatus(status), is_running=is_running) == shown
