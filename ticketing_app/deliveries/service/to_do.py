"""Open tasks of a seller."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.deliveries import repository
from ticketing_app.deliveries.rules import DeliveryStatus
from ticketing_app.deliveries.schemas import ToDo
from ticketing_app.deliveries.service import addresses, sides
from ticketing_app.orders.service import summary
from ticketing_app.tickets.rules import DeliveryMethod

MOST = 20


async def list_to_do(session: AsyncSession, *, seller_id: UUID) -> list[ToDo]:
    """Return the deliveries that wait for the seller or for the buyer's choice, the most urgent first."""
    found = await repository.list_promised_by_seller(session, seller_id, limit=MOST)
    open_ones = [each for each in found if sides.shown_status(each) is not DeliveryStatus.FAILED]
    order_ids = [each.delivery.order_id for each in open_ones]
    titles = await summary.list_titles(session, order_ids=order_ids)
    names = await addresses.list_names(session, order_ids=order_ids)
    return [
        ToDo(
            order_id=each.delivery.order_id,
            method=DeliveryMethod(each.delivery.method) if each.delivery.method else None,
            status=sides.shown_status(each),
            due_at=each.delivery.due_at,
            name=names.get(each.delivery.order_id, ""),
            **titles[each.delivery.order_id]._asdict(),
        )
        for each in open_ones
        if each.delivery.due_at
    ]
