"""Rules of tickets: pure, without I/O."""

from collections.abc import Sequence
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum
from zoneinfo import ZoneInfo

TITLE_MAX_LENGTH = 120
CLOSE_WORDS, CLOSENESS = 3, 0.7
MAX_SEATS = 10
"""How many seats can be listed at once."""
MIN_SIMILAR = 3
"""Of fewer tickets nothing is told about prices: it would be about one seller."""
CATEGORIES = ("concert", "sports", "theatre", "comedy", "festival", "other")


class TicketStatus(StrEnum):
    """What its seller, or a sale, made of a listing."""

    FOR_SALE = "for_sale"
    WITHDRAWN = "withdrawn"
    SOLD = "sold"


class Availability(StrEnum):
    """What a visitor sees of a ticket."""

    AVAILABLE = "available"
    LOCKED = "locked"
    SOLD = "sold"
    WITHDRAWN = "withdrawn"


def availability(status: TicketStatus, *, is_locked: bool) -> Availability:
    """What a visitor sees: a lock matters only while the ticket is for sale."""
    if status is TicketStatus.FOR_SALE:
        return Availability.LOCKED if is_locked else Availability.AVAILABLE
    return Availability(status.value)


def can_change(status: TicketStatus, *, is_locked: bool) -> bool:
    """Whether the seller may edit or withdraw it."""
    return availability(status, is_locked=is_locked) is Availability.AVAILABLE


def is_stale(seen: int | None, *, version: int, content_version: int | None) -> bool:
    """Whether the description changed since the seller saw version `seen`.

    Holds raise `version` only, so every version from `content_version` on has the same description.
    """
    if seen is None:
        return False
    oldest = version if content_version is None else content_version
    return not oldest <= seen <= version


def has_begun(starts_at: datetime | None, now: datetime) -> bool:
    """Whether the event has begun: then its tickets are no longer sold. One without a date never has."""
    return starts_at is not None and starts_at <= now


def utc_offset_minutes(starts_at: datetime | None, timezone: str | None) -> int | None:
    """How far clocks at the event are ahead of UTC when it starts; none when it has no date."""
    if starts_at is None or timezone is None:
        return None
    offset = starts_at.astimezone(ZoneInfo(timezone)).utcoffset()
    return round(offset.total_seconds() / 60) if offset is not None else None


def close_words(word: str, candidates: Sequence[str]) -> list[str]:
    """Return what `word` may have meant, the likeliest first."""
    return get_close_matches(word, candidates, n=CLOSE_WORDS, cutoff=CLOSENESS)
