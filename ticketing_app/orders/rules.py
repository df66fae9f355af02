"""Rules of orders: the statuses and the transitions between them. Pure, without I/O."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import takewhile
from typing import NamedTuple
from uuid import UUID

from ticketing_app.tickets.rules import MAX_SEATS


class OrderStatus(StrEnum):
    CREATED = "created"
    AWAITING_PAYMENT = "awaiting_payment"
    CAPTURING = "capturing"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUNDING = "refunding"
    REFUNDED = "refunded"


# Tickets per order, which are those of one listing.
MAX_TICKETS = MAX_SEATS

# The hold is running; the buyer may pay or cancel.
PAYABLE = frozenset({OrderStatus.CREATED, OrderStatus.AWAITING_PAYMENT})

# At most one order of a ticket has one of these statuses; a unique index enforces it (rule 1).
ACTIVE = PAYABLE | {OrderStatus.CAPTURING, OrderStatus.COMPLETED, OrderStatus.REFUNDING}

# Final: the ticket was released (rule 4).
ENDED_UNPAID = frozenset({OrderStatus.CANCELLED, OrderStatus.EXPIRED})

# The statuses from which a transition may start.
# - capturing to cancelled: only if Stripe reports the payment as cancelled, never on behalf of a buyer or
#   a deadline (see `BUYER_CAN_CANCEL`).
# - capturing to refunding: money was captured, but the ticket is not available.
# - refunded to refunding: the bank sent the money back to us.
SOURCES: dict[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.AWAITING_PAYMENT: PAYABLE,
    OrderStatus.CREATED: frozenset({OrderStatus.AWAITING_PAYMENT}),
    OrderStatus.CAPTURING: PAYABLE,
    OrderStatus.COMPLETED: frozenset({OrderStatus.CAPTURING}),
    OrderStatus.CANCELLED: PAYABLE | {OrderStatus.CAPTURING},
    OrderStatus.EXPIRED: PAYABLE,
    OrderStatus.REFUNDING: frozenset(
        {OrderStatus.COMPLETED, OrderStatus.REFUNDED, OrderStatus.CAPTURING}
    ),
    OrderStatus.REFUNDED: frozenset({OrderStatus.REFUNDING}),
}

# The money was captured, even if it was refunded afterwards.
PAID = frozenset({OrderStatus.COMPLETED, OrderStatus.REFUNDING, OrderStatus.REFUNDED})

# Before the point of no return.
BUYER_CAN_CANCEL = PAYABLE

# Older holds do not count.
COOLDOWN_WINDOW = timedelta(days=1)

# Caps the exponent of the cool-down against overflow: from here on the pause exceeds the window anyway.
LONGEST_COOLDOWN_HOLDS = 8

# Shown after paying or cancelling too late.
REFUND_SENTENCES = {
    OrderStatus.REFUNDING: "This order is being refunded: your money is on its way back.",
    OrderStatus.REFUNDED: "This order was refunded: we sent your money back.",
}

NOT_CHARGED = "Your card was not charged."


def status_now(status: OrderStatus, *, is_running: bool) -> OrderStatus:
    """Return the status for the buyer: expired from its deadline on, even if it is not closed yet."""
    if status in PAYABLE and not is_running:
        return OrderStatus.EXPIRED
    return status


def item_status(status: OrderStatus, *, is_requested: bool, is_refunded: bool) -> OrderStatus:
    """Return the status of one item of an order, which may be refunded before the others."""
    if status not in PAID:
        return status
    if is_refunded:
        return OrderStatus.REFUNDED
    if is_requested and status is OrderStatus.COMPLETED:
        return OrderStatus.REFUNDING
    return status


def refund_status(status: OrderStatus, *, is_requested: bool, is_refunded: bool) -> OrderStatus:
    """Return the status of a paid order; the flags are true if they are for all of its items."""
    if is_refunded:
        return OrderStatus.REFUNDED
    return OrderStatus.REFUNDING if is_requested else status


class GiftStatus(StrEnum):
    OFFERED = "offered"
    TAKEN = "taken"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


GIFT_PERIOD = timedelta(hours=72)


def gift_status_now(status: GiftStatus, *, is_running: bool) -> GiftStatus:
    """Return the status for people: lapsed from its end on, even if it is not closed yet."""
    if status is GiftStatus.OFFERED and not is_running:
        return GiftStatus.LAPSED
    return status


class Sale(NamedTuple):
    ticket_id: UUID
    order_id: UUID
    status: OrderStatus  # Of the item.
    is_disputed: bool
    holder_id: UUID  # The last friend to whom the seat was given, or the buyer.
    seller_id: UUID


def valid_sale(sales: Sequence[Sale]) -> Sale | None:
    """Return the last sale whose money does not go back; `sales` are newest first."""
    return next((sale for sale in sales if sale.status is OrderStatus.COMPLETED), None)


def eventual_owner_of(sales: Sequence[Sale]) -> UUID | None:
    """Return the owner of a seat after all refunds in progress; `sales` are newest first."""
    # A refunded sale returns the seat to the sale before it, the first sale to its seller. A disputed seat
    # has no owner: the bank may take the buyer's money back at any time. A friend holds the seat only as long
    # as the purchase behind the gift is valid, unless they sold it on.
    if sale := valid_sale(sales):
        return None if sale.is_disputed else sale.holder_id
    return sales[-1].seller_id if sales else None


def owner_of(sales: Sequence[Sale]) -> UUID | None:
    """Return the user allowed to list the seat again; `sales` are newest first."""
    ended = takewhile(lambda sale: sale.status is not OrderStatus.COMPLETED, sales)
    # Until the bank has the money of a refund, it may come back to us.
    if any(sale.status is not OrderStatus.REFUNDED for sale in ended):
        return None
    return eventual_owner_of(sales)


def unowned_sales(sales: Sequence[Sale]) -> list[Sale]:
    """Return paid sales by sellers whose purchase, or gift, is refunded or disputed: it was paid twice."""
    return [
        sale
        for nth, sale in enumerate(sales[:-1], start=1)
        if sale.status is OrderStatus.COMPLETED and eventual_owner_of(sales[nth:]) != sale.seller_id
    ]


def can_pay(status: OrderStatus) -> bool:
    return status in PAYABLE


def grace_until(
    expires_at: datetime, now: datetime, grace_seconds: float, *, is_grace_used: bool
) -> datetime | None:
    """Return the new deadline while a card is checked; None if it does not move."""
    extended = now + timedelta(seconds=grace_seconds)
    if is_grace_used or extended <= expires_at:
        return None
    return extended


class SeenOffer(NamedTuple):
    """The offer that a buyer agreed to; None is not compared."""

    version: int | None = None
    price_cents: int | None = None

    def is_of(self, *, version: int, price_cents: int) -> bool:
        return self.version in {None, version} and self.price_cents in {None, price_cents}


ANY_OFFER = SeenOffer()


class Choice(NamedTuple):
    """Tickets of a listing: `ticket_ids`, or the best `quantity` of it if there are none."""

    listing_id: UUID
    quantity: int
    ticket_ids: tuple[UUID, ...] = ()
    # The version in `SeenOffer` is the ticket's, not the listing's.
    is_seen_by_ticket: bool = False


def cooldown_seconds(kept_seconds: float, *, hold_seconds: float, base_seconds: float) -> float:
    """Return the pause before this buyer can hold the ticket again."""
    # Depends on the total time only, so many short holds cost as much as a long one. The hold statement
    # computes the same in SQL.
    holds = min(kept_seconds / hold_seconds, LONGEST_COOLDOWN_HOLDS)
    return base_seconds / 3 * (4**holds - 1)
