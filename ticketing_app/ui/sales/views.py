"""Values and sentences of a sale for its seller, and of their open tasks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ticketing_app import routes
from ticketing_app.core.formatting import format_amount, format_day, format_event_day
from ticketing_app.deliveries.rules import DeliveryStatus, issuer_name
from ticketing_app.deliveries.schemas import DeliveryRead, ToDo
from ticketing_app.tickets.rules import DeliveryMethod, seats_line
from ticketing_app.ui.deliveries.sending_views import until
from ticketing_app.ui.sales.queries import SalePage

SEND = "Send {count}{to}"
UPLOAD = "Upload {count}"
HEADINGS = {
    DeliveryStatus.ISSUING: "Being issued anew: {count}",
    DeliveryStatus.READY: "Handed over: {count}",
    DeliveryStatus.SENT: "Sent: {count}",
    DeliveryStatus.RECEIVED: "Arrived: {count}",
    DeliveryStatus.LATE: "Not sent in time: {count}",
    DeliveryStatus.FAILED: "Sale ended: {count}",
    DeliveryStatus.VOIDED: "Sale refunded: {count}",
}
LEADS = {
    DeliveryStatus.ISSUING: "The organiser issues {them} in the buyer's name. There is nothing for you to do.",
    DeliveryStatus.READY: "The buyer has {them}, sealed until they open {them}.",
    DeliveryStatus.SENT: "The buyer says here when they have {them}. There is nothing for you to do.",
    DeliveryStatus.RECEIVED: "The buyer has {them}.",
    DeliveryStatus.FAILED: "We had no word that you sent {them}, so the buyer gets the money back. {they_are} not "
    "for sale any more: if you can still hand {them} over, list {them} again.",
    DeliveryStatus.VOIDED: "The buyer gets the money back.",
}
SEND_BY = "Until {when}. If you do not send {them} by then, the buyer may take the money back."
UNPROMISED = "You send {them} to the buyer yourself."
LATE = "The time to send is over. The buyer now chooses: more time for you, or the money back."
LATE_UNTIL = " They have until {when}."
STEPS = (
    "Open your tickets {in_app}.",
    "Choose {count} and press Transfer (some apps say Send).",
    "Enter the name and the address exactly as they stand here.",
    "Take a screenshot of the confirmation, or copy its number.",
)
UPLOAD_STEPS = ("Save each ticket as a PDF, a picture or an Apple Wallet pass.", "Upload {count}.")
IN_ORDER = "Upload them in this order: seats {seats}."


@dataclass(frozen=True)
class SaleView:
    id: str = ""
    delivery_id: str = ""
    status: str = ""
    title: str = ""
    heading: str = ""
    lead: str = ""
    seats: str = ""
    price: str = ""
    count: int = 0
    can_send: bool = False
    can_upload: bool = False
    has_address: bool = False
    name: str = ""
    email: str = ""
    phone: str = ""
    reference: str = ""
    steps: tuple[str, ...] = ()

    @classmethod
    def of(cls, page: SalePage, now: datetime) -> "SaleView":
        delivery = page.delivery
        words = _words(page)
        is_waiting = delivery.status is DeliveryStatus.WAITING
        can_send = is_waiting and delivery.method is DeliveryMethod.TRANSFER
        can_upload = is_waiting and delivery.method is DeliveryMethod.FILE_LATER
        address = page.address
        reference = delivery.proof_reference
        return cls(
            id=str(delivery.order_id),
            delivery_id=str(delivery.id),
            status=delivery.status,
            title=page.order.title,
            heading=_heading(delivery, words),
            lead=_lead(delivery, words, now),
            seats=seats_line(page.order.tickets),
            price=format_amount(page.order.price_cents, page.order.currency),
            count=page.order.quantity,
            can_send=can_send,
            can_upload=can_upload,
            has_address=address is not None,
            name=address.name if address else "",
            email=(address.email or "") if address else "",
            phone=(address.phone or "") if address else "",
            reference=f"Confirmation number: {reference}" if reference else "",
            steps=_steps(page, words, is_transfer=can_send) if can_send or can_upload else (),
        )


def _words(page: SalePage) -> dict[str, str]:
    is_one = page.order.quantity == 1
    promise = page.order.tickets[0].delivery
    issuer = issuer_name(promise.issuer if promise else None)
    return {
        "count": counted(page.order.quantity),
        "them": "it" if is_one else "them",
        "they_are": "It is" if is_one else "They are",
        "in_app": f"in the {issuer} app" if issuer else "in the app of their issuer",
        "to": _to(page.address.name if page.address else ""),
    }


def counted(quantity: int) -> str:
    return "1 ticket" if quantity == 1 else f"{quantity} tickets"


def _to(name: str) -> str:
    first = name.split(maxsplit=1)
    return f" to {first[0]}" if first else ""


def _heading(delivery: DeliveryRead, words: dict[str, str]) -> str:
    if delivery.status is DeliveryStatus.WAITING:
        is_upload = delivery.method is DeliveryMethod.FILE_LATER
        return (UPLOAD if is_upload else SEND).format_map(words)
    return HEADINGS[delivery.status].format_map(words)


def _lead(delivery: DeliveryRead, words: dict[str, str], now: datetime) -> str:
    is_ahead = delivery.due_at is not None and delivery.due_at > now
    when = until(delivery.due_at, now) if delivery.due_at else ""
    if delivery.status is DeliveryStatus.WAITING:
        return (SEND_BY if when else UNPROMISED).format_map(words | {"when": when})
    if delivery.status is DeliveryStatus.LATE:
        return LATE + (LATE_UNTIL.format(when=when) if is_ahead else "")
    opened = f" Opened on {format_day(delivery.opened_at, now)}." if delivery.opened_at else ""
    return LEADS[delivery.status].format_map(words) + opened


def _steps(page: SalePage, words: dict[str, str], *, is_transfer: bool) -> tuple[str, ...]:
    steps = [step.format_map(words) for step in (STEPS if is_transfer else UPLOAD_STEPS)]
    seats = [ticket.seat for ticket in page.order.tickets if ticket.seat]
    if not is_transfer and len(seats) > 1:
        steps.append(IN_ORDER.format(seats=", ".join(seats)))
    return tuple(steps)


@dataclass(frozen=True)
class ToDoView:
    """A sale that waits: for its seller, or for the choice of its buyer."""

    id: str = ""
    href: str = ""
    text: str = ""
    title: str = ""
    is_late: bool = False


def to_do_views(found: Sequence[ToDo], now: datetime) -> list[ToDoView]:
    return [
        ToDoView(
            id=str(each.order_id),
            href=routes.sale_detail(each.order_id),
            text=_to_do_text(each, now),
            title=each.title,
            is_late=each.status is DeliveryStatus.LATE,
        )
        for each in found
    ]


def _to_do_text(each: ToDo, now: datetime) -> str:
    words = {"count": counted(each.quantity), "to": _to(each.name)}
    if each.status is DeliveryStatus.LATE:
        return "Late: {count}, the buyer chooses".format_map(words)
    is_upload = each.method is DeliveryMethod.FILE_LATER
    day = format_event_day(each.due_at.astimezone(now.tzinfo).date(), now.date())
    return f"{(UPLOAD if is_upload else SEND).format_map(words)} by {day}"
