"""Sentences about tickets that people give to each other."""

from datetime import UTC, datetime
from uuid import UUID

from pydantic import AwareDatetime

from ticketing_app import routes
from ticketing_app.core.formatting import format_instant
from ticketing_app.core.settings import get_settings
from ticketing_app.notices.letter import Action, Letter
from ticketing_app.notices.views.facts import (
    About,
    BellLine,
    Facts,
    Line,
    TicketFacts,
    Wording,
    absolute,
)
from ticketing_app.notices.views.orders import EXAMPLE_ID, EXAMPLE_TICKETS
from ticketing_app.notices.views.tickets import ticket_stub


class GiftFacts(Facts):
    gift_id: UUID
    from_email: Line
    expires_at: AwareDatetime
    is_opened: bool
    ticket: TicketFacts


_EXAMPLE = GiftFacts(
    gift_id=EXAMPLE_ID,
    from_email="ana@example.com",
    expires_at=datetime(2026, 12, 4, 18, 42, tzinfo=UTC),
    is_opened=False,
    ticket=EXAMPLE_TICKETS[0],
)
_EXAMPLE_ABOUT = About(title="The Paper Lanterns", gift_id=EXAMPLE_ID)


# ---- Offered ---------------------------------------------------------------------------------------


def gift_offered(gift: GiftFacts) -> Letter:
    brand = get_settings().brand_name
    return Letter(
        subject=f"A ticket for you: {gift.ticket.title}",
        preheader=f"{gift.from_email} gives it to you. It costs you nothing.",
        heading="A ticket for you",
        paragraphs=(
            f"{gift.from_email} gives you a ticket. It costs you nothing.",
            f"To take it, sign in to {brand} with the address that got this mail, or sign up with it.",
            *((_OPENED,) if gift.is_opened else ()),
        ),
        stub=ticket_stub(gift.ticket),
        facts=(("Take it until", format_instant(gift.expires_at)),),
        action=Action("See your ticket", absolute(routes.gift(gift.gift_id))),
        after=("You don't know the sender, or cannot go? Just say no, or leave it.",),
        why=f"You get this mail because {gift.from_email} typed your address on {brand}.",
    )


_OPENED = (
    "The giver has opened it already, so they may know its barcode. Take it from people you trust."
)


def _gift_offered_line(about: About) -> BellLine:
    return BellLine(f"A friend gives you a ticket for {about.title}.", _path(about))


GIFT_OFFERED = Wording(
    gift_offered,
    _gift_offered_line,
    "A friend gives you a ticket",
    _EXAMPLE,
    _EXAMPLE_ABOUT,
)


# ---- Taken -----------------------------------------------------------------------------------------


def gift_taken(gift: GiftFacts) -> Letter:
    return Letter(
        subject=f"Your friend has the ticket: {gift.ticket.title}",
        preheader="It is theirs now.",
        heading="Your friend has the ticket",
        paragraphs=(
            "The ticket that you gave away was taken. From now on only your friend can open it.",
            "The order and its receipt stay yours. So does the money, if it is ever given back.",
        ),
        stub=ticket_stub(gift.ticket),
        action=_see(gift),
        why=_gave(),
    )


def _gift_taken_line(about: About) -> BellLine:
    return BellLine(f"Your friend has the ticket for {about.title} now.", _path(about))


GIFT_TAKEN = Wording(
    gift_taken, _gift_taken_line, "A friend took your ticket", _EXAMPLE, _EXAMPLE_ABOUT
)


# ---- Returned --------------------------------------------------------------------------------------


def gift_returned(gift: GiftFacts) -> Letter:
    return Letter(
        subject=f"Yours again: {gift.ticket.title}",
        preheader="Your friend did not take it.",
        heading="The ticket is yours again",
        paragraphs=(
            "Your friend did not take the ticket. You can use it, sell it, or give it to somebody else.",
        ),
        stub=ticket_stub(gift.ticket),
        action=_see(gift),
        why=_gave(),
    )


def _gift_returned_line(about: About) -> BellLine:
    return BellLine(
        f"Your friend did not take the ticket for {about.title}: it is yours again.", _path(about)
    )


GIFT_RETURNED = Wording(
    gift_returned,
    _gift_returned_line,
    "A friend did not take your ticket",
    _EXAMPLE,
    _EXAMPLE_ABOUT,
)


# ---- Sentences that several kinds share ------------------------------------------------------------


def _path(about: About) -> str:
    return routes.gift(about.gift_id) if about.gift_id else routes.ORDER_LIST


def _see(gift: GiftFacts) -> Action:
    return Action("See the ticket", absolute(routes.gift(gift.gift_id)))


def _gave() -> str:
    return f"You get this mail because you gave a ticket away on {get_settings().brand_name}."
