"""All deliveries of a person, for the export. Their rows contain ids only and stay with the orders."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.deliveries import repository
from ticketing_app.deliveries.models import DeliveryStep
from ticketing_app.deliveries.schemas import DeliveryExport, DeliveryStepRead


async def export(session: AsyncSession, *, user_id: UUID) -> list[DeliveryExport]:
    """Return the deliveries to the user and by them, oldest first."""
    deliveries = await repository.list_by_person(session, user_id)
    steps: dict[UUID, list[DeliveryStep]] = {each.id: [] for each in deliveries}
    for step in await repository.list_steps_of(session, steps):
        steps[step.delivery_id].append(step)
    return [
        DeliveryExport(
            **each.model_dump(include=set(DeliveryExport.model_fields)),
            is_buyer=each.buyer_id == user_id,
            steps=[DeliveryStepRead.model_validate(step.model_dump()) for step in steps[each.id]],
        )
        for each in deliveries
    ]
