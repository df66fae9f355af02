"""Values and sentences of the account page."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ticketing_app.accounts.rules import SEEN_INTERVAL, device_name
from ticketing_app.accounts.schemas import PasskeyRead, SessionRead
from ticketing_app.core.formatting import format_datetime

# Confirmations, by the `changed` parameter of the address.
NOTES = {
    "email": "Your email is changed. Sign in with the new one from now on.",
    "password": "Your password is changed. You were signed out everywhere else.",
    "reset": "Your new password is set. You were signed out everywhere else.",
    "confirmation": "A new link is on its way to you. It works for 24 hours.",
    "passkey": "Your passkey is added. Next time you can sign in with it.",
}
# A confirmed address stays until the new one is confirmed.
CHANGE_MAILED = "We mailed a link to your new address. Open it to finish; until then you sign in with the old one."
PASSKEY_REMOVED = "That passkey is removed. It no longer opens your account."
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


@dataclass(frozen=True)
class PasskeyRow:
    id: str = ""
    name: str = ""
    remove_label: str = ""
    added: str = ""
    used: str = ""

    @classmethod
    def from_passkey(cls, passkey: PasskeyRead, now: datetime) -> "PasskeyRow":
        place = "" if passkey.is_backed_up else ", on that device only"
        used = passkey.last_used_at
        return cls(
            id=str(passkey.id),
            name=passkey.name,
            remove_label=f"Remove {passkey.name}",
            added=f"Added {format_datetime(passkey.created_at, now)}{place}",
            used=f"Last used {format_datetime(used, now)}" if used else "Not used yet",
        )


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
