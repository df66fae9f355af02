from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum
from zoneinfo import ZoneInfo

from ticketing_app.core.validation import SHORT_TEXT_MAX_LENGTH

TITLE_MAX_LENGTH = SHORT_TEXT_MAX_LENGTH
CLOSE_WORDS = 3
CLOSENESS = 0.7
# Seats per listing form.
MAX_SEATS = 10
# A price hint from fewer tickets would reveal the prices of single sellers.
MIN_SIMILAR = 3


class Split(StrEnum):
    """How the tickets of a listing may be sold; NO_SINGLE never leaves one over."""

    ANY = "any"
    NO_SINGLE = "no_single"
    TOGETHER = "together"


def can_leave(split: Split, *, left: int) -> bool:
    """Whether the seller's rule allows a sale that leaves so many tickets of the listing."""
    if split is Split.TOGETHER:
        return left == 0
    return split is Split.ANY or left != 1


def longest_run(positions: Iterable[int]) -> int:
    """Return the number of neighbouring seats in the longest run."""
    runs = Counter(position - nth for nth, position in enumerate(sorted(positions)))
    return max(runs.values(), default=0)


class TicketStatus(StrEnum):
    FOR_SALE = "for_sale"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"
    SOLD = "sold"


class Availability(StrEnum):
    AVAILABLE = "available"
    LOCKED = "locked"
    SOLD = "sold"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"


def availability(status: TicketStatus, *, is_locked: bool) -> Availability:
    # A lock matters only while the ticket is for sale.
    if status is TicketStatus.FOR_SALE:
        return Availability.LOCKED if is_locked else Availability.AVAILABLE
    return Availability(status.value)


def can_change(status: TicketStatus, *, is_locked: bool) -> bool:
    return availability(status, is_locked=is_locked) is Availability.AVAILABLE


def is_stale(seen: int | None, *, version: int, content_version: int | None) -> bool:
    """Whether the description changed since version `seen`."""
    # Holds raise `version` only: all versions from `content_version` on have the same description.
    if seen is None:
        return False
    if content_version is None:
        return seen != version
    return not content_version <= seen <= version


def has_begun(starts_at: datetime | None, now: datetime) -> bool:
    # An event without a date never begins.
    return starts_at is not None and starts_at <= now


def utc_offset_minutes(starts_at: datetime | None, timezone: str | None) -> int | None:
    if starts_at is None or timezone is None:
        return None
    offset = starts_at.astimezone(ZoneInfo(timezone)).utcoffset()
    return round(offset.total_seconds() / 60) if offset is not None else None


def close_words(word: str, candidates: Sequence[str]) -> list[str]:
    """Return corrections of `word`, the closest first."""
    return get_close_matches(word, candidates, n=CLOSE_WORDS, cutoff=CLOSENESS)
