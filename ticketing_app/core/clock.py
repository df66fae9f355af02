"""Time of this process. Leases use the database clock instead."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    return datetime.now(UTC)
