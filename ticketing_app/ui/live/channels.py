"""Channels of live changes: which open pages receive which messages.

A page subscribes when it loads: after it was authorised, and before it reads, so that no change is
lost in between.
"""

from collections.abc import Iterable
from typing import cast
from uuid import UUID

import reflex as rx
from reflex.app import EventNamespace

PREFIX = "live:"
TICKETS = f"{PREFIX}tickets"
# Summaries of all events; the tickets of one event are in its own channel.
EVENTS = f"{PREFIX}events"
# Without the prefix, because pages never leave these.
SESSIONS = "session:"
NOTICES = "notices:"

# The name of a page's channels in the environ of its connection.
JOINED = "gittix.channels"

_app: rx.App | None = None


class Pages(EventNamespace):
    """Reflex's namespace with the addition of websocket/calls.py."""

    async def push(self, pages: Iterable[str], text: str) -> None:
        """Send a packet of socket.io to pages, by their ids of engine.io."""
        raise NotImplementedError


def ticket_channel(ticket_id: object) -> str:
    return f"{PREFIX}ticket:{ticket_id}"


def event_channel(event_id: object) -> str:
    return f"{PREFIX}event:{event_id}"


def user_channel(user_id: object) -> str:
    return f"{PREFIX}own:{user_id}"


def session_channel(session_id: UUID) -> str:
    return f"{SESSIONS}{session_id}"


def notices_channel(user_id: object) -> str:
    return f"{NOTICES}{user_id}"


def connect(app: rx.App) -> None:
    global _app  # noqa: PLW0603  # Reflex has one app per process.
    _app = app


def namespace() -> Pages | None:
    """Return the socket.io namespace of the pages; None before the app runs."""
    return cast("Pages | None", _app.event_namespace) if _app else None


async def subscribe(state: rx.State, *channels: str) -> None:
    """Subscribe the page to `channels` and to no others; the caller has authorised it."""
    await _replace(state, PREFIX, set(channels))


async def subscribe_notices(state: rx.State, user_id: UUID | None) -> None:
    """Subscribe the page to the notices of its caller, and of no other account."""
    await _replace(state, NOTICES, {notices_channel(user_id)} if user_id else set())


async def _replace(state: rx.State, prefix: str, channels: set[str]) -> None:
    if (pages := namespace()) is None:
        return
    sid = state.router.session.session_id
    connection = pages.server and pages.server.get_environ(sid, pages.namespace)
    # The page was closed meanwhile.
    if connection is None:
        return
    # socket.io would search all rooms of the process for those of a page.
    joined: set[str] = connection.setdefault(JOINED, set())
    current = {channel for channel in joined if channel.startswith(prefix)}
    for channel in current - channels:
        await pages.leave_room(sid, channel)
    for channel in channels - current:
        await pages.enter_room(sid, channel)
    joined -= current
    joined |= channels


async def subscribe_session(state: rx.State, session_id: UUID) -> None:
    """Subscribe the page to changes of its session, as the cookie of a websocket never changes."""
    await _replace(state, SESSIONS, {session_channel(session_id)})


def has_page(channel: str) -> bool:
    """Whether a page of this process is subscribed to `channel`."""
    if (pages := namespace()) is None or pages.server is None:
        return False
    return any(pages.server.manager.get_participants(pages.namespace, channel))


def count_pages() -> int:
    """Return the number of open pages of this process; safe to call from any thread."""
    pages = namespace()
    return len(pages.server.eio.sockets) if pages and pages.server else 0
