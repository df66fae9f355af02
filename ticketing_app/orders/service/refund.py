"""Refunds of paid orders and of single items: called by payments, in its transactions."""

from collections.abc import Collection
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.logging import get_logger
from ticketing_app.messaging.catalog import OrderUpdated
from ticketing_app.orders import rules
from ticketing_app.orders.models import Order, OrderItem
from ticketing_app.orders.repository import orders as repository
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.service import access, gifts, ownership
from ticketing_app.tickets.service import tickets

log = get_logger()


async def list_unrefunded(session: AsyncSession, *, order_ids: list[UUID]) -> list[UUID]:
    """Return those of these orders that are paid, or may still be, with an item to refund."""
    found = await repository.list_unrefunded(session, order_ids)
    return [order_id for order_id in order_ids if order_id in found]


async def follow_refund(
    session: AsyncSession,
    *,
    order_id: UUID,
    to: OrderStatus,
    ticket_ids: Collection[UUID] | None = None,
) -> OrderStatus:
    """Move items of a paid order, all by default, to refunding or refunded; ignore any other order.

    The order follows when all its items are there. The tickets stay sold; listings of their seats by former
    owners end, and their files go back.
    """
    order, items = await access.lock(session, order_id)
    status = OrderStatus(order.status)
    if status not in rules.PAID:
        return status
    moved = [
        item.ticket_id
        for item in items
        if (ticket_ids is None or item.ticket_id in ticket_ids) and _may_move(item, to)
    ]
    if not moved:
        return status
    items = await _move_items(session, order_id, moved, to)
    target = rules.refund_status(
        status,
        is_requested=all(item.refund_requested_at for item in items),
        is_refunded=all(item.refunded_at for item in items),
    )
    await ownership.end_unowned_listings(session, ticket_ids=moved)
    await ownership.return_files(session, ticket_ids=moved)
    await gifts.withdraw_lost(session, ticket_ids=moved)
    # An order without an available ticket is refunding before its items.
    if target is status is to:
        return status
    order = await _change(session, order, target)
    ticket = await tickets.get_ticket(session, ticket_id=moved[0])
    access.record(session, OrderUpdated, order, items, seller_id=ticket.seller_id)
    log.info("order.refund", order_id=str(order_id), status=target, to=to, items=len(moved))
    return target


def _may_move(item: OrderItem, to: OrderStatus) -> bool:
    if to is OrderStatus.REFUNDED:
        return item.refunded_at is None
    # Also after the bank sent the money back.
    return item.refund_requested_at is None or item.refunded_at is not None


async def _move_items(
    session: AsyncSession, order_id: UUID, ticket_ids: list[UUID], to: OrderStatus
) -> list[OrderItem]:
    await repository.move_items(
        session, order_id, ticket_ids, is_refunded=to is OrderStatus.REFUNDED
    )
    return await repository.list_items(session, [order_id])


async def _change(session: AsyncSession, order: Order, to: OrderStatus) -> Order:
    if order.status == to:
        return await repository.add_version(session, order.id)
    return await repository.transition(session, order_id=order.id, to=to)
