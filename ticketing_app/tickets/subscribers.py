"""Reactions of tickets to domain events."""

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import EventChanged
from ticketing_app.tickets.service import event_changes

BATCH = 100


async def on_event_changed(session: AsyncSession, event: EventChanged) -> None:
    """Let a batch of tickets follow; the event is recorded again while there may be more."""
    if await event_changes.follow_event(session, event_id=event.event_id, limit=BATCH):
        outbox.record(session, event)
