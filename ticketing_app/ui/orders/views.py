"""What pages show of orders: plain values, and every sentence that carries one."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from ticketing_app import routes
from ticketing_app.orders import rules
from ticketing_app.orders.rules import NOT_CHARGED, OrderStatus
from ticketing_app.orders.schemas import OrderDetail, OrderRead, OrderStepRead
from ticketing_app.payments.schemas import DeclineRead
from ticketing_app.tickets.schemas import TicketRead
from ticketing_app.ui.formatting import format_amount, format_datetime, format_day, format_time
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
# Words for the shape and colour of a badge; the label says it in words.
_VARIANTS = {OrderStatus.COMPLETED: "available"} | dict.fromkeys(
    rules.PAYABLE | {OrderStatus.CAPTURING}, "locked"
)
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
"""What became of an order, and what that means for the buyer and the money."""
_GIVEN_BACK = frozenset({OrderStatus.REFUNDING, OrderStatus.REFUNDED})
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
"""What an order's new status tells; that it was created once more means that no card was taken."""
LOCKED = "Ticket locked for you"
UNTIL = "Until {until}"
EXTENDED = "Time extended once, for the card check"
REFUND_CAME_BACK = "The bank sent the money back to us"
_MOODS = {OrderStatus.COMPLETED: "good", OrderStatus.REFUNDED: "good"} | dict.fromkeys(
    rules.ENDED_UNPAID, "bad"
)


@dataclass(frozen=True)
class OrderRow:
    """An order in the list of one's own. Instants as in `OrderView`."""

    id: str = ""
    href: str = ""
    title: str = ""
    price: str = ""
    status_label: str = ""
    variant: str = ""
    ordered: str = ""
    note: str = ""
    deadline: str = ""
    now: str = ""
    resale_href: str = ""

    @classmethod
    def from_order(cls, order: OrderRead, now: datetime, *, can_resell: bool = False) -> "OrderRow":
        status = order.status
        amount = format_amount(order.price_cents, order.currency, to_the_cent=True)
        return cls(
            id=str(order.id),
            href=routes.order_detail(order.id),
            title=order.ticket.title,
            price=format_amount(order.price_cents, order.currency),
            status_label=STATUS_LABELS[status],
            variant=_VARIANTS.get(status, "done"),
            ordered=f"Ordered {format_day(order.created_at, now)}",
            note=money_note(status, amount),
            deadline=running_deadline(order),
            now=now.isoformat(),
            resale_href=routes.ticket_resale(order.ticket.id) if can_resell else "",
        )


@dataclass(frozen=True)
class OrderView:
    """An order on its own page. Instants are ISO 8601; `now` is the server's time."""

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

    @classmethod
    def from_order(cls, order: OrderDetail, now: datetime) -> "OrderView":
        status = order.status
        amount = format_amount(order.price_cents, order.currency, to_the_cent=True)
        outcome, more = tell_outcome(status, amount)
        return cls(
            id=str(order.id),
            status=status.value,
            title=order.ticket.title,
            heading=heading(status, order.ticket.title),
            price=format_amount(order.price_cents, order.currency),
            amount=amount,
            pay_label=f"Pay {amount}",
            receipt_amount=with_currency(amount, order.currency),
            refund_label=STATUS_LABELS[status] if status in _GIVEN_BACK else "",
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
            has_receipt=status in _GIVEN_BACK | {OrderStatus.COMPLETED},
            ticket_href=routes.ticket_detail(order.ticket.id),
        )


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened to an order; `at` is ISO 8601 in UTC, `when` what people read."""

    text: str = ""
    more: str = ""
    mood: str = ""
    at: str = ""
    when: str = ""


class _Told(NamedTuple):
    at: datetime
    text: str
    more: str = ""
    mood: str = ""


def timeline(order: OrderDetail, declines: list[DeclineRead], now: datetime) -> list[TimelineEntry]:
    """Tell what happened, oldest first: the order's own steps, and the cards that were declined."""
    amount = format_amount(order.price_cents, order.currency, to_the_cent=True)
    told = [
        _Told(decline.at, decline.message.rstrip("."), NOT_CHARGED, "bad") for decline in declines
    ]
    steps = order.timeline
    for before, step, after in zip([None, *steps], steps, [*steps[1:], None], strict=False):
        end = after.at if after else datetime.max.replace(tzinfo=UTC)
        # Stripe's webhook may report a decline before the order steps back because of it.
        start = before.at if before else step.at
        is_declined = any(start <= decline.at < end for decline in declines)
        if before is None:
            until = UNTIL.format(until=format_time(step.expires_at, now))
            told.append(_Told(step.at, LOCKED, until))
        elif step.status is not OrderStatus.CREATED or not is_declined:
            # A decline says it better than the step back that came with it.
            told += _tell_step(step, before, amount, now)
    told.sort(key=lambda entry: entry.at)
    days = [None, *(format_day(entry.at, now) for entry in told)]
    return [
        TimelineEntry(
            text,
            more,
            mood,
            at.isoformat(),
            format_time(at, now) if format_day(at, now) == shown else format_datetime(at, now),
        )
        for shown, (at, text, more, mood) in zip(days, told, strict=False)
    ]


