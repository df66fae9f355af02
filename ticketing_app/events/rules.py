from enum import StrEnum

NAME_MAX_LENGTH = 120


class EventStatus(StrEnum):
    SCHEDULED = "scheduled"
    MOVED = "moved"
    CANCELLED = "cancelled"
