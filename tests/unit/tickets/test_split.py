import pytest

from ticketing_app.tickets.rules import Split, can_leave, longest_run


@pytest.mark.parametrize(
    ("split", "allowed"),
    [(Split.ANY, [0, 1, 2, 3]), (Split.NO_SINGLE, [0, 2, 3]), (Split.TOGETHER, [0])],
)
def test_rule_of_the_seller(split: Split, allowed: list[int]) -> None:
    assert [left for left in range(4) if can_leave(split, left=left)] == allowed


@pytest.mark.parametrize(
    ("positions", "longest"), [([], 0), ([3], 1), ([0, 2, 4], 1), ([5, 0, 4, 1, 6], 3)]
)
def test_longest_run_of_neighbours(positions: list[int], longest: int) -> None:
    assert longest_run(positions) == longest
