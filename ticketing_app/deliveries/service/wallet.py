"""Deliveries of a buyer's orders, for the list of them."""

from collections.abc import Collection
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.deliveries import repository
from ticketing_app.deliveries.rules import DeliveryStatus, status_now
from ticketing_app.deliveries.schemas import Arrival


async def list_arrivals(
    session: AsyncSession, *, buyer_id: UUID, order_ids: Collection[UUID]
) -> dict[UUID, Arrival]:
    """Return how far the tickets of the buyer's own orders are, by order."""
    return {
        delivery.order_id: Arrival(
            **delivery.model_dump(include={"method", "due_at", "opened_at"}),
            status=status_now(DeliveryStatus(delivery.status), is_running=is_running),
        )
        for delivery, is_running in await repository.list_by_orders(session, order_ids)
        if delivery.buyer_id == buyer_id
    }


async def list_used(session: AsyncSession, *, ticket_ids: Collection[UUID]) -> set[UUID]:
    """Return those of these tickets with which somebody went in."""
    return await repository.list_used(session, ticket_ids)
