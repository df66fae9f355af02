import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from ticketing_app.core.validation import SHORT_TEXT_MAX_LENGTH

TITLE_MAX_LENGTH = SHORT_TEXT_MAX_LENGTH
CLOSE_WORDS = 3
CLOSENESS = 0.7
# Seats per listing form.
MAX_SEATS = 10
DRAFT_MAX_BYTES = 16_384
DRAFT_DAYS = 30
# A price hint from fewer tickets would reveal the prices of single sellers.
MIN_SIMILAR = 3


class Split(StrEnum):
    """How the tickets of a listing may be sold; NO_SINGLE never leaves one over."""

    ANY = "any"
    NO_SINGLE = "no_single"
    TOGETHER = "together"


class DeliveryMethod(StrEnum):
    """How the seller promises to deliver; a ticket without a method is sent unchecked."""

    FILE = "file"
    FILE_LATER = "file_later"
    TRANSFER = "transfer"
    REISSUE = "reissue"
    LINK = "link"


class Issuer(StrEnum):
    """Apps in which a ticket is transferred."""

    TICKETMASTER = "ticketmaster"
    AXS = "axs"
    SEATGEEK = "seatgeek"
    DICE = "dice"
    OTHER = "other"


# As in "the AXS app".
ISSUER_NAMES: dict[str, str] = {
    Issuer.TICKETMASTER: "Ticketmaster",
    Issuer.AXS: "AXS",
    Issuer.SEATGEEK: "SeatGeek",
    Issuer.DICE: "DICE",
    Issuer.OTHER: "issuer's",
}

# A later buyer would get the ticket too late. The others can be sold until the event begins.
OFF_SALE_BEFORE = {
    DeliveryMethod.FILE_LATER: timedelta(hours=8),
    DeliveryMethod.TRANSFER: timedelta(hours=8),
    DeliveryMethod.REISSUE: timedelta(hours=1),
}


class Seated(Protocol):
    @property
    def section(self) -> str | None: ...
    @property
    def row(self) -> str | None: ...
    @property
    def seat(self) -> str | None: ...


def can_leave(split: Split, *, left: int) -> bool:
    """Whether the seller's rule allows a sale that leaves so many tickets of the listing."""
    if split is Split.TOGETHER:
        return left == 0
    return split is Split.ANY or left != 1


def longest_run(positions: Iterable[int]) -> int:
    """Return the number of neighbouring seats in the longest run."""
    return max((len(run) for run in _runs(positions)), default=0)


def quantities(split: Split, positions: Sequence[int], *, is_side_by_side: bool) -> list[int]:
    """Return the numbers of tickets that can be bought; `positions` are those of the available seats."""
    most = longest_run(positions) if is_side_by_side else len(positions)
    return [
        quantity
        for quantity in range(1, most + 1)
        if can_leave(split, left=len(positions) - quantity)
    ]


def best_seats(positions: Iterable[int], quantity: int) -> list[int]:
    """Return the positions that the hold of the best `quantity` seats takes."""
    # The hold statement computes the same in SQL.
    ranked = sorted(_runs(positions), key=lambda run: _misfit(len(run) - quantity))
    return [position for run in ranked for position in run][:quantity]


def _misfit(left: int) -> tuple[bool, bool, int]:
    # The shortest run that is long enough, rather none that leaves one over; then the longest.
    return left < 0, left == 1, abs(left)


def _runs(positions: Iterable[int]) -> list[list[int]]:
    """Group the positions by runs of neighbouring seats, in order."""
    numbered = enumerate(sorted(positions))
    groups = groupby(numbered, key=lambda item: item[1] - item[0])
    return [[position for _, position in group] for _, group in groups]


class TicketStatus(StrEnum):
    FOR_SALE = "for_sale"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"
    SOLD = "sold"


# May be sold, or sold later.
UNSOLD = frozenset({TicketStatus.FOR_SALE, TicketStatus.PAUSED})


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


def sellable_until(method: DeliveryMethod | None, starts_at: datetime | None) -> datetime | None:
    """Return the last moment at which the ticket can still arrive; None if that is the start."""
    lead = OFF_SALE_BEFORE.get(method) if method else None
    return starts_at - lead if lead and starts_at else None


def is_too_late(sellable_until: datetime | None, now: datetime) -> bool:
    return sellable_until is not None and sellable_until <= now


def local_day(starts_at: datetime | None, timezone: str | None) -> date | None:
    """Return the day of the event where it takes place."""
    if starts_at is None or timezone is None:
        return None
    return starts_at.astimezone(ZoneInfo(timezone)).date()


def utc_offset_minutes(starts_at: datetime | None, timezone: str | None) -> int | None:
    if starts_at is None or timezone is None:
        return None
    offset = starts_at.astimezone(ZoneInfo(timezone)).utcoffset()
    return round(offset.total_seconds() / 60) if offset is not None else None


def close_words(word: str, candidates: Sequence[str]) -> list[str]:
    """Return corrections of `word`, the closest first."""
    return get_close_matches(word, candidates, n=CLOSE_WORDS, cutoff=CLOSENESS)


class Place(NamedTuple):
    section: str | None
    row: str | None
    seat: str | None


def seat_order(place: Place) -> list[list[tuple[int, str]]]:
    """Sort key: numbers by value, so that seat 9 comes before seat 10."""
    return [
        [(int(part), "") if part.isdecimal() else (0, part) for part in _PARTS.findall(text)]
        for text in (_key(part) for part in place)
    ]


def describe_seat(section: str | None, row: str | None, seat: str | None) -> str:
    names = {"section": section, "row": row, "seat": seat}
    described = ", ".join(f"{name} {value}" for name, value in names.items() if value)
    return described[:1].upper() + described[1:]


