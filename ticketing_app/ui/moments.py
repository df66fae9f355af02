"""Instants as people say them, on the reader's own clock: `now` is the present moment there."""

from datetime import datetime


def day(at: datetime, now: datetime) -> str:
    """Return the day, like "3 Nov 2027"."""
    local = at.astimezone(now.tzinfo)
    return f"{local.day} {local:%b %Y}"


def clock(at: datetime, now: datetime) -> str:
    """Return the time and whose time it is, like "20:00 CET"."""
    local = at.astimezone(now.tzinfo)
    zone = local.tzname() or ""
    # Where a zone has no name of its own, it is called by its offset alone.
    return f"{local:%H:%M} {zone if zone.isalpha() else f'UTC{zone}'}"


def moment(at: datetime, now: datetime) -> str:
    """Return day and time, like "3 Nov 2027, 20:00 CET"."""
    return f"{day(at, now)}, {clock(at, now)}"
