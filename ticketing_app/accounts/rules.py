from datetime import datetime, timedelta
from enum import StrEnum

EMAIL_MAX_LENGTH = 254
PASSWORD_MIN_LENGTH = 8
PASSWORD_MAX_LENGTH = 128
DEVICE_MAX_LENGTH = 200
ADDRESS_MAX_LENGTH = 64
LANGUAGE_MAX_LENGTH = 35
SEEN_INTERVAL = timedelta(minutes=5)
PROOF_LIFETIME = timedelta(minutes=10)
CHALLENGE_LIFETIME = timedelta(minutes=5)
PASSKEY_NAME_MAX_LENGTH = 60
MAX_PASSKEYS = 20
# A sign-in from a device and network that the account used within this time is not reported.
KNOWN_DEVICE_LIFETIME = timedelta(days=90)
# In this order: browsers also name the browsers they derive from.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "Chrome/": "Chrome",
    "CriOS/": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "Mac",
    "CrOS": "Chromebook",
    "Linux": "Linux",
}


def session_expires_at(now: datetime, session_days: int) -> datetime:
    return now + timedelta(days=session_days)


def must_record_seen(last_seen_at: datetime, now: datetime) -> bool:
    """Limit writes of `last_seen_at` to one per SEEN_INTERVAL."""
    return now - last_seen_at >= SEEN_INTERVAL


def is_proof_fresh(proved_at: datetime | None, now: datetime) -> bool:
    return proved_at is not None and now - proved_at < PROOF_LIFETIME


class TokenPurpose(StrEnum):
    """Use of a mailed link; its token permits it once."""

    CONFIRM = "confirm"
    RESET = "reset"
    CHANGE = "change"
    UNDO = "undo"


TOKEN_LIFETIMES = {
    TokenPurpose.CONFIRM: timedelta(hours=24),
    TokenPurpose.RESET: timedelta(minutes=30),
    TokenPurpose.CHANGE: timedelta(hours=24),
    TokenPurpose.UNDO: timedelta(days=7),
}
# Per account and purpose; another one replaces the oldest.
LIVE_TOKENS = 3


def email_reserved_until(now: datetime) -> datetime:
    """A former address belongs to its account as long as the link that restores it works."""
    return now + TOKEN_LIFETIMES[TokenPurpose.UNDO]


def device_name(user_agent: str) -> str:
    """Return browser and system of a User-Agent, which clients choose freely."""
    browser = next((name for mark, name in BROWSERS.items() if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS.items() if mark in user_agent), "")
    return " on ".join(filter(None, (browser, system))) or "Unknown device"