def find_repeated(places: Sequence[Place]) -> Place | None:
    """Return the first place that comes a second time; those without a seat are all different."""
    seen: set[tuple[str, ...]] = set()
    for place in places:
        key = tuple(_key(part) for part in place)
        if place.seat and key in seen:
            return place
        seen.add(key)
    return None


def _key(text: str | None) -> str:
    return (text or "").casefold().strip()


_PARTS = re.compile(r"\d+|\D+")


class UnclearSeatsError(ValueError):
    """The sentence of a seats field that cannot be read for certain."""


_NUMBER_EXAMPLE = "Write each seat, as in 5, 6."
_COUNT_WORDS = frozenset(
    {
        "both",
        "couple",
        "pair",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
    }
)
_SEPARATOR = re.compile(r"[,;/&+\s]+")
_DASH = re.compile(r"\s*[-\u2010-\u2015]\s*")
_NOISE = re.compile(r"\b(?:seats?|tickets?|no|nr|numbers?|and)\b\.?|#", re.IGNORECASE)
_COUNT = re.compile(r"(\d{1,3})\s*(?:x|\u00d7|tickets?|seats?)", re.IGNORECASE)
_SEAT = re.compile(r"([A-Za-z]{0,3}-?)(\d{1,5})([A-Za-z]?)")
_RANGE = re.compile(r"([A-Za-z]{0,3})(\d{1,5})-([A-Za-z]{0,3})(\d{1,5})")


def parse_seats(text: str, *, count: int | None = None) -> list[str | None]:
    """Read a seats field: a name per seat, None for a seat without a number.

    `count` is the number of tickets that the seller chose, if they chose one.

    Raises:
        UnclearSeatsError: it may mean something else, with a sentence for the seller.
    """
    clean = unicodedata.normalize("NFKC", text).strip()
    if not clean:
        return _without_numbers(1 if count is None else count)
    if bare := _COUNT.fullmatch(clean):
        return _without_numbers(_agreed(int(bare[1]), count, clean))
    if count and count > 1 and clean == str(count):
        return _without_numbers(count)
    seats = _read_seats(clean)
    _agreed(len(seats), count, ", ".join(seats))
    return [*seats]


def names_several(seat: str) -> bool:
    """Whether the name of one seat, like 5-6, plainly means several."""
    try:
        names = parse_seats(seat)
    except UnclearSeatsError:
        return False
    # "A 5" may well be one seat.
    return len(names) > 1 and all(name is None or re.search(r"\d", name) for name in names)


def _without_numbers(count: int) -> list[str | None]:
    return [None] * _at_most(count, "That")


def _agreed(found: int, chosen: int | None, shown: str) -> int:
    if chosen is not None and found != chosen:
        msg = (
            f"You sell {chosen} {_noun(chosen)}, but named {found} {_noun(found, 'seat')}: {shown}."
        )
        raise UnclearSeatsError(msg)
    return found


def _noun(count: int, noun: str = "ticket") -> str:
    return noun if count == 1 else f"{noun}s"


def _at_most(count: int, what: str) -> int:
    if not 1 <= count <= MAX_SEATS:
        msg = f"{what} would be {count} seats; list 1 to {MAX_SEATS} at once. {_NUMBER_EXAMPLE}"
        raise UnclearSeatsError(msg)
    return count


def _read_seats(text: str) -> list[str]:
    spaced = _DASH.sub("-", re.sub(r"\bto\b", "-", text, flags=re.IGNORECASE))
    parts = [part for part in _SEPARATOR.split(_NOISE.sub(" ", spaced)) if part]
    seats = [seat for part in parts for seat in _read_part(part, is_alone=len(parts) == 1)]
    _at_most(len(seats), "That")
    if repeated := find_repeated([Place(None, None, seat) for seat in seats]):
        msg = f"Seat {repeated.seat} is there twice. Write each seat once."
        raise UnclearSeatsError(msg)
    return seats


def _read_part(part: str, *, is_alone: bool) -> list[str]:
    if found := _RANGE.fullmatch(part):
        return _read_range(part, found)
    is_name = is_alone and part.isalpha() and part.casefold() not in _COUNT_WORDS
    if _SEAT.fullmatch(part) or (len(part) == 1 and part.isalnum()) or is_name:
        return [part]
    msg = f"We could not read \u201c{part}\u201d as a seat. {_NUMBER_EXAMPLE}"
    raise UnclearSeatsError(msg)


def _read_range(part: str, found: re.Match[str]) -> list[str]:
    letters, first, other_letters, last = found.groups()
    if other_letters not in {"", letters}:
        msg = f"The seats of {part} are in different blocks. {_NUMBER_EXAMPLE}"
        raise UnclearSeatsError(msg)
    if int(last) < int(first):
        msg = f"Write the lower seat of {part} first, or each seat, as in 5, 6."
        raise UnclearSeatsError(msg)
    _at_most(int(last) - int(first) + 1, part)
    return [f"{letters}{number:0{len(first)}}" for number in range(int(first), int(last) + 1)]


def seats_line(seats: Sequence[Seated]) -> str:
    """Return the seats, with the place that they share said once: "Section A · Row F · Seats 12, 13"."""
    places = {(seat.section, seat.row) for seat in seats}
    names = [seat.seat for seat in seats if seat.seat]
    if len(places) == 1 and len(names) == len(seats) > 1:
        ((section, row),) = places
        return _named(("Section", section), ("Row", row), ("Seats", ", ".join(names)))
    each = (
        _named(("Section", seat.section), ("Row", seat.row), ("Seat", seat.seat)) for seat in seats
    )
    return "; ".join(dict.fromkeys(filter(None, each)))


def _named(*parts: tuple[str, str | None]) -> str:
    return " · ".join(f"{name} {value}" for name, value in parts if value)
