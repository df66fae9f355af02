"""Sentences on the day before an event."""

from uuid import UUID

from ticketing_app import routes
from ticketing_app.core.settings import get_settings
from ticketing_app.notices.letter import Action, Letter
from ticketing_app.notices.views.facts import (
    About,
    BellLine,
    Facts,
    TicketFacts,
    Wording,
    absolute,
)
from ticketing_app.notices.views.orders import EXAMPLE_ABOUT, EXAMPLE_ID, EXAMPLE_TICKETS
from ticketing_app.notices.views.tickets import called, tickets_stub


class DoorFacts(Facts):
    """The tickets of one owner for an event."""

    order_id: UUID
    tickets: tuple[TicketFacts, ...]


def door_tomorrow(facts: DoorFacts) -> Letter:
    is_one = len(facts.tickets) == 1
    title = facts.tickets[0].title
    return Letter(
        subject=f"Tomorrow: {title}",
        preheader="Open your ticket today, on the phone that you take with you.",
        heading="See you at the door",
        paragraphs=(
            (
                "Open your ticket once today, on the phone that you take with you."
                if is_one
                else "Open your tickets once today, on the phone that you take with you."
            ),
            "Then the code is there at the door, large and bright, without a network, too.",
        ),
        stub=tickets_stub(facts.tickets),
        action=Action(
            "Show your ticket" if is_one else "Show your tickets",
            absolute(routes.door(facts.order_id)),
        ),
        why=f"You get this mail because you have a ticket from {get_settings().brand_name}.",
    )


def _door_tomorrow_line(about: About) -> BellLine:
    # The page of the door is none of the app's, and a friend has no page of the order.
    return BellLine(f"Tomorrow: {called(about)}. Have the code ready.", routes.ORDER_LIST)


DOOR_TOMORROW = Wording(
    door_tomorrow,
    _door_tomorrow_line,
    "The day before an event",
    DoorFacts(order_id=EXAMPLE_ID, tickets=EXAMPLE_TICKETS),
    EXAMPLE_ABOUT,
)
