"""Delivers events to subscribers: at least once by the relay, effective once by the inbox."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, product
from typing import NoReturn

from ticketing_app.core import db, redis
from ticketing_app.core.logging import get_logger, start_context
from ticketing_app.messaging import bus, inbox
from ticketing_app.messaging.bus import Envelope
from ticketing_app.messaging.catalog import OrderCreated, OrderExpired
from ticketing_app.messaging.inbox import Handler, Subscriptions

HANDLER_SECONDS = 30
RETRY_BATCH = 20
# Holds begin and end in bursts. Their handlers lock no ticket or order, and of each order at most its open
# charge, so a transaction of many cannot deadlock with those of requests, which have one order each.
BATCHED = frozenset({OrderCreated.__name__, OrderExpired.__name__})

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
                for _, batch in groupby(await bus.fetch(connection), _batch):
                    envelopes = list(batch)
                    if handlers := by_event.get(envelopes[0].name):
                        await self.handle(handlers, envelopes)

    async def _retry_failures(self) -> NoReturn:
        handlers = {inbox.subscriber_name(h): h for hs in self.subscriptions.values() for h in hs}
        while True:
            async with db.transaction() as session:
                due = await inbox.list_due(session, subscribers=list(handlers), limit=RETRY_BATCH)
            for subscriber, row in due:
                await self.handle([handlers[subscriber]], [Envelope.model_validate(row)])
            if not due:
                await asyncio.sleep(self.poll_seconds)

    async def handle(self, handlers: Sequence[Handler], envelopes: Sequence[Envelope]) -> None:
        """Run the handlers of these events in one transaction, or in one each if one of them fails.

        A failure is recorded in another transaction.
        """
        try:
            await _run(handlers, envelopes)
        except Exception as error:
            if len(handlers) * len(envelopes) > 1:
                log.warning("event.split", event_id=str(envelopes[0].id), error=repr(error))
                for envelope, handler in product(envelopes, handlers):
                    await self.handle([handler], [envelope])
                return
            subscriber = inbox.subscriber_name(handlers[0])
            event_id = envelopes[0].id
            log.exception("event.failed", subscriber=subscriber, event_id=str(event_id))
            async with db.transaction() as session:
                await inbox.record_failure(
                    session,
                    subscriber=subscriber,
                    event_id=event_id,
                    error=repr(error),
                    first_retry_seconds=self.first_retry_seconds,
                )


def _batch(envelope: Envelope) -> object:
    """Return the key of the events that one transaction handles."""
    return envelope.name if envelope.name in BATCHED else envelope.id


async def _run(handlers: Sequence[Handler], envelopes: Sequence[Envelope]) -> None:
    by_name = {inbox.subscriber_name(handler): handler for handler in handlers}
    # By id, as the stream may have an event twice.
    by_id = {envelope.id: envelope for envelope in envelopes}
    async with asyncio.timeout(HANDLER_SECONDS), db.transaction() as session:
        claimed = await inbox.claim(session, subscribers=by_name, event_ids=by_id)
        for (event_id, envelope), (name, handler) in product(by_id.items(), by_name.items()):
            if (event_id, name) in claimed:
                start_context(envelope.correlation_id or str(event_id))
                await handler(session, envelope.event)
