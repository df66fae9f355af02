"""Rules of tickets: pure, without I/O."""

from enum import StrEnum

TITLE_MAX_LENGTH = 120
CATEGORIES = ("concert", "sports", "theatre", "comedy", "festival", "other")


class TicketStatus(StrEnum):
    """What its seller, or a sale, made of a listing."""

    FOR_SALE = "for_sale"
    WITHDRAWN = "withdrawn"
    SOLD = "sold"


class Availability(StrEnum):
    """What a visitor sees of a ticket."""

    AVAILABLE = "available"
    LOCKED = "locked"
    SOLD = "sold"
    WITHDRAWN = "withdrawn"


def availability(status: TicketStatus, *, is_locked: bool) -> Availability:
    """What a visitor sees: a lock matters only while the ticket is for sale."""
    if status is TicketStatus.FOR_SALE:
        return Availability.LOCKED if is_locked else Availability.AVAILABLE
    return Availability(status.value)


def can_change(status: TicketStatus, *, is_locked: bool) -> bool:
    """Whether the seller may edit or withdraw it."""
    return availability(status, is_locked=is_locked) is Availability.AVAILABLE
