"""Rules of deliveries: statuses, named transitions, deadlines. Pure: time is an argument."""

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from ticketing_app.tickets.rules import DeliveryMethod, Issuer

DEADLINE_WORK = "deliveries.deadline"
FREEZE_WORK = "deliveries.freeze"
REISSUE_WORK = "deliveries.reissue"


class DeliveryStatus(StrEnum):
    """A problem with a ticket that arrived is a claim, not a status of its delivery."""

    WAITING = "waiting"
    ISSUING = "issuing"
    READY = "ready"
    SENT = "sent"
    RECEIVED = "received"
    LATE = "late"
    FAILED = "failed"
    VOIDED = "voided"


class Transition(StrEnum):
    BEGIN = "begin"
    HAND_OVER = "hand_over"
    SEND = "send"
    ISSUED = "issued"
    ISSUE_REFUSED = "issue_refused"
    OPEN = "open"
    CONFIRM = "confirm"
    WAIT = "wait"
    GIVE_UP = "give_up"
    BE_LATE = "be_late"
    POSTPONE = "postpone"
    FAIL = "fail"
    VOID = "void"


# The seller has done their part.
HANDED_OVER = frozenset({DeliveryStatus.READY, DeliveryStatus.SENT, DeliveryStatus.RECEIVED})
FINAL = frozenset({DeliveryStatus.FAILED, DeliveryStatus.VOIDED})
OPEN = frozenset(DeliveryStatus) - FINAL
# These have a deadline, unless the delivery has no method.
WITH_DEADLINE = frozenset({DeliveryStatus.WAITING, DeliveryStatus.ISSUING, DeliveryStatus.LATE})

# The statuses from which a transition may start, and its end.
# - issued, also when late: at the issuer it has happened.
# - postpone: the event moved to a later date.
# - fail: a claim was upheld; void: the order was refunded for any other reason.
TRANSITIONS: dict[Transition, tuple[frozenset[DeliveryStatus], DeliveryStatus]] = {
    Transition.HAND_OVER: (frozenset({DeliveryStatus.WAITING}), DeliveryStatus.READY),
    Transition.SEND: (frozenset({DeliveryStatus.WAITING}), DeliveryStatus.SENT),
    Transition.ISSUED: (
        frozenset({DeliveryStatus.ISSUING, DeliveryStatus.LATE}),
        DeliveryStatus.READY,
    ),
    # From waiting after the buyer gave more time.
    Transition.ISSUE_REFUSED: (
        frozenset({DeliveryStatus.ISSUING, DeliveryStatus.WAITING}),
        DeliveryStatus.WAITING,
    ),
    Transition.OPEN: (frozenset({DeliveryStatus.READY}), DeliveryStatus.RECEIVED),
    Transition.CONFIRM: (frozenset({DeliveryStatus.SENT}), DeliveryStatus.RECEIVED),
    Transition.WAIT: (frozenset({DeliveryStatus.LATE}), DeliveryStatus.WAITING),
    Transition.GIVE_UP: (frozenset({DeliveryStatus.LATE}), DeliveryStatus.FAILED),
    Transition.BE_LATE: (
        frozenset({DeliveryStatus.WAITING, DeliveryStatus.ISSUING}),
        DeliveryStatus.LATE,
    ),
    Transition.POSTPONE: (frozenset({DeliveryStatus.WAITING}), DeliveryStatus.WAITING),
    Transition.FAIL: (OPEN, DeliveryStatus.FAILED),
    Transition.VOID: (OPEN, DeliveryStatus.VOIDED),
}

# Sources of a delivery without a method: the seller promised nothing, so nothing is ever late.
UNPROMISED_SOURCES: dict[Transition, frozenset[DeliveryStatus]] = {
    Transition.SEND: frozenset({DeliveryStatus.WAITING}),
    Transition.CONFIRM: frozenset({DeliveryStatus.WAITING, DeliveryStatus.SENT}),
    Transition.FAIL: OPEN,
    Transition.VOID: OPEN,
}

# The seller needs the buyer's address at the issuer.
SHOWS_ADDRESS = frozenset({DeliveryStatus.WAITING, DeliveryStatus.SENT})

# At the end of `due_at`.
AT_DEADLINE: dict[DeliveryStatus, Transition] = {
    DeliveryStatus.WAITING: Transition.BE_LATE,
    DeliveryStatus.ISSUING: Transition.BE_LATE,
    DeliveryStatus.LATE: Transition.GIVE_UP,
}

