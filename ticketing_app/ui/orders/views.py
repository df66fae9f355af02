"""What pages show of orders: plain values, and every sentence that carries one."""

from dataclasses import dataclass
from datetime import datetime

from ticketing_app import routes
from ticketing_app.core import money
from ticketing_app.orders import rules
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.schemas import OrderRead
from ticketing_app.tickets.schemas import TicketRead
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
_LOOKS = {OrderStatus.COMPLETED: "available"} | dict.fromkeys(
    rules.PAYABLE | {OrderStatus.CAPTURING}, "locked"
)
ENDINGS = {
    OrderStatus.CANCELLED: "This order was cancelled. Your card was not charged, "
    "and the ticket is for sale again.",
    OrderStatus.EXPIRED: "The time for this order is over. Your card was not charged.",
    OrderStatus.REFUNDING: "We are sending your money back.",
    OrderStatus.REFUNDED: "We sent your money back to your card.",
}


@dataclass(frozen=True)
class OrderRow:
    """An order in the list of one's own."""

    id: str = ""
    href: str = ""
    title: str = ""
    price: str = ""
    status_label: str = ""
    look: str = ""
    ordered: str = ""

    @classmethod
    def from_order(cls, order: OrderRead, now: datetime) -> "OrderRow":
        status = present_status(order, now)
        return cls(
            id=str(order.id),
            href=routes.order_detail(order.id),
            title=order.ticket.title,
            price=money.to_text(order.price_cents, order.currency),
            status_label=STATUS_LABELS[status],
            look=_LOOKS.get(status, "done"),
            ordered=f"Ordered {order.created_at.day} {order.created_at:%b %Y}",
        )


@dataclass(frozen=True)
class OrderView:
    """An order on its own page. Instants are ISO 8601 in UTC; `now` is the server's time."""

    id: str = ""
    status: str = ""
    heading: str = ""
    price: str = ""
    pay_label: str = ""
    paid_line: str = ""
    ending: str = ""
    deadline: str = ""
    now: str = ""
    can_pay: bool = False
    is_checking: bool = False
    is_paid: bool = False
    ticket_href: str = ""

    @classmethod
    def from_order(cls, order: OrderRead, now: datetime) -> "OrderView":
        status = present_status(order, now)
        amount = exact_amount(order.price_cents, order.currency)
        is_paid = status is OrderStatus.COMPLETED
        return cls(
            id=str(order.id),
            status=status.value,
            heading=heading(status, order.ticket.title),
            price=money.to_text(order.price_cents, order.currency),
            pay_label=f"Pay {amount}",
            paid_line=f"Paid {amount}" if is_paid else "",
            ending=ENDINGS.get(status, ""),
            deadline=order.expires_at.isoformat() if status in rules.PAYABLE else "",
            now=now.isoformat(),
            can_pay=rules.can_pay(status),
            is_checking=status in {OrderStatus.AWAITING_PAYMENT, OrderStatus.CAPTURING},
            is_paid=is_paid,
            ticket_href=routes.ticket_detail(order.ticket.id),
        )


def present_status(order: OrderRead, now: datetime) -> OrderStatus:
    """Return what the order is by now: a hold ends at its deadline, whoever tidies it up later."""
    is_over = order.status in rules.PAYABLE and order.expires_at <= now
    return OrderStatus.EXPIRED if is_over else order.status


def heading(status: OrderStatus, title: str) -> str:
    if status in rules.PAYABLE | {OrderStatus.CAPTURING}:
        return f"Purchasing {title}"
    return f"You are going: {title}" if status is OrderStatus.COMPLETED else title


def exact_amount(cents: int, currency: str) -> str:
    """Return the amount with its cents: what is charged is told to the cent."""
    if cents % 100:
        return money.to_text(cents, currency)
    whole = money.to_text(cents, currency)
    number, _, code = whole.partition(" ")
    return f"{number}.00 {code}".rstrip()


def stub(order: OrderRead, ticket: TicketRead) -> TicketStub:
    """Return the stub of what was ordered, at the price of the order."""
    frozen = ticket.model_copy(
        update={"title": order.ticket.title, "price_cents": order.price_cents}
    )
    return TicketStub.from_ticket(frozen)
