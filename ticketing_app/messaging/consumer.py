"""Delivers events to subscribers: at least once by the relay, effective once by the inbox."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from ticketing_app.core import db, redis
from ticketing_app.core.logging import get_logger, start_context
from ticketing_app.messaging import bus, inbox
from ticketing_app.messaging.bus import Envelope
from ticketing_app.messaging.inbox import Handler, Subscriptions

HANDLER_SECONDS = 30
RETRY_BATCH = 20

log = get_logger()


@dataclass(frozen=True)
class Consumer:
    """Runs the handlers; polls for due retries every `poll_seconds`."""

    subscriptions: Subscriptions
    poll_seconds: float = 1.0
    first_retry_seconds: float = inbox.FIRST_RETRY_SECONDS

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(bus.run_forever("consumer", self._consume_stream))
            tasks.create_task(bus.run_forever("consumer.retries", self._retry_failures))

    async def _consume_stream(self) -> NoReturn:
        # If PostgreSQL fails or this process ends, fetched events stay unacknowledged and the relay
        # sends them again.
        by_event = {event.__name__: handlers for event, handlers in self.subscriptions.items()}
        async with redis.blocking_client() as connection:
            while True:
                for envelope in await bus.fetch(connection):
                    if handlers := by_event.get(envelope.name):
                        await self.handle(handlers, envelope)

    async def _retry_failures(self) -> NoReturn:
        handlers = {inbox.subscriber_name(h): h for hs in self.subscriptions.values() for h in hs}
        while True:
            async with db.transaction() as session:
                due = await inbox.list_due(session, subscribers=list(handlers), limit=RETRY_BATCH)
            for subscriber, row in due:
                await self.handle([handlers[subscriber]], Envelope.model_validate(row))
            if not due:
                await asyncio.sleep(self.poll_seconds)

    async def handle(self, handlers: Sequence[Handler], envelope: Envelope) -> None:
        """Run the handlers in one transaction. If one of them fails, each runs in its own instead.

        A failure is recorded in another transaction.
        """
        start_context(envelope.correlation_id or str(envelope.id))
        try:
            await _run(handlers, envelope)
        except Exception as error:
            if len(handlers) > 1:
                log.warning("event.split", event_id=str(envelope.id), error=repr(error))
                for handler in handlers:
                    await self.handle([handler], envelope)
                return
            subscriber = inbox.subscriber_name(handlers[0])
            log.exception("event.failed", subscriber=subscriber, event_id=str(envelope.id))
            async with db.transaction() as session:
                await inbox.record_failure(
                    session,
                    subscriber=subscriber,
                    event_id=envelope.id,
                    error=repr(error),
                    first_retry_seconds=self.first_retry_seconds,
                )


async def _run(handlers: Sequence[Handler], envelope: Envelope) -> None:
    by_name = {inbox.subscriber_name(handler): handler for handler in handlers}
    async with asyncio.timeout(HANDLER_SECONDS), db.transaction() as session:
        claimed = await inbox.claim(session, subscribers=by_name, event_id=envelope.id)
        for name, handler in by_name.items():
            if name in claimed:
                await handler(session, envelope.event)
