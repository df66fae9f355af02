"""What happened to an order, for its buyer."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from ticketing_app.core.formatting import (
    format_amount,
    format_datetime,
    format_day,
    format_time,
)
from ticketing_app.deliveries.schemas import DeliveryRead
from ticketing_app.orders import rules
from ticketing_app.orders.rules import NOT_CHARGED, OrderStatus
from ticketing_app.orders.schemas import OrderDetail, OrderItemRead, OrderStepRead
from ticketing_app.payments.schemas import DeclineRead
from ticketing_app.tickets.rules import seats_line
from ticketing_app.ui.deliveries.views import steps as delivery_steps
from ticketing_app.ui.orders.views import for_count

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
UNTIL = "Until {until}"
EXTENDED = "Time extended once, for the card check"
REFUND_CAME_BACK = "The bank sent the money back to us"
_MOODS = {OrderStatus.COMPLETED: "good", OrderStatus.REFUNDED: "good"} | dict.fromkeys(
    rules.ENDED_UNPAID, "bad"
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


def timeline(
    order: OrderDetail,
    declines: list[DeclineRead],
    now: datetime,
    delivery: DeliveryRead | None = None,
) -> list[TimelineEntry]:
    """Return the steps of the order and of its delivery, and declined cards, oldest first."""
    amount = format_amount(order.price_cents, order.currency, to_the_cent=True)
    entries = [_Entry(each.at, each.message.rstrip("."), NOT_CHARGED, "bad") for each in declines]
    if order.status is OrderStatus.COMPLETED:
        entries += [
            _Entry(item.refunded_at, _refunded(order, item), seats_line([item.ticket]), "good")
            for item in order.items
            if item.refunded_at
        ]
    entries += [_Entry(at, text) for at, text in delivery_steps(delivery)]
    steps = order.timeline
    count = len(order.items)
    for before, step, after in zip([None, *steps], steps, [*steps[1:], None], strict=False):
        if before is None:
            entries.append(_Entry(step.at, for_count(count, LOCKED), _until(step, now)))
            continue
        end = after.at if after else datetime.max.replace(tzinfo=UTC)
        # From the step before: Stripe's webhook may report a decline before the order returns to CREATED.
        is_declined = any(before.at <= decline.at < end for decline in declines)
        # The decline replaces the step back to CREATED that it caused.
        if step.status is not OrderStatus.CREATED or not is_declined:
            entries += [
                entry._replace(text=for_count(count, entry.text))
                for entry in _step_entries(step, before, amount, now)
            ]
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


def _refunded(order: OrderDetail, item: OrderItemRead) -> str:
    amount = format_amount(item.ticket.price_cents, order.currency, to_the_cent=True)
    return STEPS[OrderStatus.REFUNDED].format(amount=amount)


def _until(step: OrderStepRead, now: datetime) -> str:
    return UNTIL.format(until=format_time(step.expires_at, now))
