"""Read, lock and record an order. Called inside a transaction.

Every transition locks the ticket row first and the order row second (by its conditional UPDATE).
"""

from http import HTTPStatus
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.errors import AppError
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import OrderEvent
from ticketing_app.orders import repository
from ticketing_app.orders.models import Order
from ticketing_app.orders.rules import OrderStatus, status_now
from ticketing_app.orders.schemas import OrderRead, OrderTicket
from ticketing_app.tickets.schemas import TicketLease
from ticketing_app.tickets.service import lease as leases


class OrderNotFoundError(AppError):
    # Also for an order of another buyer: its existence must not be revealed.
    status = HTTPStatus.NOT_FOUND
    message = "We could not find this order among yours."


async def get(session: AsyncSession, order_id: UUID, *, buyer_id: UUID | None = None) -> Order:
    """Return the order; `buyer_id` restricts it to that buyer's orders."""
    order = await repository.get_order(session, order_id)
    if order is None or (buyer_id is not None and order.buyer_id != buyer_id):
        raise OrderNotFoundError
    return order


async def lock(session: AsyncSession, order_id: UUID, *, buyer_id: UUID | None = None) -> Order:
    """Lock the seat of the order, then read the order: its status cannot change any more."""
    order = await get(session, order_id, buyer_id=buyer_id)
    await leases.lock_seat(session, ticket_id=order.ticket_id)
    return await get(session, order_id)


async def get_status(session: AsyncSession, order_id: UUID) -> OrderStatus:
    return OrderStatus((await get(session, order_id)).status)


def record(
    session: AsyncSession,
    kind: type[OrderEvent],
    order: Order,
    lease: TicketLease | None,
    seller_id: UUID | None = None,
) -> None:
    """Record the change as an event and in the order's history; `seller_id` is needed without a lease."""
    event = kind(
        order_id=order.id,
        order_version=order.version,
        status=order.status,
        buyer_id=order.buyer_id,
        price_cents=order.price_cents,
        currency=order.currency,
        expires_at=order.expires_at,
        ticket_id=order.ticket_id,
        ticket_version=lease.version if lease else None,
        locked_until=lease.locked_until if lease else None,
        seller_id=lease.seller_id if lease else seller_id,
    )
    outbox.record(session, event)
    repository.add_step(session, order)


def to_read(order: Order, *, is_running: bool = True) -> OrderRead:
    """Return the order for its buyer: over from its deadline on, even if it is not closed yet."""
    return OrderRead(
        status=status_now(OrderStatus(order.status), is_running=is_running),
        ticket=OrderTicket(id=order.ticket_id, title=order.title, price_cents=order.price_cents),
        **order.model_dump(
            include={"id", "buyer_id", "expires_at", "price_cents", "currency", "created_at"}
        ),
    )
