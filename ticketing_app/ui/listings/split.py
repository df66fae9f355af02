"""How the tickets of a listing may be sold: the questions of the seller's forms, and their sentences."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ticketing_app.tickets.rules import Place, Split

PAIR = 2
YES = "true"
NO = "false"


@dataclass(frozen=True)
class SplitChoice:
    """The answers on so many tickets; one that is not asked for is empty.

    `suggested_side` is the default of `side_by_side`, as the seat numbers suggest it.
    """

    count: int = 1
    split: str = ""
    side_by_side: str = ""
    suggested_side: str = ""

    @classmethod
    def of(cls, seats: Sequence[Place], split: str, side_by_side: str) -> "SplitChoice":
        """Return the answers so far, with defaults for missing ones."""
        count = len(seats)
        if count < PAIR:
            return cls()
        suggested = _suggested_side(seats)
        side = side_by_side if suggested and side_by_side in {YES, NO} else suggested
        return cls(count, _split(split, count), side, suggested)

    def values(self) -> dict[str, Any]:
        """Return the fields of a listing."""
        if not self.split:
            return {}
        return {"split": self.split, "sideBySide": self.side_by_side == YES}


def _split(split: str, count: int) -> str:
    # A single ticket that is left over is the hardest to sell, so by default none is.
    answer = split if split in {*Split} else Split.NO_SINGLE
    # The same rule for a pair, in simpler words.
    return Split.TOGETHER if answer == Split.NO_SINGLE and count == PAIR else answer


def _suggested_side(seats: Sequence[Place]) -> str:
    """Return whether the seats are probably neighbours; empty if they cannot be."""
    steps = _steps(seats)
    # Many halls have odd numbers on one side and even ones on the other.
    if steps in ({2}, set[int]()):
        return NO
    return YES if steps == {1} else ""


def _steps(seats: Sequence[Place]) -> set[int] | None:
    """Return the distances of the seats in their row, none if unknown; None if they are not in one row."""
    if len({(seat.section, seat.row) for seat in seats}) > 1:
        return None
    numbers = [_number(seat.seat) for seat in seats if seat.seat]
    if not numbers:
        # Without a row either, they are places to stand.
        return set() if seats[0].row else None
    known = sorted(number for number in numbers if number is not None)
    if len(known) < len(seats):
        return set()
    return {after - before for before, after in pairwise(known)}


def _number(seat: str) -> int | None:
    if found := re.search(r"(\d+)\D*$", seat):
        return int(found[1])
    return ord(seat.lower()) if len(seat) == 1 and seat.isascii() else None


def split_line(choice: SplitChoice) -> str:
    """Return the rule and the seats as on an offer, like "Sold both together · Side by side"."""
    if not choice.split:
        return ""
    lines = {
        Split.ANY: "Sold in any number",
        Split.NO_SINGLE: "Never one left over",
        Split.TOGETHER: "Sold both together" if choice.count == PAIR else "Sold all together",
    }
    side = "Side by side" if choice.side_by_side == YES else ""
    return " · ".join(part for part in (lines[Split(choice.split)], side) if part)


def listed(names: Sequence[str]) -> str:
    """Return names as in a sentence, like "5, 6 and 7"."""
    *others, last = names or [""]
    return f"{', '.join(others)} and {last}" if others else last
