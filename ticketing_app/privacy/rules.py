"""Rules of leaving: periods and the reasons that keep an account. Pure, without I/O."""

from datetime import datetime, timedelta

RETURN_PERIOD = timedelta(days=14)
# A deletion that something keeps is tried again after this time.
RETRY = timedelta(days=1)
EXPORT_PERIOD = timedelta(days=7)


def erasure_at(now: datetime) -> datetime:
    return now + RETURN_PERIOD


def is_kept(last_sign_in: datetime | None, requested_at: datetime) -> bool:
    """Whether the owner came back: signing in ends the deletion."""
    return last_sign_in is not None and last_sign_in > requested_at
