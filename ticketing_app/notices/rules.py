"""Kinds of notices, their channels, and the replies of mail servers. Pure, without I/O."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple


class Channel(StrEnum):
    BELL = "bell"
    MAIL = "mail"
    PUSH = "push"


class SendStatus(StrEnum):
    DUE = "due"
    SENT = "sent"
    DELIVERED = "delivered"
    DROPPED = "dropped"
    SUPPRESSED = "suppressed"
    BOUNCED = "bounced"
    REFUSED = "refused"
    COMPLAINED = "complained"


# The statuses that a report of the mail provider may follow. The mail is due if the process that sent it
# ended before it recorded that.
REPORTED: Mapping[SendStatus, frozenset[SendStatus]] = {
    SendStatus.DELIVERED: frozenset({SendStatus.DUE, SendStatus.SENT}),
    SendStatus.BOUNCED: frozenset({SendStatus.DUE, SendStatus.SENT, SendStatus.DELIVERED}),
    SendStatus.COMPLAINED: frozenset(SendStatus) - {SendStatus.COMPLAINED},
}


class NoticeKind(NamedTuple):
    channels: frozenset[Channel]  # By default; a person may choose others.
    is_essential: bool = False  # Its mails cannot be switched off.
    # Its mails protect the account: they go to the address of the event that caused them, also if mails to
    # it came back.
    is_security: bool = False
    is_digest: bool = False  # Its mails are collected: one a day.


_BELL = frozenset({Channel.BELL})
_MAIL = frozenset({Channel.MAIL})
_PUSH = frozenset({Channel.PUSH})

KINDS: Mapping[str, NoticeKind] = {
    "welcome": NoticeKind(_MAIL, is_essential=True),
    "confirm_address": NoticeKind(_MAIL, is_essential=True),
    "reset_password": NoticeKind(_MAIL, is_essential=True, is_security=True),
    "address_change": NoticeKind(_MAIL, is_essential=True, is_security=True),
    "address_changed": NoticeKind(_BELL | _MAIL, is_essential=True, is_security=True),
    "password_changed": NoticeKind(_BELL | _MAIL, is_essential=True, is_security=True),
    "account_leaving": NoticeKind(_MAIL, is_essential=True, is_security=True),
    "account_kept": NoticeKind(_BELL | _MAIL, is_essential=True),
    "export_ready": NoticeKind(_BELL | _MAIL, is_essential=True),
    "passkey_added": NoticeKind(_BELL | _MAIL, is_essential=True, is_security=True),
    "passkey_removed": NoticeKind(_BELL | _MAIL, is_essential=True, is_security=True),
    "new_signin": NoticeKind(_BELL | _MAIL, is_essential=True, is_security=True),
    "digest": NoticeKind(_MAIL, is_essential=True),
    "order_started": NoticeKind(_BELL | _PUSH, is_digest=True),
    "hold_ending": NoticeKind(_BELL | _PUSH),
    "order_expired": NoticeKind(_BELL),
    "order_cancelled": NoticeKind(_BELL | _MAIL),
    "paid": NoticeKind(_BELL | _MAIL, is_essential=True),
    "tickets_here": NoticeKind(_BELL | _MAIL | _PUSH, is_essential=True),
    "sold": NoticeKind(_BELL | _MAIL | _PUSH, is_essential=True),
    "sale_refunded": NoticeKind(_BELL | _MAIL, is_essential=True),
    "refunded": NoticeKind(_BELL | _MAIL, is_essential=True),
    "send_tickets": NoticeKind(_BELL | _MAIL, is_essential=True),
    "send_soon": NoticeKind(_BELL | _MAIL | _PUSH, is_essential=True),
    "send_late": NoticeKind(_BELL | _MAIL | _PUSH, is_essential=True),
    "send_again": NoticeKind(_BELL | _MAIL | _PUSH, is_essential=True),
    "not_sent": NoticeKind(_BELL | _MAIL, is_essential=True),
    "send_elsewhere": NoticeKind(_BELL | _MAIL | _PUSH, is_essential=True),
    "tickets_sent": NoticeKind(_BELL | _MAIL | _PUSH, is_essential=True),
    "tickets_there": NoticeKind(_BELL | _MAIL, is_essential=True),
    "tickets_late": NoticeKind(_BELL | _MAIL | _PUSH, is_essential=True),
    "tickets_failed": NoticeKind(_BELL | _MAIL, is_essential=True),
    "sent_elsewhere": NoticeKind(_BELL | _MAIL, is_essential=True),
    "door_tomorrow": NoticeKind(_BELL | _MAIL | _PUSH),
    "gift_offered": NoticeKind(_BELL | _MAIL | _PUSH, is_essential=True),
    "gift_taken": NoticeKind(_BELL | _MAIL),
    "gift_returned": NoticeKind(_BELL | _MAIL),
    "event_changed": NoticeKind(_BELL | _MAIL | _PUSH, is_essential=True),
    "event_cancelled": NoticeKind(_BELL | _MAIL | _PUSH, is_essential=True),
    "case_received": NoticeKind(_MAIL, is_essential=True),
    "case_answered": NoticeKind(_BELL | _MAIL, is_essential=True),
    "case_waits": NoticeKind(_MAIL, is_essential=True),
}

# Before the end of a hold, for a reminder.
HOLD_REMINDER = timedelta(minutes=3)
# Before an event, for the way to its tickets.
DOOR_REMINDER = timedelta(days=1)

# In UTC, as the time zone of the reader is not known.
DIGEST_HOUR = 8
# Notices of this time are in the first digest.
FIRST_DIGEST = timedelta(days=1)


def next_digest_at(now: datetime) -> datetime:
    today = now.replace(hour=DIGEST_HOUR, minute=0, second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)


def can_choose(kind: NoticeKind, channel: Channel) -> bool:
    """Whether a person may switch this channel on or off."""
    if channel is Channel.MAIL:
        return not kind.is_essential
    return channel is Channel.PUSH and Channel.BELL in kind.channels


def wanted_channels(kind: NoticeKind, choices: Mapping[Channel, bool]) -> frozenset[Channel]:
    """Return the channels of a notice for a person with these choices."""
    chosen = {
        channel: is_wanted for channel, is_wanted in choices.items() if can_choose(kind, channel)
    }
    return frozenset(
        channel for channel in Channel if chosen.get(channel, channel in kind.channels)
    )


_ENHANCED_CODE = re.compile(r"\s*[45]\.(\d{1,3})\.\d{1,3}\b")
# Replies to RCPT for a mailbox that does not exist.
_NO_SUCH_MAILBOX = frozenset({550, 551, 553})


def is_mailbox_unknown(code: int, text: str) -> bool:
    """Whether the refusal of a recipient is about the address, not about the sender or the content."""
    enhanced = _ENHANCED_CODE.match(text)
    if enhanced:
        return enhanced[1] == "1"
    return code in _NO_SUCH_MAILBOX


def asks_for_pause(code: int, text: str) -> bool:
    """Whether the reply is a limit of the recipient's provider, which concerns all its addresses."""
    return code == 421 or (code == 450 and text.lstrip().startswith("4.7."))  # noqa: PLR2004  # codes of SMTP.


# The push services of the browsers: the server calls no other address that a browser names.
_PUSH_SERVICES = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "web.push.apple.com",
)
_PUSH_SERVICE_DOMAINS = (".notify.windows.com", ".push.services.mozilla.com", ".push.apple.com")
# Without user name and port, so that no parser of addresses sees another host.
_ENDPOINT = re.compile(r"https://([a-z0-9.-]+)/[A-Za-z0-9._~:/?=&%+@;,-]*")


def is_push_service(endpoint: str) -> bool:
    """Whether the address of a push subscription is that of a known push service."""
    matched = _ENDPOINT.fullmatch(endpoint)
    if matched is None:
        return False
    return matched[1] in _PUSH_SERVICES or matched[1].endswith(_PUSH_SERVICE_DOMAINS)
