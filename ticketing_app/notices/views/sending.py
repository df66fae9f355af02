"""Sentences for sellers about what they still have to send."""

from datetime import UTC, datetime

from ticketing_app import routes
from ticketing_app.core.formatting import format_instant
from ticketing_app.core.settings import get_settings
from ticketing_app.notices.letter import Action, Letter
from ticketing_app.notices.views.facts import (
    About,
    BellLine,
    DeliveryFacts,
    Wording,
    absolute,
)
from ticketing_app.notices.views.orders import EXAMPLE as EXAMPLE_ORDER
from ticketing_app.notices.views.orders import EXAMPLE_ABOUT as EXAMPLE_ORDER_ABOUT
from ticketing_app.notices.views.tickets import called, order_stub

_EXAMPLE_AT = datetime(2026, 12, 3, 20, tzinfo=UTC)
EXAMPLE = DeliveryFacts(**EXAMPLE_ORDER.model_dump(), due_at=_EXAMPLE_AT, issuer="Ticketmaster")
EXAMPLE_ABOUT = EXAMPLE_ORDER_ABOUT.model_copy(update={"due_at": _EXAMPLE_AT})


def deadline(facts: DeliveryFacts | About) -> str:
    return format_instant(facts.due_at) if facts.due_at else "the deadline"


def them(facts: DeliveryFacts | About) -> str:
    return "it" if facts.quantity == 1 else "them"


def in_app(facts: DeliveryFacts) -> str:
    return f"in the {facts.issuer} app" if facts.issuer else "in the issuer's app"


# ---- To send after the sale ------------------------------------------------------------------------


def send_tickets(facts: DeliveryFacts) -> Letter:
    return Letter(
        subject=f"To send: {called(facts)}",
        preheader=f"The buyer has paid and waits until {deadline(facts)}.",
        heading="Now send the ticket" if facts.quantity == 1 else "Now send the tickets",
        paragraphs=(f"The buyer has paid. {_task(facts)}", _consequence(facts)),
        stub=order_stub(facts),
        action=_to_sale(facts),
        why=_sells(),
    )


def _send_tickets_line(about: About) -> BellLine:
    return BellLine(f"To send by {deadline(about)}: {called(about)}.", sale_path(about))


SEND_TICKETS = Wording(
    send_tickets, _send_tickets_line, "You have tickets to send", EXAMPLE, EXAMPLE_ABOUT
)


# ---- Reminder --------------------------------------------------------------------------------------


def send_soon(facts: DeliveryFacts) -> Letter:
    return Letter(
        subject=f"Still to send: {called(facts)}",
        preheader=f"The time ends on {deadline(facts)}.",
        heading="The buyer still waits",
        paragraphs=(_task(facts), _consequence(facts)),
        stub=order_stub(facts),
        action=_to_sale(facts),
        why=_sells(),
    )


def _send_soon_line(about: About) -> BellLine:
    return BellLine(f"Still to send by {deadline(about)}: {called(about)}.", sale_path(about))


SEND_SOON = Wording(
    send_soon, _send_soon_line, "Tickets to send, shortly before the end", EXAMPLE, EXAMPLE_ABOUT
)


# ---- Too late --------------------------------------------------------------------------------------


def send_late(facts: DeliveryFacts) -> Letter:
    return Letter(
        subject=f"Not sent in time: {called(facts)}",
        preheader="The buyer now chooses.",
        heading="The time to send is over",
        paragraphs=(
            f"We had no word from you that you sent {called(facts)}.",
            (
                "The buyer may now give you more time, or take the money back. You need not do "
                "anything until then, and we tell you what they choose."
            ),
        ),
        stub=order_stub(facts),
        action=_to_sale(facts, "See the sale"),
        why=_sells(),
    )


def _send_late_line(about: About) -> BellLine:
    return BellLine(f"Not sent in time: {called(about)}. The buyer chooses.", sale_path(about))


