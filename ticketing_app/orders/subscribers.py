"""Reactions of orders to domain events."""

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import EventCancelled
from ticketing_app.orders.service import event_cancellation

BATCH = 100


async def on_event_cancelled(session: AsyncSession, event: EventCancelled) -> None:
    """Withdraw a batch of tickets; the event is recorded again while there may be more."""
    if await event_cancellation.cancel_batch(session, event_id=event.event_id, limit=BATCH):
        outbox.record(session, event)