def _tell_step(
    step: OrderStepRead, before: OrderStepRead, amount: str, now: datetime
) -> list[_Told]:
    is_back = (before.status, step.status) == (OrderStatus.REFUNDED, OrderStatus.REFUNDING)
    text = REFUND_CAME_BACK if is_back else STEPS[step.status].format(amount=amount)
    told = [_Told(step.at, text, mood=_MOODS.get(step.status, ""))]
    if step.status is OrderStatus.AWAITING_PAYMENT and step.expires_at > before.expires_at:
        until = UNTIL.format(until=format_time(step.expires_at, now))
        told.append(_Told(step.at, EXTENDED, until))
    return told


def running_deadline(order: OrderRead) -> str:
    """Return when the time to pay ends; nothing when no time runs."""
    return order.expires_at.isoformat() if order.status in rules.PAYABLE else ""


def heading(status: OrderStatus, title: str) -> str:
    if status in rules.PAYABLE | {OrderStatus.CAPTURING}:
        return f"Purchasing {title}"
    return f"You are going: {title}" if status is OrderStatus.COMPLETED else title


def tell_outcome(status: OrderStatus, amount: str) -> tuple[str, str]:
    """Say what became of an order and what that means; nothing while the buyer has not paid yet."""
    outcome, more = OUTCOMES.get(status, ("", ""))
    return outcome.format(amount=amount), more


def money_note(status: OrderStatus, amount: str) -> str:
    """Say where the money is, when the word for the status leaves that open."""
    outcome, more = tell_outcome(status, amount)
    if status in rules.ENDED_UNPAID:
        return more
    return outcome if status in _GIVEN_BACK else ""


def refund_line(order: OrderDetail, amount: str, now: datetime) -> str:
    """Say how much went back on which day, or since when it is on its way; nothing otherwise."""
    if order.status not in _GIVEN_BACK:
        return ""
    word = "on" if order.status is OrderStatus.REFUNDED else "since"
    # Of the oldest orders not every step is known.
    days = [
        f"{word} {format_day(step.at, now)}"
        for step in order.timeline
        if step.status is order.status
    ]
    return " ".join([with_currency(amount, order.currency), *days[-1:]])


def with_currency(amount: str, currency: str) -> str:
    """Return the amount so that nobody has to guess whose dollars they are; letters tell already."""
    is_told = any(sign.isalpha() for sign in amount)
    return amount if is_told else f"{amount} {currency.upper()}"


def stub(order: OrderRead, ticket: TicketRead) -> TicketStub:
    """Return the stub of what was ordered, at the price of the order."""
    frozen = ticket.model_copy(
        update={"title": order.ticket.title, "price_cents": order.price_cents}
    )
    return TicketStub.from_ticket(frozen)
