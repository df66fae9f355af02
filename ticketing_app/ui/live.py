"""Live pages: each web process follows the stream of events and notifies the open pages it concerns.

A page enters rooms when it loads, after it was authorised and before it reads, so that no change
falls in between. A message holds browser events with public facts only: rows of a list take them in
by themselves when they are newer, other pages ask for their data again.
"""

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

import reflex as rx
from reflex.state import StateUpdate
from reflex_base.event import Event
from socketio import packet

from ticketing_app.core.clock import utc_now
from ticketing_app.core.logging import get_logger
from ticketing_app.messaging import bus
from ticketing_app.messaging.bus import Envelope
from ticketing_app.messaging.catalog import (
    DomainEvent,
    OrderCancelled,
    OrderCompleted,
    OrderEvent,
    OrderExpired,
    TicketCreated,
    TicketUpdated,
)
from ticketing_app.tickets import rules
from ticketing_app.ui.static_html import literal_value

log = get_logger()

BROWSER_EVENT = "ticketing"
PREFIX = "live:"
TICKETS = f"{PREFIX}tickets"

PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 2.0
# At most a fifth of the time goes into one room, however many pages are in it.
PAUSE_PER_SEND = 4
# Requests get their turn between so many pages.
PAGES_AT_ONCE = 50

Facts = dict[str, Any]
"""Public facts of one change, as JSON."""

_app: rx.App | None = None
# What changed in a room since its last message, by ticket or order; absent while the room is quiet.
_waiting: dict[str, dict[str, Facts]] = {}
_drains: set[asyncio.Task[None]] = set()


def ticket_room(ticket_id: object) -> str:
    """Who looks at this ticket."""
    return f"{PREFIX}ticket:{ticket_id}"


def own_room(user_id: object) -> str:
    """Where this user looks at their own orders or listings."""
    return f"{PREFIX}own:{user_id}"


async def watch(state: rx.State, *rooms: str) -> None:
    """Let the page hear of `rooms` and of nothing else; the caller has authorised it."""
    if _app is None or (namespace := _app.event_namespace) is None:
        return
    sid = state.router.session.session_id
    present = {room for room in namespace.rooms(sid) if room.startswith(PREFIX)}
    for room in present - set(rooms):
        await namespace.leave_room(sid, room)
    for room in set(rooms) - present:
        # socket.io's error for a page that closed meanwhile; its handler has nothing more to hear.
        with suppress(ValueError):
            await namespace.enter_room(sid, room)


def _session_room(session_id: UUID) -> str:
    """The open pages of one sign-in: without the prefix, as no page leaves it."""
    return f"session:{session_id}"


async def hear_of_session(state: rx.State, session_id: UUID) -> None:
    """Let the page hear when its session ends; a websocket has one cookie for life."""
    if _app is not None and (namespace := _app.event_namespace) is not None:
        with suppress(ValueError):  # as in `watch`
            await namespace.enter_room(state.router.session.session_id, _session_room(session_id))


async def tell_session(session_id: UUID) -> None:
    """Let the open pages of this session ask who they are: it ended, or its account changed."""
    await _send(_session_room(session_id), [{"session": True}])


def count_pages() -> int:
    """Return how many pages are open here; may be asked from any thread."""
    namespace = _app.event_namespace if _app else None
    return len(namespace.server.eio.sockets) if namespace and namespace.server else 0


async def follow(app: rx.App) -> None:
    """Pass on events as they come, as long as the web process runs."""
    global _app  # noqa: PLW0603  # Reflex has one app per process.
    _app = app
    await bus.follow_events(_deliver, _resync)


async def _deliver(envelope: Envelope) -> None:
    for room, facts in _messages(envelope.event):
        await _send_or_collect(room, facts)


