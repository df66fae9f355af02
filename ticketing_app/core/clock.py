"""The time of this process. Leases never use it: they are judged by the database clock."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the present moment as an aware UTC datetime."""
    return datetime.now(UTC)
