from datetime import datetime, timedelta

EMAIL_MAX_LENGTH = 254
PASSWORD_MIN_LENGTH = 8
PASSWORD_MAX_LENGTH = 128
DEVICE_MAX_LENGTH = 200
ADDRESS_MAX_LENGTH = 64
SEEN_INTERVAL = timedelta(minutes=5)


def session_expires_at(now: datetime, session_days: int) -> datetime:
    return now + timedelta(days=session_days)


def must_record_seen(last_seen_at: datetime, now: datetime) -> bool:
    """Limit writes of `last_seen_at` to one per SEEN_INTERVAL."""
    return now - last_seen_at >= SEEN_INTERVAL
