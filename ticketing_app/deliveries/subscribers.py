"""Reactions of deliveries to domain events."""

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.deliveries.service import deadlines
from ticketing_app.messaging.catalog import EventChanged


async def on_event_changed(session: AsyncSession, event: EventChanged) -> None:
    if event.old_starts_at:
        await deadlines.follow_event(session, event_id=event.event_id, starts_at=event.starts_at)
