from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.orders.service import order_payment
from ticketing_app.payments import repository, rules
from ticketing_app.payments.schemas import DeclineRead


async def list_declines(
    session: AsyncSession, *, buyer_id: UUID, order_id: UUID
) -> list[DeclineRead]:
    """Return the declined cards of the buyer's order, oldest first."""
    await order_payment.get_payable(session, order_id=order_id, buyer_id=buyer_id)
    return [
        DeclineRead(at=decline.created_at, message=rules.decline_sentence(decline.code))
        for decline in await repository.list_declines(session, order_id)
    ]
