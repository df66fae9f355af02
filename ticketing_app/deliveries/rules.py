"""Rules of deliveries: statuses, named transitions, deadlines. Pure: time is an argument."""

from enum import StrEnum


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
# - fail: a claim was upheld; void: the order was refunded for any other reason.
TRANSITIONS: dict[Transition, tuple[frozenset[DeliveryStatus], DeliveryStatus]] = {
    Transition.HAND_OVER: (frozenset({DeliveryStatus.WAITING}), DeliveryStatus.READY),
    Transition.SEND: (frozenset({DeliveryStatus.WAITING}), DeliveryStatus.SENT),
    Transition.ISSUED: (
        frozenset({DeliveryStatus.ISSUING, DeliveryStatus.LATE}),
        DeliveryStatus.READY,
    ),
    Transition.ISSUE_REFUSED: (frozenset({DeliveryStatus.ISSUING}), DeliveryStatus.WAITING),
    Transition.OPEN: (frozenset({DeliveryStatus.READY}), DeliveryStatus.RECEIVED),
    Transition.CONFIRM: (frozenset({DeliveryStatus.SENT}), DeliveryStatus.RECEIVED),
    Transition.WAIT: (frozenset({DeliveryStatus.LATE}), DeliveryStatus.WAITING),
    Transition.GIVE_UP: (frozenset({DeliveryStatus.LATE}), DeliveryStatus.FAILED),
    Transition.BE_LATE: (
        frozenset({DeliveryStatus.WAITING, DeliveryStatus.ISSUING}),
        DeliveryStatus.LATE,
    ),
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

# At the end of `due_at`.
AT_DEADLINE: dict[DeliveryStatus, Transition] = {
    DeliveryStatus.WAITING: Transition.BE_LATE,
    DeliveryStatus.ISSUING: Transition.BE_LATE,
    DeliveryStatus.LATE: Transition.GIVE_UP,
}

# Refused from the deadline on, whether or not a worker has recorded it.
ONLY_IN_TIME = frozenset(
    {Transition.HAND_OVER, Transition.SEND, Transition.ISSUE_REFUSED, Transition.WAIT}
)


def status_now(status: DeliveryStatus, *, is_running: bool) -> DeliveryStatus:
    """Return the status for people: that after the deadline from the deadline on."""
    if is_running or status not in AT_DEADLINE:
        return status
    return TRANSITIONS[AT_DEADLINE[status]][1]