async def _send_or_collect(room: str, facts: Facts) -> None:
    """Send at once to a quiet room; collect what follows within the pause into one message."""
    if room in _waiting:
        _merge(_waiting[room], facts)
        return
    _waiting[room] = {}
    pause = await _send(room, [facts])
    if pause is None:
        del _waiting[room]
        return
    drain = asyncio.create_task(_drain(room, pause))
    _drains.add(drain)
    drain.add_done_callback(_drains.discard)


async def _drain(room: str, pause: float | None) -> None:
    """Send what was collected after each pause, until the room is quiet or empty."""
    try:
        while pause is not None:
            await asyncio.sleep(pause)
            if not (collected := _waiting[room]):
                return
            _waiting[room] = {}
            pause = await _send(room, list(collected.values()))
    except Exception:
        log.exception("live.drain_failed", room=room)
    finally:
        del _waiting[room]


def _merge(collected: dict[str, Facts], facts: Facts) -> None:
    """Keep the newest facts of each ticket and order; events come out of order at times."""
    key = facts.get("ticket") or facts["order"]
    before = collected.get(key, {})
    is_older = facts.get("version", 0) < before.get("version", 0)
    merged = facts | before if is_older else before | facts
    if before.get("isNew") or facts.get("isNew"):
        merged["isNew"] = True
    collected[key] = merged


async def _resync() -> None:
    """Events may have been lost: let every page that listens ask again."""
    await _send(None, [{"resync": True}])


def _messages(event: DomainEvent) -> Iterator[tuple[str, Facts]]:
    """Yield the rooms that `event` concerns, and what they are sent."""
    if isinstance(event, OrderEvent):
        yield own_room(event.buyer_id), {"order": str(event.order_id)}
    facts = _ticket_facts(event)
    if isinstance(event, OrderEvent | TicketCreated | TicketUpdated) and event.seller_id:
        yield own_room(event.seller_id), facts or {"ticket": str(event.ticket_id)}
    if facts:
        yield ticket_room(facts["ticket"]), facts
        yield TICKETS, facts


def _ticket_facts(event: DomainEvent) -> Facts | None:
    if isinstance(event, OrderEvent):
        if event.ticket_version is None:
            return None
        return {
            "ticket": str(event.ticket_id),
            "version": event.ticket_version,
            "status": _status_after(event),
            "until": event.locked_until.isoformat() if event.locked_until else "",
            "now": utc_now().isoformat(),
        }
    if isinstance(event, TicketCreated | TicketUpdated):
        status = rules.TicketStatus(event.status)
        return {
            "ticket": str(event.ticket_id),
            "version": event.ticket_version,
            "status": rules.availability(status, is_locked=False),
            "title": event.title,
            "cents": event.price_cents,
            "isNew": isinstance(event, TicketCreated),
        }
    return None


def _status_after(event: OrderEvent) -> rules.Availability:
    if isinstance(event, OrderCompleted):
        return rules.Availability.SOLD
    if isinstance(event, OrderCancelled | OrderExpired):
        return rules.Availability.AVAILABLE
    return rules.Availability.LOCKED


async def _send(room: str | None, facts: Sequence[Facts]) -> float | None:
    """Raise a browser event for each fact in every page of `room` (all pages when none).

    Returns the seconds until the room should get its next message; None when no page is in it.
    """
    namespace = _app.event_namespace if _app else None
    if namespace is None or (server := namespace.server) is None:
        return None
    name = namespace.namespace
    pages = list(server.manager.get_participants(name, room))
    if not pages:
        return None
    update = StateUpdate(
        events=[Event(name="_call_script", payload={"javascript_code": _script(facts)})]
    )
    message = server.packet_class(packet.EVENT, data=["event", update], namespace=name).encode()
    started = time.perf_counter()
    # As socket.io's own emit does it, but without a task for each page (benchmarks/fanout.py).
    for count, (_, page) in enumerate(pages, 1):
        await server.eio.send(page, message)
        if count % PAGES_AT_ONCE == 0:
            await asyncio.sleep(0)
    took = time.perf_counter() - started
    return min(max(PAUSE_SECONDS, PAUSE_PER_SEND * took), LONGEST_PAUSE_SECONDS)


