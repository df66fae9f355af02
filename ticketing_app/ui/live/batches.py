"""Messages that need a read: summaries of events, and numbers of unread notices.

Changes are collected: each process reads once per batch, however many pages show it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from ticketing_app.core.logging import get_logger
from ticketing_app.notices.service import reading
from ticketing_app.tickets.schemas.listings import EventOffers
from ticketing_app.tickets.service import offers
from ticketing_app.ui import transactions
from ticketing_app.ui.live import channels
from ticketing_app.ui.live.messages import Facts, Subject

log = get_logger()

Send = Callable[[str, Facts], Awaitable[None]]

PAUSE_SECONDS = 0.25

# Changed since the last batch.
_changed: set[Subject] = set()
_batches: set[asyncio.Task[None]] = set()


def collect(subject: Subject, send: Send) -> None:
    """Send the summary of an event, or the number of unread notices of an account, to their pages."""
    _changed.add(subject)
    # A done task is discarded only after the other callbacks of its step.
    if all(batch.done() for batch in _batches):
        batch = asyncio.create_task(_send_batches(send))
        _batches.add(batch)
        batch.add_done_callback(_batches.discard)


async def _send_batches(send: Send) -> None:
    while _changed:
        batch = list(_changed)
        _changed.clear()
        try:
            await _send_batch(batch, send)
        except Exception:
            log.exception("live.batch_failed")
            _changed.update(batch)
        await asyncio.sleep(PAUSE_SECONDS)


async def _send_batch(batch: Sequence[Subject], send: Send) -> None:
    at = round(time.time() * 1000)
    event_ids = [each for kind, each in batch if kind == "event"]
    # Most accounts have no page in this process: their notices are not counted.
    accounts = [each for kind, each in batch if kind == "account"]
    user_ids = [each for each in accounts if channels.has_page(channels.notices_channel(each))]
    summaries, unread = await transactions.in_transaction(
        _read, event_ids=event_ids, user_ids=user_ids
    )
    for event_id in event_ids:
        facts = _summary(event_id, summaries.get(event_id), at)
        await send(channels.event_channel(event_id), facts)
        await send(channels.EVENTS, facts)
    for user_id in user_ids:
        facts = {"notices": unread.get(user_id, 0), "at": at}
        await send(channels.notices_channel(user_id), facts)


async def _read(
    session: transactions.Session, *, event_ids: Sequence[UUID], user_ids: Sequence[UUID]
) -> tuple[dict[UUID, EventOffers], dict[UUID, int]]:
    summaries = await offers.summarize_events(session, event_ids=event_ids) if event_ids else {}
    unread = await reading.count_unread(session, user_ids=user_ids) if user_ids else {}
    return summaries, unread


def _summary(event_id: UUID, found: EventOffers | None, at: int) -> Facts:
    left = found.available if found else 0
    cents = found.from_cents if found and left else None
    return {"event": str(event_id), "left": left, "cents": cents, "at": at}
