"""Values and sentences of the order pages."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from ticketing_app import routes
from ticketing_app.core.clock import utc_now
from ticketing_app.core.formatting import (
    format_amount,
    format_datetime,
    format_day,
    format_event_start,
)
from ticketing_app.deliveries.schemas import DeliveryRead
from ticketing_app.events.rules import EventStatus
from ticketing_app.events.schemas import EventRead
from ticketing_app.orders import rules
from ticketing_app.orders.rules import NOT_CHARGED, OrderStatus
from ticketing_app.orders.schemas import ItemTicket, OrderDetail, OrderRead
from ticketing_app.tickets.rules import has_begun, seats_line
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.ui.deliveries import views
from ticketing_app.ui.purchases.views import Offer
from ticketing_app.ui.tickets.sets import set_line

STATUS_LABELS = {
    OrderStatus.CREATED: "Waiting for payment",
    OrderStatus.AWAITING_PAYMENT: "Checking your card",
    OrderStatus.CAPTURING: "Confirming payment",
    OrderStatus.COMPLETED: "Paid",
    OrderStatus.CANCELLED: "Cancelled",
    OrderStatus.EXPIRED: "Time over",
    OrderStatus.REFUNDING: "Being refunded",
    OrderStatus.REFUNDED: "Refunded",
}
# Shape and colour of a badge; the label is the text.
VARIANTS = {OrderStatus.COMPLETED: "available"} | dict.fromkeys(
    rules.PAYABLE | {OrderStatus.CAPTURING}, "locked"
)
# The outcome of an order, and its meaning for the buyer and the money; a paid one stands as its delivery.
OUTCOMES = {
    OrderStatus.AWAITING_PAYMENT: (
        "Your card is being checked.",
        (
            "If your bank has a question, answer it where you paid. This page changes by itself, "
            "and you are never charged twice."
        ),
    ),
    OrderStatus.CAPTURING: (
        "We are confirming your payment.",
        "You can close this page: it goes on without you, and you are never charged twice.",
    ),
    OrderStatus.CANCELLED: ("This order was cancelled and the ticket was released.", NOT_CHARGED),
    OrderStatus.EXPIRED: ("The time for this order is over.", NOT_CHARGED),
    OrderStatus.REFUNDING: (
        "We are sending your {amount} back to your card.",
        "Banks take 5 to 10 days.",
    ),
    OrderStatus.REFUNDED: (
        "We sent your {amount} back to your card.",
        "Banks take 5 to 10 days to show it.",
    ),
}
GIVEN_BACK = frozenset({OrderStatus.REFUNDING, OrderStatus.REFUNDED})
HELD = "The ticket is locked for you. Nobody else can buy it in this time."
NEARLY_OVER = "The time is nearly over. After it, others can buy the ticket."
RELEASE = "Release ticket"
RELEASE_QUESTION = "Let go of this ticket? Others can buy it at once."
AGAIN = "Hold it again"
RELEASE_CONFIRM = "Release it"
RELEASE_CANCEL = "Keep it"
# The same sentences for an order of several tickets.
SEVERAL = {
    "This order was cancelled and the ticket was released.": (
        "This order was cancelled and the tickets were released."
    ),
    "Order cancelled, ticket released": "Order cancelled, tickets released",
    "Time over, ticket released": "Time over, tickets released",
    "Ticket locked for you": "Tickets locked for you",
    HELD: "The tickets are locked for you. Nobody else can buy them in this time.",
    NEARLY_OVER: "The time is nearly over. After it, others can buy the tickets.",
    RELEASE: "Release tickets",
    AGAIN: "Hold them again",
    RELEASE_CONFIRM: "Release them",
    RELEASE_CANCEL: "Keep them",
    RELEASE_QUESTION: "Let go of these tickets? Others can buy them at once.",
}
EVENT_CANCELLED = "This event was cancelled. What you paid goes back to your card by itself."
EVENT_MOVED = "This event was moved to {when}. Your tickets stay valid."


@dataclass(frozen=True)
class OrderView:
    """An order on its page. Instants are ISO 8601; `now` is the server's clock."""

    id: str = ""
    status: str = ""
    title: str = ""
    heading: str = ""
    price: str = ""
    amount: str = ""
    pay_label: str = ""
    receipt_amount: str = ""
    sum_line: str = ""
    seats: str = ""
    refund_label: str = ""
    refund: str = ""
    ordered: str = ""
    outcome: str = ""
    outcome_more: str = ""
    outcome_tone: str = ""  # good, wait or none
    start: str = ""
    deadline: str = ""
    now: str = ""
    can_pay: bool = False
    is_checking: bool = False
    is_paid: bool = False
    is_over: bool = False
    has_receipt: bool = False
    ticket_href: str = ""
    held: str = ""
    nearly_over: str = ""
    release: str = ""
    release_question: str = ""
    release_confirm: str = ""
    release_cancel: str = ""
    has_several: bool = False
    notice: str = ""
    # The form that holds the tickets again; without a key they are gone.
    again_key: str = ""
    again_fields: dict[str, str] = field(default_factory=dict[str, str])
    again_label: str = ""
    again_price: str = ""

    @classmethod
    def from_order(
        cls,
        order: OrderDetail,
        now: datetime,
        event: EventRead | None = None,
        again: Offer | None = None,
        delivery: DeliveryRead | None = None,
    ) -> "OrderView":
        status = order.status
        count = len(order.items)
        amount = format_amount(order.price_cents, order.currency, to_the_cent=True)
        outcome, more = _part_refund_lines(order) or outcome_lines(status, amount)
        shown_heading = heading(status, order.ticket.title)
        tone = ""
        if status is OrderStatus.COMPLETED:
            part = _part_refund_lines(order)
            outcome, more = part or views.outcome(delivery, count, now)
            tone = "" if part else views.tone(delivery)
            shown_heading = views.heading(delivery, kept_count(order), order.ticket.title)
        return cls(
            id=str(order.id),
            status=status.value,
            title=order.ticket.title,
            heading=shown_heading,
            price=format_amount(order.price_cents, order.currency),
            amount=amount,
            pay_label=f"Pay {amount}",
            receipt_amount=with_currency(amount, order.currency),
            sum_line=sum_line(order) if count > 1 else "",
            seats=seats_line(tickets_of(order)) if count > 1 else "",
            refund_label=refund_label(order),
            refund=refund_line(order, amount, now),
            ordered=format_datetime(order.created_at, now),
            outcome=for_count(count, outcome),
            outcome_more=for_count(count, more),
            outcome_tone=tone,
            start=order.created_at.isoformat(),
            deadline=running_deadline(order),
            now=now.isoformat(),
            can_pay=rules.can_pay(status),
            is_checking=status in {OrderStatus.AWAITING_PAYMENT, OrderStatus.CAPTURING},
            is_paid=status is OrderStatus.COMPLETED,
            is_over=status in rules.ENDED_UNPAID,
            has_receipt=status in GIVEN_BACK | {OrderStatus.COMPLETED},
            ticket_href=routes.ticket_detail(order.ticket.id),
            held=for_count(count, HELD),
            nearly_over=for_count(count, NEARLY_OVER),
            release=for_count(count, RELEASE),
            release_question=for_count(count, RELEASE_QUESTION),
            release_confirm=for_count(count, RELEASE_CONFIRM),
            release_cancel=for_count(count, RELEASE_CANCEL),
            has_several=count > 1,
            notice="" if status in rules.ENDED_UNPAID else event_notice(event),
            **_again_values(again, order.currency),
        )


