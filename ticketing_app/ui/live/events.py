"""Messages about events: changes of their tickets, and summaries.

Domain events of tickets do not name their event. The tickets that changed are collected, and each process
reads their events once per batch, however many pages show them.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from ticketing_app.core.logging import get_logger
from ticketing_app.tickets.schemas.listings import EventOffers
from ticketing_app.tickets.service import offers
from ticketing_app.ui import transactions
from ticketing_app.ui.live import channels
from ticketing_app.ui.live.messages import Facts, merge

log = get_logger()

Send = Callable[[str, Facts], Awaitable[None]]

PAUSE_SECONDS = 0.25

# Facts of tickets since the last batch, by ticket.
_changed: dict[str, Facts] = {}
_batches: set[asyncio.Task[None]] = set()


def collect(facts: Facts, send: Send) -> None:
    """Send the facts to the pages of the ticket's event, and the summary of that event."""
    merge(_changed, facts)
    if not _batches:
        batch = asyncio.create_task(_send_batches(send))
        _batches.add(batch)
        batch.add_done_callback(_batches.discard)


async def _send_batches(send: Send) -> None:
    while _changed:
        batch = list(_changed.values())
        _changed.clear()
        try:
            await _send_batch(batch, send)
        except Exception:
            log.exception("live.summary_failed")
            for facts in batch:
                merge(_changed, facts)
        await asyncio.sleep(PAUSE_SECONDS)


async def _send_batch(batch: Sequence[Facts], send: Send) -> None:
    at = round(time.time() * 1000)
    ticket_ids = [UUID(facts["ticket"]) for facts in batch]
    event_ids, summaries = await transactions.in_transaction(_read, ticket_ids=ticket_ids)
    for facts in batch:
        if event_id := event_ids.get(UUID(facts["ticket"])):
            await send(channels.event_channel(event_id), facts)
    for event_id in set(event_ids.values()):
        facts = _summary(event_id, summaries.get(event_id), at)
        await send(channels.event_channel(event_id), facts)
        await send(channels.EVENTS, facts)


async def _read(
    session: transactions.Session, *, ticket_ids: Sequence[UUID]
) -> tuple[dict[UUID, UUID], dict[UUID, EventOffers]]:
    event_ids = await offers.list_event_ids(session, ticket_ids=ticket_ids)
    if not event_ids:
        return {}, {}
    return event_ids, await offers.summarize_events(
        session, event_ids=list(set(event_ids.values()))
    )


def _summary(event_id: UUID, found: EventOffers | None, at: int) -> Facts:
    left = found.available if found else 0
    cents = found.from_cents if found and left else None
    return {"event": str(event_id), "left": left, "cents": cents, "at": at}