def _script(facts: Sequence[Facts]) -> str:
    # json.dumps leaves nothing that could end the script: it escapes quotes and all but ASCII.
    details = json.dumps(facts)
    event = f"new CustomEvent('{BROWSER_EVENT}',{{detail}})"
    return f"for(const detail of {details})window.dispatchEvent({event})"


class OnLive(rx.Component):
    """Calls `on_change` when a message comes in that the page has not seen yet.

    With `ticket_id` the messages about other tickets are not its business.
    """

    library = rx.asset("live.jsx", shared=True).importable_path
    tag = "OnLive"

    ticket_id: rx.Var[str]
    seen_version: rx.Var[int]
    only_resync: rx.Var[bool]
    on_change: rx.EventHandler[rx.event.no_args_event_spec]


class OnSession(rx.Component):
    """Calls `on_change` when the page's session ended or changed elsewhere, or may have."""

    library = rx.asset("live.jsx", shared=True).importable_path
    tag = "OnSession"

    on_change: rx.EventHandler[rx.event.no_args_event_spec]


class LiveTicket(rx.Component):
    """A part of a list that shows one ticket and takes in its changes by itself."""

    library = rx.asset("live.jsx", shared=True).importable_path
    tag = "LiveTicket"

    ticket_id: rx.Var[str]
    version: rx.Var[int]
    status: rx.Var[str]
    until: rx.Var[str]
    now: rx.Var[str]

    def as_static(self) -> rx.Component:
        """Return what it looks like before anything changed."""
        facts = {"data-status": self.status, "data-ticket": self.ticket_id}
        return rx.el.article(*self.children, class_name=self.class_name, custom_attrs=facts)


class LiveText(rx.Component):
    """A fact of the `LiveTicket` around it: as rendered, or as it is now.

    With a `model` it is cents, written like this amount: the message is one for all readers.
    """

    library = rx.asset("live.jsx", shared=True).importable_path
    tag = "LiveText"

    field: rx.Var[str]
    text: rx.Var[str]
    labels: rx.Var[dict[str, str]]
    model: rx.Var[str]

    def as_static(self) -> rx.Component:
        """Return what it looks like before anything changed."""
        return rx.el.span(self.text, class_name=self.class_name)


class LiveUntil(rx.Component):
    """Its countdown, as long as the `LiveTicket` around it is locked with an end; `label` is read out.

    `until` is that end as rendered, empty when there is none.
    """

    library = rx.asset("live.jsx", shared=True).importable_path
    tag = "LiveUntil"

    label: rx.Var[str]
    until: rx.Var[str]

    def as_static(self) -> rx.Component:
        """Return what it looks like before anything ticks."""
        label = rx.el.span(self.label, class_name="sr-only")
        shown = [label, *self.children] if literal_value(self.until) else []
        return rx.el.span(*shown, class_name=self.class_name)


class LiveNews(rx.Component):
    """Reads out what changed in the list: `one` ticket, or how `many` when it was more at once."""

    library = rx.asset("live.jsx", shared=True).importable_path
    tag = "LiveNews"

    one: rx.Var[str]
    many: rx.Var[str]
    labels: rx.Var[dict[str, str]]


class NewListings(rx.Component):
    """Offers the listings that came since the page was loaded, instead of pushing the list.

    Where the list is filtered it `asks` which ones belong to it, by `on_ask`; those are `matching`.
    """

    library = rx.asset("live.jsx", shared=True).importable_path
    tag = "NewListings"

    one: rx.Var[str]
    many: rx.Var[str]
    asks: rx.Var[bool]
    matching: rx.Var[list[str]]
    on_ask: rx.EventHandler[rx.event.passthrough_event_spec(list[str])]
    on_show: rx.EventHandler[rx.event.no_args_event_spec]
