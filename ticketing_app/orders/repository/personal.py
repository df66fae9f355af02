"""SQL of all orders of a person."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.orders.models import Order, OrderItem
from ticketing_app.orders.rules import PAYABLE, OrderStatus


async def has_hold(session: AsyncSession, buyer_id: UUID) -> bool:
    """Whether the buyer holds tickets that are not paid."""
    query = select(Order.id).where(
        Order.buyer_id == buyer_id,
        col(Order.status).in_(PAYABLE),
        col(Order.expires_at) > func.now(),
    )
    return (await session.exec(query.limit(1))).first() is not None


async def is_money_moving(
    session: AsyncSession, buyer_id: UUID, order_ids: Collection[UUID]
) -> bool:
    """Whether money of an order of the buyer, or of one of these, is on its way, or disputed."""
    query = select(Order.id).where(
        or_(col(Order.buyer_id) == buyer_id, col(Order.id).in_(order_ids)),
        or_(
            col(Order.status).in_([OrderStatus.CAPTURING, OrderStatus.REFUNDING]),
            col(Order.is_disputed),
        ),
    )
    return (await session.exec(query.limit(1))).first() is not None


async def list_owned(session: AsyncSession, buyer_id: UUID) -> list[UUID]:
    """Return the tickets that the buyer paid for and whose money does not go back."""
    query = (
        select(OrderItem.ticket_id)
        .join(Order, col(Order.id) == OrderItem.order_id)
        .where(
            Order.buyer_id == buyer_id,
            Order.status == OrderStatus.COMPLETED,
            col(OrderItem.refund_requested_at).is_(None),
        )
    )
    return list((await session.exec(query)).all())
