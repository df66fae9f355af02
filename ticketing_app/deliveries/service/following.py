"""A delivery follows the refund of its order."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.deliveries import repository
from ticketing_app.deliveries.rules import Transition
from ticketing_app.deliveries.service import moves
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.service import order_payment


async def follow_refund(session: AsyncSession, *, order_id: UUID) -> None:
    """Void the delivery of an order without a ticket left.

    Orders have followed the refund before: they return the files. The caller has locked the tickets.
    """
    found = await repository.get_by_order(session, order_id)
    if found is None:
        return
    order = await order_payment.get_payable(session, order_id=order_id)
    if order.status is not OrderStatus.COMPLETED:
        await moves.move(session, delivery_id=found.delivery.id, name=Transition.VOID)
