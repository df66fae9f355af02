"""Values and sentences of the order pages."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from ticketing_app import routes
from ticketing_app.core.clock import utc_now
from ticketing_app.events.rules import EventStatus
from ticketing_app.events.schemas import EventRead
from ticketing_app.orders import rules
from ticketing_app.orders.rules import NOT_CHARGED, OrderStatus
from ticketing_app.orders.schemas import ItemTicket, OrderDetail, OrderRead, OrderStepRead
from ticketing_app.payments.schemas import DeclineRead
from ticketing_app.tickets.rules import has_begun
from ticketing_app.tickets.schemas import TicketRead
from ticketing_app.ui.formatting import (
    format_amount,
    format_datetime,
    format_day,
    format_event_start,
    format_time,
)
from ticketing_app.ui.tickets.views import TicketStub

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
# The outcome of an order, and its meaning for the buyer and the money.
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
    OrderStatus.COMPLETED: (
        "The ticket is yours.",
        "You find it again at any time under My Orders, with this receipt.",
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
# Timeline entries, by the new status. A return to CREATED is a failed payment.
STEPS = {
    OrderStatus.CREATED: "The payment did not go through",
    OrderStatus.AWAITING_PAYMENT: "Payment started",
    OrderStatus.CAPTURING: "Card approved",
    OrderStatus.COMPLETED: "Paid {amount}",
    OrderStatus.CANCELLED: "Order cancelled, ticket released",
    OrderStatus.EXPIRED: "Time over, ticket released",
    OrderStatus.REFUNDING: "Refund started",
    OrderStatus.REFUNDED: "Refunded {amount}",
}
LOCKED = "Ticket locked for you"
EVENT_CANCELLED = "This event was cancelled. What you paid goes back to your card by itself."
EVENT_MOVED = "This event was moved to {when}. Your tickets stay valid."
UNTIL = "Until {until}"
EXTENDED = "Time extended once, for the card check"
REFUND_CAME_BACK = "The bank sent the money back to us"
_MOODS = {OrderStatus.COMPLETED: "good", OrderStatus.REFUNDED: "good"} | dict.fromkeys(
    rules.ENDED_UNPAID, "bad"
)


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
    refund_label: str = ""
    refund: str = ""
    ordered: str = ""
    outcome: str = ""
    outcome_more: str = ""
    start: str = ""
    deadline: str = ""
    now: str = ""
    can_pay: bool = False
    is_checking: bool = False
    is_paid: bool = False
    is_over: bool = False
    has_receipt: bool = False
    ticket_href: str = ""
    stub_class: str = ""
    notice: str = ""

    @classmethod
    def from_order(
        cls,
        order: OrderDetail,
        now: datetime,
        ticket: TicketRead | None = None,
        event: EventRead | None = None,
    ) -> "OrderView":
        status = order.status
        amount = format_amount(order.price_cents, order.currency, to_the_cent=True)
        outcome, more = outcome_lines(status, amount)
        return cls(
            id=str(order.id),
            status=status.value,
            title=order.ticket.title,
            heading=heading(status, order.ticket.title),
            price=format_amount(order.price_cents, order.currency),
            amount=amount,
            pay_label=f"Pay {amount}",
            receipt_amount=with_currency(amount, order.currency),
            refund_label=STATUS_LABELS[status] if status in GIVEN_BACK else "",
            refund=refund_line(order, amount, now),
            ordered=format_datetime(order.created_at, now),
            outcome=outcome,
            outcome_more=more,
            start=order.created_at.isoformat(),
            deadline=running_deadline(order),
            now=now.isoformat(),
            can_pay=rules.can_pay(status),
            is_checking=status in {OrderStatus.AWAITING_PAYMENT, OrderStatus.CAPTURING},
            is_paid=status is OrderStatus.COMPLETED,
            is_over=status in rules.ENDED_UNPAID,
            has_receipt=status in GIVEN_BACK | {OrderStatus.COMPLETED},
            ticket_href=routes.ticket_detail(order.ticket.id),
            stub_class=stub_class([order], ticket),
            notice="" if status in rules.ENDED_UNPAID else event_notice(event),
        )


@dataclass(frozen=True)
class TimelineEntry:
    """`at` is ISO 8601 in UTC, `when` the displayed time."""

    text: str = ""
    more: str = ""
    mood: str = ""
    at: str = ""
    when: str = ""


class _Entry(NamedTuple):
    at: datetime
    text: str
    more: str = ""
    mood: str = ""


def timeline(order: OrderDetail, declines: list[DeclineRead], now: datetime) -> list[TimelineEntry]:
    """Return the order's steps and declined cards, oldest first."""
    amount = format_amount(order.price_cents, order.currency, to_the_cent=True)
    entries = [_Entry(each.at, each.message.rstrip("."), NOT_CHARGED, "bad") for each in declines]
    steps = order.timeline
    for before, step, after in zip([None, *steps], steps, [*steps[1:], None], strict=False):
        if before is None:
            entries.append(_Entry(step.at, LOCKED, _until(step, now)))
            continue
        end = after.at if after else datetime.max.replace(tzinfo=UTC)
        # From the step before: Stripe's webhook may report a decline before the order returns to CREATED.
        is_declined = any(before.at <= decline.at < end for decline in declines)
        # The decline replaces the step back to CREATED that it caused.
        if step.status is not OrderStatus.CREATED or not is_declined:
            entries += _step_entries(step, before, amount, now)
    return _dated(sorted(entries, key=lambda entry: entry.at), now)


