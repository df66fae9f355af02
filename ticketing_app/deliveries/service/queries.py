from http import HTTPStatus
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.errors import AppError
from ticketing_app.deliveries import repository
from ticketing_app.deliveries.repository import DeliveryNow
from ticketing_app.deliveries.rules import DeliveryStatus, status_now
from ticketing_app.deliveries.schemas import DeliveryRead, DeliveryStepRead


class DeliveryNotFoundError(AppError):
    # Also for a delivery between other people: its existence must not be revealed.
    status = HTTPStatus.NOT_FOUND
    message = "We could not find this delivery among yours."


async def get_delivery(session: AsyncSession, *, order_id: UUID, viewer_id: UUID) -> DeliveryRead:
    """Return the delivery of an order to its buyer or its seller."""
    return await _read(session, await repository.get_by_order(session, order_id), viewer_id)


async def get_by_id(session: AsyncSession, *, delivery_id: UUID, viewer_id: UUID) -> DeliveryRead:
    return await _read(session, await repository.get_delivery(session, delivery_id), viewer_id)


async def _read(session: AsyncSession, found: DeliveryNow | None, viewer_id: UUID) -> DeliveryRead:
    if found is None or viewer_id not in {found.delivery.buyer_id, found.delivery.seller_id}:
        raise DeliveryNotFoundError
    delivery = found.delivery
    steps = await repository.list_steps(session, delivery.id)
    status = status_now(DeliveryStatus(delivery.status), is_running=found.is_running)
    return DeliveryRead(
        **delivery.model_dump(exclude={"status", "version", "created_at"}),
        status=status,
        steps=[DeliveryStepRead.model_validate(step.model_dump()) for step in steps],
    )
