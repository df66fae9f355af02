"""Values and sentences of the account page."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ticketing_app.accounts.rules import SEEN_INTERVAL
from ticketing_app.accounts.schemas import SessionRead
from ticketing_app.core.formatting import format_datetime

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
# Confirmations, by the `changed` parameter of the address.
NOTES = {
    "email": "Your email is changed. Sign in with the new one from now on.",
    "password": "Your password is changed. You were signed out everywhere else.",
}
ENDED_ONE = "That device is signed out."
ENDED_OTHERS = "You are signed out everywhere else."


@dataclass(frozen=True)
class SessionRow:
    id: str = ""
    device: str = ""
    end_label: str = ""
    started: str = ""
    seen: str = ""
    is_current: bool = False

    @classmethod
    def from_session(cls, session: SessionRead, now: datetime) -> "SessionRow":
        device = device_name(session.device)
        place = f" from {session.address}" if session.address else ""
        return cls(
            id=str(session.id),
            device=device,
            end_label=f"Sign out {device}",
            started=f"Signed in {format_datetime(session.created_at, now)}{place}",
            seen=last_seen(session.last_seen_at, now),
            is_current=session.is_current,
        )


def device_name(user_agent: str) -> str:
    """Return browser and system of a User-Agent, which clients choose freely."""
    browser = next((name for mark, name in BROWSERS.items() if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS.items() if mark in user_agent), "")
    return " on ".join(filter(None, (browser, system))) or "Unknown device"


def last_seen(at: datetime, now: datetime) -> str:
    """Return how long ago `at` was; `at` is written only every SEEN_INTERVAL."""
    ago = now - at
    if ago < 2 * SEEN_INTERVAL:
        return "Last seen just now"
    if ago < timedelta(hours=1):
        return f"Last seen {ago // timedelta(minutes=1)} min ago"
    if ago < timedelta(days=1):
        return f"Last seen {ago // timedelta(hours=1)} h ago"
    return f"Last seen {format_datetime(at, now)}"
