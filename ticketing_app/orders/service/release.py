"""Release the tickets of an order: its buyer cancels, the time is over, or the payment failed for good."""

import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from uuid import UUID

from prometheus_client import Counter
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import metrics
from ticketing_app.core.errors import AppError
from ticketing_app.core.logging import get_logger
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import OrderCancelled, OrderEvent, OrderExpired
from ticketing_app.orders import rules
from ticketing_app.orders.models import Order
from ticketing_app.orders.repository import orders as repository
from ticketing_app.orders.repository.orders import OrderWithItems
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.service import access
from ticketing_app.tickets.rules import TicketStatus
from ticketing_app.tickets.schemas.leases import TicketLease
from ticketing_app.tickets.service import lease as leases

log = get_logger()

HOLDS_ENDED = Counter(
    "gittix_holds_ended_total",
    "Holds that ended without a sale: expired or cancelled.",
    ["how"],
)
metrics.start_at_zero(HOLDS_ENDED, [OrderStatus.EXPIRED, OrderStatus.CANCELLED])


class OrderNotCancellableError(AppError):
    status = HTTPStatus.CONFLICT

    def __init__(self, status: OrderStatus) -> None:
        super().__init__(
            rules.REFUND_SENTENCES.get(
                status, "This order is paid or being paid, so it cannot be cancelled."
            )
        )


async def cancel_order(session: AsyncSession, *, buyer_id: UUID, order_id: UUID) -> None:
    """Cancel an order: its tickets are available at once. An ended order stays as it is."""
    found = await access.lock(session, order_id, buyer_id=buyer_id)
    cancelled = await _end(session, found, OrderStatus.CANCELLED, rules.BUYER_CAN_CANCEL)
    if not cancelled and found.order.status not in rules.ENDED_UNPAID:
        raise OrderNotCancellableError(OrderStatus(found.order.status))


async def expire_due_orders(session: AsyncSession, *, limit: int) -> int:
    """Close up to `limit` orders past their deadline and release their tickets; return the number."""
    # An order with a locked ticket is left to the transaction that holds the lock, or to the next run:
    # its lease is over anyway. So several workers may run this concurrently.
    due = await repository.list_due(session, limit)
    if not due:
        return 0
    due_ids = [each for ticket_ids in due.values() for each in ticket_ids]
    locked = await leases.lock_free(session, ticket_ids=due_ids)
    ready = [order_id for order_id, ticket_ids in due.items() if locked.issuperset(ticket_ids)]
    expired = await repository.expire(session, ready)
    released = await leases.release_all(
        session,
        ticket_ids=[each for order in expired for each in due[order.id]],
        order_ids=[order.id for order in expired],
    )
    await _record_all(session, expired, due, released)
    metrics.count_after_commit(session, HOLDS_ENDED.labels(OrderStatus.EXPIRED), len(expired))
    return len(expired)


async def close_lapsed(session: AsyncSession, *, ticket_id: UUID) -> None:
    """Close a lapsed, still open order of this ticket of a listing."""
    order_id = await leases.get_lapsed_order_id(session, ticket_id=ticket_id)
    if order_id is None:
        return
    found = await access.lock(session, order_id)
    if found.order.expires_at <= await repository.get_database_time(session):
        await _end(session, found, OrderStatus.EXPIRED, rules.PAYABLE)


async def get_seconds_to_next_expiry(session: AsyncSession) -> float:
    """Return the time to the next deadline of an open order: negative if it is over, infinite without any."""
    left = await repository.measure_next(session)
    return math.inf if left is None else left.total_seconds()


async def get_expiry_lag_seconds(session: AsyncSession) -> float:
    """Return the age in seconds of the oldest lapsed, still open order; 0 without any."""
    # Affects only the pages: the hold itself compares with the database clock.
    age = await repository.measure_due(session)
    return age.total_seconds() if age else 0.0


async def cancel_unpaid(
    session: AsyncSession,
    *,
    order_id: UUID,
    is_void_at_stripe: bool = False,
    is_excused: bool = False,
) -> OrderStatus:
    """Cancel an order after its payment failed for good; return its present status.

    `is_void_at_stripe`: Stripe reports the payment as cancelled; only then may an order that is capturing
    be cancelled.
    `is_excused`: not caused by the buyer, so there is no cool-down.
    """
    found = await access.lock(session, order_id)
    sources = rules.SOURCES[OrderStatus.CANCELLED] if is_void_at_stripe else rules.PAYABLE
    await _end(session, found, OrderStatus.CANCELLED, sources, is_excused=is_excused)
    return await access.get_status(session, order_id)


async def _end(
    session: AsyncSession,
    found: OrderWithItems,
    to: OrderStatus,
    sources: frozenset[OrderStatus],
    *,
    is_excused: bool = False,
) -> bool:
    """Close the order and release its own leases, never another order's; false if it was not open."""
    order = found.order
    if order.status not in sources:
        return False
    end: dict[str, object] = {"ended_at": order.expires_at, "is_excused": is_excused}
    if to is OrderStatus.CANCELLED:
        now = await repository.get_database_time(session)
        is_running = order.expires_at > now
        # An order past its deadline is recorded as expired even if it is being cancelled: its buyer has
        # already seen it expire.
        if (
            rules.status_now(OrderStatus(order.status), is_running=is_running)
            is OrderStatus.EXPIRED
        ):
            to = OrderStatus.EXPIRED
        end["ended_at"] = min(order.expires_at, now)
    ended = await repository.transition(session, order_id=order.id, to=to, values=end)
    released = await leases.release(session, ticket_ids=found.ticket_ids, order_id=order.id)
    kind = OrderExpired if to is OrderStatus.EXPIRED else OrderCancelled
    _record(session, kind, OrderWithItems(ended, found.items), released)
    metrics.count_after_commit(session, HOLDS_ENDED.labels(to))
    return True


def _record(
    session: AsyncSession,
    kind: type[OrderEvent],
    ended: OrderWithItems,
    released: Sequence[TicketLease],
) -> None:
    order = ended.order
    access.record(session, kind, order, ended.items, leases=_available(released))
    log.info("order.ended", order_id=str(order.id), status=order.status)


async def _record_all(
    session: AsyncSession,
    expired: Sequence[Order],
    tickets: Mapping[UUID, Sequence[UUID]],
    released: Mapping[UUID, TicketLease],
) -> None:
    events = list[OrderExpired]()
    for order in expired:
        own = [released[each] for each in tickets[order.id] if each in released]
        event = access.to_event(OrderExpired, order, tickets[order.id], leases=_available(own))
        events.append(event)
    order_ids = [order.id for order in expired]
    await outbox.record_all(session, events)
    await repository.add_steps(session, order_ids)
    log.info("orders.expired", order_ids=[str(each) for each in order_ids])


def _available(released: Sequence[TicketLease]) -> list[TicketLease]:
    # One that was withdrawn or paused meanwhile must not be published as available.
    return [lease for lease in released if lease.status is TicketStatus.FOR_SALE]
