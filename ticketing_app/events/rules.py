import re
import unicodedata
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ticketing_app.core.validation import SHORT_TEXT_MAX_LENGTH

NAME_MAX_LENGTH = SHORT_TEXT_MAX_LENGTH
CATEGORIES = ("concert", "sports", "theatre", "comedy", "festival", "other")
SLUG_WORDS_LENGTH = 80
# Letters that Unicode does not decompose into a Latin letter and a mark.
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th"}
)


class EventStatus(StrEnum):
    SCHEDULED = "scheduled"
    MOVED = "moved"
    CANCELLED = "cancelled"


class Start(NamedTuple):
    """The start in local time, without a zone, and the same moment in UTC."""

    local: datetime
    at: datetime


def start_of(local: datetime, timezone: str) -> Start:
    """Resolve a local time: the first of two equal ones; a skipped one moves on by the gap.

    In Berlin 02:30 on the last Sunday of October is the one in summer time, and 02:30 on the last Sunday
    of March becomes 03:30.
    """
    zone = ZoneInfo(timezone)
    # `fold=0` is both rules: the offset before the change.
    at = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    return Start(at.astimezone(zone).replace(tzinfo=None, fold=0), at)


def slug_of(title: str, city: str, day: date) -> str:
    return "-".join(part for part in (slugify(title), slugify(city), day.isoformat()) if part)


def slugify(text: str) -> str:
    """Return lower-case ASCII words joined by hyphens; empty for text without Latin letters or digits."""
    decomposed = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
    plain = decomposed.replace("'", "").encode("ascii", "ignore").decode()
    words = "-".join(re.findall(r"[a-z0-9]+", plain))
    if len(words) <= SLUG_WORDS_LENGTH:
        return words
    return words[:SLUG_WORDS_LENGTH].rpartition("-")[0] or words[:SLUG_WORDS_LENGTH]


def is_listable(status: EventStatus, starts_at: datetime, now: datetime) -> bool:
    """Whether tickets of the event can be listed."""
    return status is not EventStatus.CANCELLED and starts_at > now
