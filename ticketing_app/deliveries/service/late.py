"""The choice of the buyer of late tickets: to wait once more, or to get the money back."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.deliveries.repository import DeliveryNow
from ticketing_app.deliveries.rules import FINAL, DeliveryStatus, Transition
from ticketing_app.deliveries.service import deadlines, moves, sides
from ticketing_app.deliveries.service.sides import DeliveryConflictError

WAITED = "You gave the seller more time once. Now you can take your money back."
OVER = "The time to choose is over: your money goes back to your card."
NOT_LATE = "These tickets are not late."


async def wait(session: AsyncSession, *, delivery_id: UUID, buyer_id: UUID) -> None:
    """Give the seller more time, once.

    Raises:
        DeliveryConflictError: the delivery is not late, or the buyer waited before.
    """
    found = await _get_late(session, delivery_id, buyer_id)
    due_at = await deadlines.second_due_at(session, order_id=found.delivery.order_id)
    is_moved = await moves.move(
        session, delivery_id=delivery_id, name=Transition.WAIT, by=buyer_id, due_at=due_at
    )
    if not is_moved:
        raise await _refusal(session, found)


async def give_up(session: AsyncSession, *, delivery_id: UUID, buyer_id: UUID) -> None:
    """End a late delivery: its event makes payments give the money back.

    Raises:
        DeliveryConflictError: the delivery is not late.
    """
    found = await _get_late(session, delivery_id, buyer_id)
    is_moved = await moves.move(
        session, delivery_id=delivery_id, name=Transition.GIVE_UP, by=buyer_id
    )
    if not is_moved:
        raise await _refusal(session, found)


async def _get_late(session: AsyncSession, delivery_id: UUID, buyer_id: UUID) -> DeliveryNow:
    found = await sides.get_own(session, delivery_id=delivery_id, caller_id=buyer_id, side="buyer")
    # People see it late from the deadline on, before a worker has recorded it.
    if found.delivery.status != DeliveryStatus.LATE:
        await deadlines.record_lateness(session, found)
    return found


async def _refusal(session: AsyncSession, found: DeliveryNow) -> DeliveryConflictError:
    status = await sides.get_status(session, found.delivery.id)
    if status in FINAL:
        return DeliveryConflictError(OVER)
    is_late = status is DeliveryStatus.LATE
    return DeliveryConflictError(WAITED if is_late else NOT_LATE)
