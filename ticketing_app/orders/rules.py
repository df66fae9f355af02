"""Rules of orders: the statuses and the transitions between them. Pure, without I/O."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import takewhile
from typing import NamedTuple
from uuid import UUID


class OrderStatus(StrEnum):
    """Where an order stands."""

    CREATED = "created"
    AWAITING_PAYMENT = "awaiting_payment"
    CAPTURING = "capturing"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUNDING = "refunding"
    REFUNDED = "refunded"


PAYABLE = frozenset({OrderStatus.CREATED, OrderStatus.AWAITING_PAYMENT})
"""The hold runs, the clock ticks; the buyer may pay or let go."""

ACTIVE = PAYABLE | {OrderStatus.CAPTURING, OrderStatus.COMPLETED, OrderStatus.REFUNDING}
"""At most one order of a ticket is in one of these: a unique index, too (rule 1)."""

ENDED_UNPAID = frozenset({OrderStatus.CANCELLED, OrderStatus.EXPIRED})
"""The ticket was given back; nothing leads out of here (rule 4)."""

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
"""From where a transition may start. From capturing to cancelled only because Stripe says that the
payment is cancelled, never because a buyer or a clock wants it: see `BUYER_CAN_CANCEL`. From capturing
to refunding when money was taken and no ticket can be given for it. From refunded back to refunding when
the bank sends the money back to us."""

PAID = frozenset({OrderStatus.COMPLETED, OrderStatus.REFUNDING, OrderStatus.REFUNDED})
"""The money was taken, whatever became of it afterwards."""

BUYER_CAN_CANCEL = PAYABLE
"""Before the point of no return."""

COOLDOWN_WINDOW = timedelta(days=1)
"""Holds that ended longer ago cost nothing any more."""

LONGEST_COOLDOWN_HOLDS = 8
"""From here on the pause is longer than the window anyway; without it the power would overflow."""

REFUND_SENTENCES = {
    OrderStatus.REFUNDING: "This order is being refunded: your money is on its way back.",
    OrderStatus.REFUNDED: "This order was refunded: we sent your money back.",
}
"""For a buyer who pays or cancels too late."""

NOT_CHARGED = "Your card was not charged."


def status_now(status: OrderStatus, *, is_running: bool) -> OrderStatus:
    """Where the order stands for its buyer: expired from its deadline on, closed already or not."""
    return OrderStatus.EXPIRED if status in PAYABLE and not is_running else status


class Sale(NamedTuple):
    """A listing that was sold: its seller, its buyer, and the state of its order."""

    order_id: UUID
    status: OrderStatus
    is_disputed: bool
    buyer_id: UUID
    seller_id: UUID


def keeper_of(sales: Sequence[Sale]) -> UUID | None:
    """Return the owner of a seat once all refunds under way are done; `sales` are newest first.

    A refunded sale gives the seat back to the sale before it, and the first one to its seller. A
    disputed seat has no owner: the bank may take the money of its buyer back at any time.
    """
    for sale in sales:
        if sale.status is OrderStatus.COMPLETED:
            return None if sale.is_disputed else sale.buyer_id
    return sales[-1].seller_id if sales else None


def owner_of(sales: Sequence[Sale]) -> UUID | None:
    """Return who may list the seat again; `sales` are newest first.

    None while money is on its way back: until the bank has it, it may come back to us.
    """
    ended = takewhile(lambda sale: sale.status is not OrderStatus.COMPLETED, sales)
    is_settled = all(sale.status is OrderStatus.REFUNDED for sale in ended)
    return keeper_of(sales) if is_settled else None


def unowned_sales(sales: Sequence[Sale]) -> list[Sale]:
    """Return the paid sales by sellers whose own purchase is refunded or disputed.

    Such a seller has the money of both sales.
    """
    return [
        sale
        for nth, sale in enumerate(sales[:-1], start=1)
        if sale.status is OrderStatus.COMPLETED and keeper_of(sales[nth:]) != sale.seller_id
    ]


def can_pay(status: OrderStatus) -> bool:
    """Whether a payment may still be opened, the time allowing."""
    return status in PAYABLE


def grace_until(
    expires_at: datetime, now: datetime, grace_seconds: float, *, is_grace_used: bool
) -> datetime | None:
    """The new end of a hold while a card is checked; none when the time left is enough or grace is used."""
    extended = now + timedelta(seconds=grace_seconds)
    return extended if not is_grace_used and extended > expires_at else None


class SeenOffer(NamedTuple):
    """The offer that a buyer agreed to; a part that is None is not compared."""

    version: int | None = None
    price_cents: int | None = None

    def is_of(self, *, version: int, price_cents: int) -> bool:
        """Whether the ticket with these is the offer that was seen."""
        return self.version in {None, version} and self.price_cents in {None, price_cents}


ANY_OFFER = SeenOffer()


def cooldown_seconds(kept_seconds: float, *, hold_seconds: float, base_seconds: float) -> float:
    """The pause before a ticket can be held again that was kept in vain for so long.

    It depends on the total alone, so that many short holds cost as much as one long hold. The hold
    statement computes the same in SQL.
    """
    holds = min(kept_seconds / hold_seconds, LONGEST_COOLDOWN_HOLDS)
    return base_seconds / 3 * (4**holds - 1)