def _dated(entries: list[_Entry], now: datetime) -> list[TimelineEntry]:
    """Add the displayed times: the day only where it differs from the entry above."""
    days = [None, *(format_day(entry.at, now) for entry in entries)]
    dated: list[TimelineEntry] = []
    for day_above, (at, text, more, mood) in zip(days, entries, strict=False):
        is_same_day = format_day(at, now) == day_above
        when = format_time(at, now) if is_same_day else format_datetime(at, now)
        dated.append(TimelineEntry(text, more, mood, at.isoformat(), when))
    return dated


def _step_entries(
    step: OrderStepRead, before: OrderStepRead, amount: str, now: datetime
) -> list[_Entry]:
    text = STEPS[step.status].format(amount=amount)
    if (before.status, step.status) == (OrderStatus.REFUNDED, OrderStatus.REFUNDING):
        text = REFUND_CAME_BACK
    entries = [_Entry(step.at, text, mood=_MOODS.get(step.status, ""))]
    if step.status is OrderStatus.AWAITING_PAYMENT and step.expires_at > before.expires_at:
        entries.append(_Entry(step.at, EXTENDED, _until(step, now)))
    return entries


def _until(step: OrderStepRead, now: datetime) -> str:
    return UNTIL.format(until=format_time(step.expires_at, now))


def tickets_of(order: OrderRead) -> list[ItemTicket]:
    return [item.ticket for item in order.items]


def stub_class(orders: list[OrderRead], ticket: TicketRead | None) -> str:
    """Return "torn" if the ticket is used, as its event began, and "spent" without a ticket in the end."""
    statuses = {order.status for order in orders}
    if not statuses - rules.ENDED_UNPAID - GIVEN_BACK:
        return "spent"
    is_used = ticket is not None and has_begun(ticket.starts_at, utc_now())
    return "torn" if is_used and OrderStatus.COMPLETED in statuses else ""


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
    if status is OrderStatus.COMPLETED:
        return f"You are going: {title}"
    return title


def outcome_lines(status: OrderStatus, amount: str) -> tuple[str, str]:
    """Return the outcome and its meaning, both empty before the first payment."""
    outcome, more = OUTCOMES.get(status, ("", ""))
    return outcome.format(amount=amount), more


def money_note(status: OrderStatus, amount: str) -> str:
    """Return a sentence about the money; empty if the status label suffices."""
    outcome, more = outcome_lines(status, amount)
    if status in rules.ENDED_UNPAID:
        return more
    if status in GIVEN_BACK:
        return outcome
    return ""


def refund_line(order: OrderDetail, amount: str, now: datetime) -> str:
    """Return the refunded amount and its day, or the day the refund started; empty without a refund."""
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


def with_currency(amount: str, currency: str) -> str:
    """Append the currency code, unless the amount contains letters as in "US$"."""
    has_letters = any(sign.isalpha() for sign in amount)
    if has_letters:
        return amount
    return f"{amount} {currency.upper()}"


def stub(order: OrderRead, ticket: TicketRead) -> TicketStub:
    """Return the stub with the title and price of the order."""
    frozen = ticket.model_copy(
        update={"title": order.ticket.title, "price_cents": order.price_cents}
    )
    return TicketStub.from_ticket(frozen)