def _again_values(again: Offer | None, currency: str) -> dict[str, Any]:
    if again is None:
        return {}
    price = format_amount(again.price_cents, currency)
    several = set_line(again.quantity, again.price_cents, currency)
    return {
        "again_key": again.key,
        "again_fields": again.fields,
        "again_label": for_count(again.quantity, AGAIN),
        "again_price": price if again.quantity == 1 else several,
    }


def for_count(count: int, sentence: str) -> str:
    return SEVERAL.get(sentence, sentence) if count > 1 else sentence


def tickets_of(order: OrderRead) -> list[ItemTicket]:
    return [item.ticket for item in order.items]


def kept_count(order: OrderRead) -> int:
    """Return the number of tickets that were not refunded."""
    return sum(item.refunded_at is None for item in order.items)


def stub_class(orders: list[OrderRead], ticket: TicketRead, used_ids: Collection[UUID] = ()) -> str:
    """Return "torn" if the tickets are used, and "spent" if none became or stayed the buyer's."""
    statuses = {order.status for order in orders}
    if not statuses - rules.ENDED_UNPAID - GIVEN_BACK:
        return "spent"
    own = [
        item.ticket.id
        for order in orders
        if order.status is OrderStatus.COMPLETED
        for item in order.items
        if item.refunded_at is None
    ]
    is_torn = is_over(ticket) or all(ticket_id in used_ids for ticket_id in own)
    return "torn" if own and is_torn else ""


