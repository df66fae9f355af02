"""Ranges of local days in SQL, like this weekend where an event takes place."""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, literal, literal_column

_UTC_NOW = func.timezone("UTC", func.now())
# The extreme UTC offsets of any time zone.
_BEHIND: ColumnElement[Any] = literal_column("interval '12 hours'")
_AHEAD: ColumnElement[Any] = literal_column("interval '14 hours'")


class When(StrEnum):
    """Days on which events start, in local time of the event."""

    TODAY = "today"
    WEEKEND = "weekend"
    NEXT_WEEKEND = "next_weekend"
    MONTH = "month"


class DayFilter(NamedTuple):
    """All of the conditions hold; `last_day` is included."""

    when: When | None = None
    first_day: date | None = None
    last_day: date | None = None


class Start(NamedTuple):
    """The start of an event in SQL: in its local time, as an indexed instant, and its UTC offset."""

    local: ColumnElement[Any]
    at: ColumnElement[Any]
    offset: ColumnElement[Any]


class _Range(NamedTuple):
    """From the start of `first` to the start of `end` in local time; None is unbounded."""

    first: ColumnElement[Any] | None
    end: ColumnElement[Any] | None


def starts_on(days: DayFilter, start: Start) -> Iterator[ColumnElement[bool]]:
    """Match events that start on these days in their local time."""
    yield from may_start_on(days, start.at)
    for at_event in _ranges(days, _UTC_NOW + start.offset):
        local: list[ColumnElement[bool]] = []
        if at_event.first is not None:
            local.append(start.local >= at_event.first)
        if at_event.end is not None:
            local.append(start.local < at_event.end)
        # The planner takes a range of an expression for rare; CASE counts as half of the rows.
        yield case((and_(*local), True), else_=False)


def may_start_on(days: DayFilter, at: ColumnElement[Any]) -> Iterator[ColumnElement[bool]]:
    """Match instants that are on these days in any time zone; `at` may be in an index."""
    for earliest in _ranges(days, _UTC_NOW - _BEHIND):
        if earliest.first is not None:
            yield func.timezone("UTC", earliest.first - _AHEAD) <= at
    for latest in _ranges(days, _UTC_NOW + _AHEAD):
        if latest.end is not None:
            yield func.timezone("UTC", latest.end + _BEHIND) > at


def _ranges(days: DayFilter, now: ColumnElement[Any]) -> Iterator[_Range]:
    """Yield the ranges at the local time `now`; past starts are excluded elsewhere."""
    match days.when:
        case When.TODAY:
            yield _Range(None, func.date_trunc("day", now) + _day(1))
        case When.WEEKEND:
            yield _weekend(func.date_trunc("week", now))
        case When.NEXT_WEEKEND:
            yield _weekend(func.date_trunc("week", now) + _day(7))
        case When.MONTH:
            yield _Range(None, func.date_trunc("month", now) + literal_column("interval '1 month'"))
        case None:
            pass
    if days.first_day or days.last_day:
        first = literal(days.first_day) + _day(0) if days.first_day else None
        yield _Range(first, literal(days.last_day) + _day(1) if days.last_day else None)


def _weekend(monday: ColumnElement[Any]) -> _Range:
    return _Range(monday + _day(5), monday + _day(7))


def _day(count: int) -> ColumnElement[Any]:
    return literal_column(f"interval '{count} days'")
