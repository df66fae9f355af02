"""Messages that need a read: summaries of events, and numbers of unread notices.

What changed is collected, and each process reads once per batch, however many pages show it.
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
from ticketing_app.ui.live.messages import Facts, merge

log = get_logger()

Send = Callable[[str, Facts], Awaitable[None]]

PAUSE_SECONDS = 0.25

# Facts of events, accounts and tickets since the last batch, by their ids.
_changed: dict[str, Facts] = {}
_batches: set[asyncio.Task[None]] = set()


def collect(facts: Facts, send: Send) -> None:
    """Send the summary of the `event`, or the number of unread notices of the `account`, to their pages.

    Facts of a `ticket` go to the pages of its event, with the summary.
    """
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
            log.exception("live.batch_failed")
            for facts in batch:
                merge(_changed, facts)
        await asyncio.sleep(PAUSE_SECONDS)


async def _send_batch(batch: Sequence[Facts], send: Send) -> None:
    at = round(time.time() * 1000)
    tickets = {UUID(facts["ticket"]): facts for facts in batch if "ticket" in facts}
    # Most accounts have no page in this process: their notices are not counted.
    accounts = [UUID(facts["account"]) for facts in batch if "account" in facts]
    user_ids = [each for each in accounts if channels.has_page(channels.notices_channel(each))]
    named = {UUID(facts["event"]) for facts in batch if "event" in facts}
    event_ids, summaries, unread = await transactions.in_transaction(
        _read, named=named, ticket_ids=list(tickets), user_ids=user_ids
    )
    for ticket_id, facts in tickets.items():
        if event_id := event_ids.get(ticket_id):
            await send(channels.event_channel(event_id), facts)
    for event_id in named.union(event_ids.values()):
        facts = _summary(event_id, summaries.get(event_id), at)
        await send(channels.event_channel(event_id), facts)
        await send(channels.EVENTS, facts)
    for user_id in user_ids:
        facts = {"notices": unread.get(user_id, 0), "at": at}
        await send(channels.notices_channel(user_id), facts)


async def _read(
    session: transactions.Session,
    *,
    named: set[UUID],
    ticket_ids: Sequence[UUID],
    user_ids: Sequence[UUID],
) -> tuple[dict[UUID, UUID], dict[UUID, EventOffers], dict[UUID, int]]:
    event_ids = await offers.list_event_ids(session, ticket_ids=ticket_ids) if ticket_ids else {}
    ids = list(named.union(event_ids.values()))
    summaries = await offers.summarize_events(session, event_ids=ids) if ids else {}
    unread = await reading.count_unread(session, user_ids=user_ids) if user_ids else {}
    return event_ids, summaries, unread


def _summary(event_id: UUID, found: EventOffers | None, at: int) -> Facts:
    left = found.available if found else 0
    cents = found.from_cents if found and left else None
    return {"event": str(event_id), "left": left, "cents": cents, "at": at}
