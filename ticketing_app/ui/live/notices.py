"""Messages about notices: the number that an account has not read.

A process counts once per batch, and only for accounts with an open page in it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from uuid import UUID

from ticketing_app.core.logging import get_logger
from ticketing_app.notices.service import reading
from ticketing_app.ui import transactions
from ticketing_app.ui.live import channels
from ticketing_app.ui.live.messages import Facts

log = get_logger()

Send = Callable[[str, Facts], Awaitable[None]]

PAUSE_SECONDS = 0.25

_changed: set[UUID] = set()
_batches: set[asyncio.Task[None]] = set()


def collect(user_id: UUID, send: Send) -> None:
    """Send the number of unread notices to the pages of the account."""
    if not channels.has_page(channels.notices_channel(user_id)):
        return
    _changed.add(user_id)
    if not _batches:
        batch = asyncio.create_task(_send_batches(send))
        _batches.add(batch)
        batch.add_done_callback(_batches.discard)


async def _send_batches(send: Send) -> None:
    while _changed:
        batch = set(_changed)
        _changed.clear()
        at = round(time.time() * 1000)
        try:
            unread = await transactions.in_transaction(reading.count_unread, user_ids=batch)
            for user_id in batch:
                facts = {"notices": unread.get(user_id, 0), "at": at}
                await send(channels.notices_channel(user_id), facts)
        except Exception:
            log.exception("live.notices_failed")
            _changed.update(batch)
        await asyncio.sleep(PAUSE_SECONDS)
