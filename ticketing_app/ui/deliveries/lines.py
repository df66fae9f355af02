"""How far tickets are, in one line beside their order."""

from datetime import datetime

from ticketing_app.core.formatting import format_event_day
from ticketing_app.deliveries.rules import DeliveryStatus
from ticketing_app.deliveries.schemas import Arrival
from ticketing_app.tickets.rules import DeliveryMethod

UNPROMISED = "The seller sends it to you"
SENT_BY = "Sent by {day}"
HAVE_IT = "You have it"
IN_APP = "In your app"
PASSED_ON = "You passed it on."
LINES = {
    DeliveryStatus.WAITING: UNPROMISED,
    DeliveryStatus.ISSUING: "Being issued in your name",
    DeliveryStatus.READY: "Your ticket is here",
    DeliveryStatus.SENT: "Sent: accept it in the app",
    DeliveryStatus.RECEIVED: "Your ticket is here",
    DeliveryStatus.LATE: "Late: wait, or get your money back",
    DeliveryStatus.FAILED: "It did not come",
    DeliveryStatus.VOIDED: "",
}
SEVERAL = {
    UNPROMISED: "The seller sends them to you",
    HAVE_IT: "You have them",
    PASSED_ON: "You passed them on.",
    "Your ticket is here": "Your tickets are here",
    "Sent: accept it in the app": "Sent: accept them in the app",
    "It did not come": "They did not come",
}


def arrival_line(arrival: Arrival | None, count: int, now: datetime) -> str:
    """Return the state of a delivery in words; empty for an order without one."""
    if arrival is None:
        return ""
    line = LINES[arrival.status]
    if arrival.is_passed_on:
        line = PASSED_ON
    elif arrival.status is DeliveryStatus.WAITING and arrival.due_at:
        day = arrival.due_at.astimezone(now.tzinfo).date()
        line = SENT_BY.format(day=format_event_day(day, now.date()))
    elif arrival.status is DeliveryStatus.RECEIVED and not is_kept_here(arrival):
        line = IN_APP if arrival.method else HAVE_IT
    return SEVERAL.get(line, line) if count > 1 else line


def is_kept_here(arrival: Arrival) -> bool:
    """Whether the tickets are ours to show, once they are opened."""
    return arrival.method not in {DeliveryMethod.TRANSFER, None}


def is_shown(arrival: Arrival | None) -> bool:
    """Whether the page of the door shows the tickets."""
    return (
        arrival is not None
        and arrival.status is DeliveryStatus.RECEIVED
        and is_kept_here(arrival)
        and not arrival.is_passed_on
    )