SEND_LATE = Wording(
    send_late, _send_late_line, "You did not send tickets in time", EXAMPLE, EXAMPLE_ABOUT
)


# ---- More time -------------------------------------------------------------------------------------


def send_again(facts: DeliveryFacts) -> Letter:
    return Letter(
        subject=f"The buyer waits: {called(facts)}",
        preheader=f"You have until {deadline(facts)}.",
        heading="The buyer gives you more time",
        paragraphs=(
            _task(facts),
            "There is no third time: after it the money goes back to the buyer.",
        ),
        stub=order_stub(facts),
        action=_to_sale(facts),
        why=_sells(),
    )


def _send_again_line(about: About) -> BellLine:
    return BellLine(f"The buyer waits until {deadline(about)}: {called(about)}.", sale_path(about))


SEND_AGAIN = Wording(
    send_again, _send_again_line, "A buyer gives you more time", EXAMPLE, EXAMPLE_ABOUT
)


# ---- The sale is over ------------------------------------------------------------------------------


def not_sent(facts: DeliveryFacts) -> Letter:
    they_are = "The ticket is" if facts.quantity == 1 else "The tickets are"
    return Letter(
        subject=f"Sale ended, not sent: {called(facts)}",
        preheader="The buyer gets the money back.",
        heading="The sale has ended",
        paragraphs=(
            (
                f"We had no word that you sent {called(facts)}, so the buyer gets the money back and we owe "
                "you nothing for this sale."
            ),
            (
                f"{they_are} not for sale any more. If you can still hand {them(facts)} over, list "
                f"{them(facts)} again."
            ),
        ),
        stub=order_stub(facts),
        action=Action("See your listings", absolute(routes.TICKET_MINE)),
        why=_sells(),
    )


def _not_sent_line(about: About) -> BellLine:
    return BellLine(
        f"Sale ended, as you did not send it in time: {called(about)}.", routes.TICKET_MINE
    )


NOT_SENT = Wording(
    not_sent, _not_sent_line, "A sale ended because nothing was sent", EXAMPLE, EXAMPLE_ABOUT
)


# ---- Another address -------------------------------------------------------------------------------


def send_elsewhere(facts: DeliveryFacts) -> Letter:
    return Letter(
        subject=f"New address of the buyer: {called(facts)}",
        preheader="Please look at it before you send anything.",
        heading="The buyer changed the address",
        paragraphs=(
            f"The buyer of {called(facts)} wants {them(facts)} at another address.",
            f"Look at it before you send {them(facts)}. The old one does not count any more.",
        ),
        stub=order_stub(facts),
        action=_to_sale(facts),
        why=_sells(),
    )


def _send_elsewhere_line(about: About) -> BellLine:
    return BellLine(f"The buyer changed the address: {called(about)}.", sale_path(about))


SEND_ELSEWHERE = Wording(
    send_elsewhere,
    _send_elsewhere_line,
    "A buyer changed where to send tickets",
    EXAMPLE,
    EXAMPLE_ABOUT,
)


# ---- Sentences that several kinds share ------------------------------------------------------------


def _task(facts: DeliveryFacts) -> str:
    by = deadline(facts)
    if facts.is_transfer:
        return f"Transfer {them(facts)} {in_app(facts)} by {by}, and show us that it is done."
    return f"Upload {them(facts)} by {by}."


def _consequence(facts: DeliveryFacts) -> str:
    return f"If you do not send {them(facts)} by then, the buyer may take the money back."


def sale_path(about: About) -> str:
    return routes.sale_detail(about.order_id) if about.order_id else routes.TICKET_MINE


def _to_sale(facts: DeliveryFacts, label: str = "See what to do") -> Action:
    return Action(label, absolute(routes.sale_detail(facts.order_id)))


def _sells() -> str:
    return f"You get this mail because you sell on {get_settings().brand_name}."