def is_over(ticket: TicketRead) -> bool:
    """Whether the event of the ticket has begun: all of its tickets are used."""
    return has_begun(ticket.starts_at, utc_now())


def event_notice(event: EventRead | None) -> str:
    """Return the sentence on a cancelled or moved event, else an empty text."""
    if event is None or event.status is EventStatus.SCHEDULED:
        return ""
    if event.status is EventStatus.CANCELLED:
        return EVENT_CANCELLED
    return EVENT_MOVED.format(when=format_event_start(event.starts_local))


def running_deadline(order: OrderRead) -> str:
    """Return the payment deadline, empty when the order is not payable."""
    if order.status in rules.PAYABLE:
        return order.expires_at.isoformat()
    return ""


def heading(status: OrderStatus, title: str) -> str:
    if status in rules.PAYABLE | {OrderStatus.CAPTURING}:
        return f"Purchasing {title}"
    return title


def outcome_lines(status: OrderStatus, amount: str) -> tuple[str, str]:
    """Return the outcome and its meaning, both empty before the first payment."""
    outcome, more = OUTCOMES.get(status, ("", ""))
    return outcome.format(amount=amount), more


def _part_refund_lines(order: OrderRead) -> tuple[str, str] | None:
    """Return the outcome of a paid order with refunded tickets."""
    refunded = sum(item.refunded_at is not None for item in order.items)
    left = len(order.items) - refunded
    if order.status is not OrderStatus.COMPLETED or not refunded or not left:
        return None
    were = "was" if refunded == 1 else "were"
    others = "other" if left == 1 else "others"
    amount = format_amount(refunded_cents(order), order.currency, to_the_cent=True)
    return (
        f"{refunded} of your {len(order.items)} tickets {were} refunded. You keep the {others}.",
        f"We sent {amount} back to your card. Banks take 5 to 10 days to show it.",
    )


def sum_line(order: OrderRead) -> str:
    """Return the prices by quantity, like 2 times $68.00."""
    prices = Counter(ticket.price_cents for ticket in tickets_of(order))
    parts = (
        f"{count} \u00d7 {format_amount(cents, order.currency, to_the_cent=True)}"
        for cents, count in prices.items()
    )
    return " + ".join(parts)


def money_note(order: OrderRead, amount: str) -> str:
    """Return a sentence about the money; empty if the status label suffices."""
    if part := _part_refund_lines(order):
        return part[0]
    outcome, more = outcome_lines(order.status, amount)
    if order.status in rules.ENDED_UNPAID:
        return more
    if order.status in GIVEN_BACK:
        return outcome
    return ""


def refund_label(order: OrderRead) -> str:
    if order.status in GIVEN_BACK:
        return STATUS_LABELS[order.status]
    return STATUS_LABELS[OrderStatus.REFUNDED] if refunded_cents(order) else ""


def refund_line(order: OrderDetail, amount: str, now: datetime) -> str:
    """Return the refunded amount and its day, or the day the refund started; empty without a refund."""
    if cents := refunded_cents(order):
        part = format_amount(cents, order.currency, to_the_cent=True)
        return with_currency(part, order.currency)
    if order.status not in GIVEN_BACK:
        return ""
    word = "on" if order.status is OrderStatus.REFUNDED else "since"
    # The oldest orders lack some steps.
    days = [
        f"{word} {format_day(step.at, now)}"
        for step in order.timeline
        if step.status is order.status
    ]
    return " ".join([with_currency(amount, order.currency), *days[-1:]])


def refunded_cents(order: OrderRead) -> int:
    """Return the refunded amount of an order that stays paid."""
    if order.status is not OrderStatus.COMPLETED:
        return 0
    return sum(item.ticket.price_cents for item in order.items if item.refunded_at)


def with_currency(amount: str, currency: str) -> str:
    """Append the currency code, unless the amount contains letters as in "US$"."""
    has_letters = any(sign.isalpha() for sign in amount)
    if has_letters:
        return amount
    return f"{amount} {currency.upper()}"