# Refused from the deadline on, whether or not a worker has recorded it.
ONLY_IN_TIME = frozenset(
    {
        Transition.HAND_OVER,
        Transition.SEND,
        Transition.ISSUE_REFUSED,
        Transition.WAIT,
        Transition.POSTPONE,
    }
)

# A longer content of a barcode is not typed at a door.
MAX_TYPED_CHARACTERS = 40


def status_now(status: DeliveryStatus, *, is_running: bool) -> DeliveryStatus:
    """Return the status for people: that after the deadline from the deadline on."""
    if is_running or status not in AT_DEADLINE:
        return status
    return TRANSITIONS[AT_DEADLINE[status]][1]


# ---- deadlines ---------------------------------------------------------------------------------

DELIVER_WITHIN = timedelta(hours=48)
# The issuer releases the tickets on a certain day only.
DELIVER_AFTER_READY = timedelta(hours=24)
DELIVER_BEFORE_START = timedelta(hours=6)
DELIVER_AT_LEAST = timedelta(hours=2)
CHOOSE_WITHIN = timedelta(hours=24)
# Before the deadline of the seller.
REMINDERS = (timedelta(hours=24), timedelta(hours=6))
# After the seller sent them.
ARRIVAL_QUESTION = timedelta(hours=24)
# After the end of the delivery.
ADDRESS_KEPT = timedelta(days=30)


_ISSUER_NAMES = {
    Issuer.TICKETMASTER: "Ticketmaster",
    Issuer.AXS: "AXS",
    Issuer.SEATGEEK: "SeatGeek",
    Issuer.DICE: "DICE",
}


def issuer_name(issuer: str | None) -> str:
    """Return the name of the app of an issuer, empty for others."""
    return _ISSUER_NAMES.get(Issuer(issuer), "") if issuer in set(Issuer) else ""


def ready_at(ready_on: date | None, timezone: str | None) -> datetime | None:
    """Return the beginning of the day on which the issuer releases the tickets."""
    if ready_on is None:
        return None
    return datetime.combine(ready_on, time(), ZoneInfo(timezone or "UTC"))


def deliver_by(
    now: datetime, *, ready_at: datetime | None = None, starts_at: datetime | None = None
) -> datetime:
    """Return the seller's deadline: two days, or a day after the release, but before the start."""
    wanted = now + DELIVER_WITHIN
    if ready_at:
        wanted = max(wanted, ready_at + DELIVER_AFTER_READY)
    if starts_at is None:
        return wanted
    return max(min(wanted, starts_at - DELIVER_BEFORE_START), now + DELIVER_AT_LEAST)


def choose_by(now: datetime, *, starts_at: datetime | None = None) -> datetime:
    """Return the end of the buyer's choice at a late delivery; then the money goes back."""
    end = now + CHOOSE_WITHIN
    return end if starts_at is None else min(end, max(starts_at, now))


def wait_until(now: datetime, *, starts_at: datetime | None = None) -> datetime:
    """Return the second deadline of the seller, of which a waiting buyer has the rest of the event left."""
    end = deliver_by(now, starts_at=starts_at)
    return end if starts_at is None else min(end, starts_at)


def next_reminder(due_at: datetime, now: datetime) -> datetime | None:
    """Return the time of the seller's next reminder, if any is left."""
    times = [due_at - before for before in REMINDERS]
    return min((at for at in times if at > now), default=None)


class IssueStep(StrEnum):
    """Progress of the re-issue of a ticket for one recipient."""

    NONE = "none"
    ASKED = "asked"
    ISSUED = "issued"
    STORED = "stored"


# The ticket is not with its buyer yet. Also after the buyer gave more time.
TO_ISSUE = frozenset({DeliveryStatus.ISSUING, DeliveryStatus.WAITING, DeliveryStatus.LATE})


class Parties(NamedTuple):
    seller_id: UUID
    buyer_id: UUID


def find_recipient(
    status: DeliveryStatus, method: DeliveryMethod | None, *, owner_id: UUID, parties: Parties
) -> UUID | None:
    """Return the person in whose name the issuer has to have a ticket; None if it may stay as it is.

    `owner_id` owns its file now: the seller after a refund, somebody else after a resale or a gift.
    """
    if owner_id not in parties:
        return None
    if status in FINAL or owner_id == parties.seller_id:
        return parties.seller_id
    is_promised = method is DeliveryMethod.REISSUE
    return parties.buyer_id if is_promised and status in TO_ISSUE else None
