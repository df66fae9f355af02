"""Begin of a delivery, in the transaction that completes its order."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.deliveries import repository
from ticketing_app.deliveries.models import Delivery
from ticketing_app.deliveries.rules import DeliveryStatus, Transition
from ticketing_app.deliveries.service import moves
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.service import summary


async def begin(session: AsyncSession, *, order_id: UUID) -> None:
    """Begin the delivery of a completed order, once; ignore any other order.

    The caller has locked the tickets of the order.
    """
    order = await summary.get_summary(session, order_id=order_id)
    if order.status is not OrderStatus.COMPLETED:
        return
    delivery = Delivery(
        order_id=order.id,
        seller_id=order.seller_id,
        buyer_id=order.buyer_id,
        status=DeliveryStatus.WAITING,
    )
    if await repository.add(session, delivery):
        moves.record(session, delivery, Transition.BEGIN)
