"""Delivers domain events to their subscribers as the consumer does, without relay and stream."""

from uuid import UUID

from sqlmodel import col, select

from ticketing_app.core import db
from ticketing_app.messaging.bus import Envelope
from ticketing_app.messaging.consumer import Consumer
from ticketing_app.messaging.inbox import InboxEntry
from ticketing_app.messaging.outbox import OutboxMessage
from ticketing_app.subscriptions import SUBSCRIPTIONS

NAMES = ("EventChanged", "EventCancelled")


async def deliver(*names: str) -> int:
    """Handle events with these names, also those that handlers record meanwhile; return their number."""
    consumer = Consumer(SUBSCRIPTIONS)
    by_name = {event.__name__: handlers for event, handlers in SUBSCRIPTIONS.items()}
    seen: set[UUID] = set()
    count = 0
    while new := [
        envelope for envelope in await _recorded(names or NAMES) if envelope.id not in seen
    ]:
        for envelope in new:
            seen.add(envelope.id)
            count += 1
            for handler in by_name[envelope.name]:
                await consumer.handle([handler], [envelope])
    async with db.transaction() as session:
        failures = await session.exec(
            select(InboxEntry.last_error).where(InboxEntry.status != "done")
        )
        assert failures.all() == []
    return count


async def _recorded(names: tuple[str, ...]) -> list[Envelope]:
    done = select(InboxEntry.event_id).where(InboxEntry.status == "done")
    async with db.transaction() as session:
        rows = await session.exec(
            select(OutboxMessage)
            .where(col(OutboxMessage.name).in_(names), col(OutboxMessage.id).not_in(done))
            .order_by(col(OutboxMessage.position))
        )
        return [Envelope.model_validate(row) for row in rows.all()]
