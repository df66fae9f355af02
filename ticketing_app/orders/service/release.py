"""Release a ticket: its buyer cancels, the time is over, or the payment failed for good."""

from http import HTTPStatus
from uuid import UUID

from prometheus_client import Counter
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import metrics
from ticketing_app.core.errors import AppError
from ticketing_app.core.logging import get_logger
from ticketing_app.messaging.catalog import OrderCancelled, OrderExpired
from ticketing_app.orders import repository, rules
from ticketing_app.orders.models import Order
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.service import access
from ticketing_app.tickets.rules import TicketStatus
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
    """Cancel an order: its ticket is available at once. An ended order stays as it is."""
    order = await access.lock(session, order_id, buyer_id=buyer_id)
    cancelled = await _end(session, order, OrderStatus.CANCELLED, rules.BUYER_CAN_CANCEL)
    if not cancelled and order.status not in rules.ENDED_UNPAID:
        raise OrderNotCancellableError(OrderStatus(order.status))


async def expire_due_orders(session: AsyncSession, *, limit: int) -> int:
    """Close up to `limit` orders past their deadline and release their tickets; return the number."""
    # Locks the tickets first and skips locked ones, so several workers may run this concurrently.
    order_ids = await leases.lock_lapsed(session, limit=limit)
    due = await repository.get_by_ids(session, order_ids)
    return sum([await _end(session, order, OrderStatus.EXPIRED, rules.PAYABLE) for order in due])


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
    order = await access.lock(session, order_id)
    sources = rules.SOURCES[OrderStatus.CANCELLED] if is_void_at_stripe else rules.PAYABLE
    await _end(session, order, OrderStatus.CANCELLED, sources, is_excused=is_excused)
    return await access.get_status(session, order_id)


async def _end(
    session: AsyncSession,
    order: Order,
    to: OrderStatus,
    sources: frozenset[OrderStatus],
    *,
    is_excused: bool = False,
) -> bool:
    """Close the order and release its own lease, never another order's; false if it was not open."""
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
    lease = await leases.release(session, ticket_id=order.ticket_id, order_id=order.id)
    if lease and lease.status is not TicketStatus.FOR_SALE:
        lease = None  # Withdrawn meanwhile: must not be published as available.
    kind = OrderExpired if to is OrderStatus.EXPIRED else OrderCancelled
    access.record(session, kind, ended, lease)
    metrics.count_after_commit(session, HOLDS_ENDED.labels(to))
    log.info("order.ended", order_id=str(order.id), status=to)
    return True
