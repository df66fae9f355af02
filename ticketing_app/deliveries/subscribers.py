"""Reactions of deliveries to domain events."""

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.deliveries.service import deadlines, freezing, reissue
from ticketing_app.messaging.catalog import (
    DeliveryChanged,
    EventChanged,
    TicketCreated,
    TicketUpdated,
)


async def on_event_changed(session: AsyncSession, event: EventChanged) -> None:
    if event.old_starts_at:
        await deadlines.follow_event(session, event_id=event.event_id, starts_at=event.starts_at)


async def on_ticket_created(session: AsyncSession, event: TicketCreated) -> None:
    await freezing.follow_ticket(session, ticket_id=event.ticket_id)


async def on_ticket_updated(session: AsyncSession, event: TicketUpdated) -> None:
    await freezing.follow_ticket(session, ticket_id=event.ticket_id)


async def on_delivery_changed(session: AsyncSession, event: DeliveryChanged) -> None:
    await reissue.follow_delivery(session, delivery_id=event.delivery_id)
