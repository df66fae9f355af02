from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.events.rules import EventStatus
from ticketing_app.events.service import events
from ticketing_app.tickets.repository import event_orders as repository


async def is_event_cancelled(session: AsyncSession, *, ticket_id: UUID) -> bool:
    event_id = await repository.get_event_id(session, ticket_id)
    if event_id is None:
        return False
    event = await events.get_event(session, event_id=event_id)
    return event.status is EventStatus.CANCELLED


async def list_order_ids(session: AsyncSession, *, event_id: UUID) -> list[UUID]:
    """Return the orders that hold or bought tickets of the event, that of the newest ticket first."""
    # Some tickets of a merged event may not have moved to the other event yet.
    event = await events.get_event(session, event_id=event_id)
    return await repository.list_order_ids(session, {event_id, event.id})


async def list_orders_before_merge(session: AsyncSession, *, event_id: UUID) -> list[UUID]:
    """Return as `list_order_ids`, but without the orders of the event that it was merged into."""
    return await repository.list_order_ids(session, {event_id})


async def list_seller_ids(session: AsyncSession, *, event_id: UUID) -> list[UUID]:
    """Return who listed tickets of the event, in any status."""
    event = await events.get_event(session, event_id=event_id)
    return await repository.list_seller_ids(session, {event_id, event.id})
