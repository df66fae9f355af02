"""Broadcast of domain events: each web process follows the stream and notifies its open pages.

A message raises browser events that carry public facts only. Rows of a list apply facts that are newer
than theirs; other pages load their data again.
"""

import asyncio
import json
from collections.abc import Sequence
from uuid import UUID

import reflex as rx
from reflex.state import StateUpdate
from reflex_base.event import Event
from socketio import packet

from ticketing_app.core import changes
from ticketing_app.core.logging import get_logger
from ticketing_app.messaging import bus
from ticketing_app.messaging.bus import Envelope
from ticketing_app.messaging.catalog import CATALOG
from ticketing_app.ui.live import batches, channels
from ticketing_app.ui.live.messages import Facts, merge, messages, subjects

log = get_logger()

BROWSER_EVENT = "ticketing"

PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 2.0
# Five times the cost of a delivery (benchmarks/fanout.py): a channel takes at most a fifth of the process's time,
# however many pages subscribe to it.
PAUSE_PER_PAGE_SECONDS = 0.0002
# Many orders may expire at once; a page applies this many changes in about 10 ms.
FACTS_AT_ONCE = 100

# Facts since the last message of a channel, by ticket or order; a quiet channel has no entry.
_waiting: dict[str, dict[str, Facts]] = {}
_drains: set[asyncio.Task[None]] = set()


async def follow(app: rx.App) -> None:
    """Broadcast domain events as they arrive, as long as the web process runs."""
    channels.connect(app)
    await bus.follow_events(_deliver, _resync)


async def notify_session(session_id: UUID) -> None:
    """Make the open pages of a session check it: it was revoked, or its account changed."""
    await _send(channels.session_channel(session_id), [{"session": True}])


async def _deliver(envelope: Envelope) -> None:
    changes.note(envelope.affected)
    if envelope.name not in CATALOG or not channels.count_pages():
        return
    event = envelope.event
    for channel, facts in messages(event):
        await _send_or_collect(channel, facts)
    for subject in subjects(event):
        batches.collect(subject, _send_or_collect)


async def _send_or_collect(channel: str, facts: Facts) -> None:
    """Send to a quiet channel immediately; collect the facts that arrive in a pause into one message."""
    if channel in _waiting:
        merge(_waiting[channel], facts)
        return
    _waiting[channel] = {}
    pause = await _send(channel, [facts])
    if pause is None:
        del _waiting[channel]
        return
    drain = asyncio.create_task(_drain(channel, pause))
    _drains.add(drain)
    drain.add_done_callback(_drains.discard)


async def _drain(channel: str, pause: float | None) -> None:
    try:
        while pause is not None:
            await asyncio.sleep(pause)
            if not (collected := _waiting[channel]):
                return
            facts = [collected.pop(key) for key in list(collected)[:FACTS_AT_ONCE]]
            pause = await _send(channel, facts)
    except Exception:
        log.exception("live.drain_failed", channel=channel)
    finally:
        del _waiting[channel]


async def _resync() -> None:
    """Make all pages load again: events may have been lost."""
    changes.note(None)
    await _send(None, [{"resync": True}])


async def _send(channel: str | None, facts: Sequence[Facts]) -> float | None:
    """Raise a browser event for each fact in every page of `channel`, or in all pages.

    Returns the seconds until the next message to this channel; None if it has no pages.
    """
    namespace = channels.namespace()
    if namespace is None or (server := namespace.server) is None:
        return None
    name = namespace.namespace
    pages = [page for _, page in server.manager.get_participants(name, channel)]
    if not pages:
        return None
    update = StateUpdate(
        events=[Event(name="_call_script", payload={"javascript_code": _script(facts, len(pages))})]
    )
    message = server.packet_class(packet.EVENT, data=["event", update], namespace=name).encode()
    await namespace.push(pages, message)
    return min(max(PAUSE_SECONDS, PAUSE_PER_PAGE_SECONDS * len(pages)), LONGEST_PAUSE_SECONDS)


def _script(facts: Sequence[Facts], pages: int) -> str:
    # json.dumps escapes quotes and non-ASCII characters, so the facts cannot end the script. Pages that read
    # after a change do so less often the more of them there are.
    details = json.dumps(facts)
    event = f"new CustomEvent('{BROWSER_EVENT}',{{detail:{{...detail,pages:{pages}}}}})"
    return f"for(const detail of {details})window.dispatchEvent({event})"
