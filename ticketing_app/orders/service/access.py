"""Read, lock and record an order. Called inside a transaction.

Every transition locks the rows of all tickets first and the order row second (by its conditional UPDATE).
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TypeVar
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.errors import AppError
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import OrderEvent, TicketVersion
from ticketing_app.orders.models import Order, OrderItem
from ticketing_app.orders.repository import orders as repository
from ticketing_app.orders.repository.orders import OrderWithItems
from ticketing_app.orders.rules import OrderStatus, status_now
from ticketing_app.orders.schemas import ItemTicket, OrderItemRead, OrderRead, OrderTicket
from ticketing_app.tickets.schemas.leases import SeatName, TicketLease
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


async def get_with_items(session: AsyncSession, order_id: UUID) -> OrderWithItems:
    found = await repository.get_with_items(session, order_id)
    if found is None:
        raise OrderNotFoundError
    return found


async def lock(
    session: AsyncSession, order_id: UUID, *, buyer_id: UUID | None = None
) -> OrderWithItems:
    """Lock the tickets of the order, then read it: its status cannot change any more."""
    await lock_tickets(session, order_id, buyer_id=buyer_id)
    return await get_with_items(session, order_id)


async def lock_tickets(
    session: AsyncSession, order_id: UUID, *, buyer_id: UUID | None = None
) -> None:
    """Lock the tickets of the order; `buyer_id` as in `get`."""
    found = await repository.get_ordered_tickets(session, order_id)
    if found is None or (buyer_id is not None and found.buyer_id != buyer_id):
        raise OrderNotFoundError
    await leases.lock_seats(session, ticket_ids=found.ticket_ids)


async def get_status(session: AsyncSession, order_id: UUID) -> OrderStatus:
    return OrderStatus((await get(session, order_id)).status)


def record(
    session: AsyncSession,
    kind: type[OrderEvent],
    order: Order,
    items: Sequence[OrderItem],
    *,
    leases: Sequence[TicketLease] = (),
    seller_id: UUID | None = None,
) -> None:
    """Record the change as an event and in the order's history; arguments as of `to_event`."""
    ticket_ids = [item.ticket_id for item in items]
    event = to_event(kind, order, ticket_ids, leases=leases, seller_id=seller_id)
    outbox.record(session, event)
    repository.add_step(session, order)


EventKind = TypeVar("EventKind", bound=OrderEvent)


def to_event(
    kind: type[EventKind],
    order: Order,
    ticket_ids: Sequence[UUID],
    *,
    leases: Sequence[TicketLease] = (),
    seller_id: UUID | None = None,
) -> EventKind:
    """Return the event of a change; `leases` are the changed ones of its tickets.

    `seller_id` is needed if no ticket changed.
    """
    versions = {lease.id: lease.version for lease in leases}
    tickets = [TicketVersion(id=each, version=versions.get(each)) for each in ticket_ids]
    return kind(
        order_id=order.id,
        order_version=order.version,
        status=order.status,
        buyer_id=order.buyer_id,
        price_cents=order.price_cents,
        currency=order.currency,
        expires_at=order.expires_at,
        ticket_id=tickets[0].id,
        ticket_version=tickets[0].version,
        tickets=tickets,
        locked_until=leases[0].locked_until if leases else None,
        seller_id=leases[0].seller_id if leases else seller_id,
        event_id=leases[0].event_id if leases else None,
        listing_id=order.listing_id,
    )


async def read(session: AsyncSession, found: OrderWithItems, *, is_running: bool) -> OrderRead:
    """Return the order for its buyer: over from its deadline on, even if it is not closed yet."""
    seats = await leases.list_seat_names(session, ticket_ids=found.ticket_ids)
    return to_read(found, seats, is_running=is_running)


def to_read(
    found: OrderWithItems, seats: Mapping[UUID, SeatName], *, is_running: bool
) -> OrderRead:
    order = found.order
    items = [
        OrderItemRead(
            ticket=ItemTicket(
                id=item.ticket_id,
                title=order.title,
                price_cents=item.price_cents,
                **seats[item.ticket_id].model_dump(),
            ),
            refunded_at=item.refunded_at,
        )
        for item in found.items
    ]
    return OrderRead(
        status=status_now(OrderStatus(order.status), is_running=is_running),
        ticket=OrderTicket.model_validate(items[0].ticket.model_dump()),
        quantity=len(items),
        items=items,
        **order.model_dump(
            include={
                "id",
                "buyer_id",
                "expires_at",
                "price_cents",
                "currency",
                "created_at",
                "listing_id",
            }
        ),
    )
