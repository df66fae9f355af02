import pytest

from ticketing_app.tickets.rules import Split, best_seats, can_leave, longest_run, quantities


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


@pytest.mark.parametrize(
    ("split", "positions", "is_side_by_side", "allowed"),
    [
        (Split.ANY, [], False, []),
        (Split.ANY, [1, 2, 4], False, [1, 2, 3]),
        (Split.ANY, [1, 2, 4], True, [1, 2]),
        (Split.NO_SINGLE, [1, 2, 3, 4], False, [1, 2, 4]),
        (Split.NO_SINGLE, [1], False, [1]),
        (Split.TOGETHER, [1, 2], True, [2]),
        # Sold in one piece, but a seat between them is gone.
        (Split.TOGETHER, [1, 3], True, []),
    ],
)
def test_quantities(
    split: Split, positions: list[int], *, is_side_by_side: bool, allowed: list[int]
) -> None:
    assert quantities(split, positions, is_side_by_side=is_side_by_side) == allowed


@pytest.mark.parametrize(
    ("positions", "quantity", "best"),
    [
        ([1, 2, 4, 5, 6, 8], 1, [8]),
        ([1, 2, 3, 5, 6], 2, [5, 6]),
        ([1, 2, 3, 5, 6, 7, 8], 2, [5, 6]),
        ([1, 2, 3], 2, [1, 2]),
        ([1, 3, 5, 6], 3, [5, 6, 1]),
    ],
    ids=["shortest run", "exact run", "no single left over", "single left over", "apart"],
)
def test_best_seats(positions: list[int], quantity: int, best: list[int]) -> None:
    assert best_seats(positions, quantity) == best
