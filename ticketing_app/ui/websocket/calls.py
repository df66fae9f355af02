"""Guard of calls over websockets: allows our handlers, and the few of Reflex that pages need.

Without it, clients could call every public method of every state, Reflex's own included, with any arguments.
"""

import asyncio
import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, cast
from urllib.parse import parse_qs

import reflex as rx
from reflex.state import FrontendEventExceptionState, OnLoadInternalState
from reflex_base.registry import RegistrationContext
from reflex_base.utils.format import format_event_handler
from socketio import AsyncServer

from ticketing_app.accounts import auth
from ticketing_app.core.buckets import TokenBucket
from ticketing_app.core.logging import printable
from ticketing_app.ui.live.channels import Pages
from ticketing_app.ui.metrics import WRONG_CALLS
from ticketing_app.ui.session import ZONE_COOKIE
from ticketing_app.ui.websocket import sockets

Reason = Literal["unknown", "arguments", "forged", "errors"]
Payload = dict[str, Any]

HYDRATE = format_event_handler(rx.State.event_handlers["hydrate_and_load"])
ON_LOAD = format_event_handler(OnLoadInternalState.event_handlers["on_load_internal"])
BROWSER_ERROR = format_event_handler(
    FrontendEventExceptionState.event_handlers["handle_frontend_exception"]
)
# The events of Reflex's client; socket.io also passes on a "connect" that a client sends.
EVENTS = frozenset({"event", "ping", "client_error"})
TOKEN = re.compile(r"[0-9A-Za-z-]{1,64}")

# The headers that handlers read. Reflex sends all headers but cookies to the page's scripts.
HEADERS = frozenset({"accept-language", "host", "origin"})
COOKIES = frozenset({auth.COOKIE, auth.HOST_COOKIE, ZONE_COOKIE})

MAX_ADDRESS_CHARACTERS = 2048
MAX_ERROR_CHARACTERS = 500
MAX_HEADER_CHARACTERS = 4096
ERRORS_PER_SOCKET = 5
# Limit of queued state updates of a client; a page with all of its rows takes 200 kB.
MAX_UNREAD_BYTES = 1_000_000
PACKET_BYTES = 500
# Number of pages after which a message to many yields to other tasks.
PAGES_AT_ONCE = 50
# The type of a message in engine.io's protocol.
EIO_MESSAGE = "4"

_browser_errors = TokenBucket(burst=20, per_second=20 / 60)


class NoWebsocketsError(Exception):
    """The app has no websockets: no state is defined."""


# Returns the arguments for a handler; None refuses the call.
Check = Callable[[Any], Payload | None]


class PageNamespace(Pages):
    def __init__(self, namespace: str, app: rx.App, allowed: Mapping[str, Check]) -> None:
        super().__init__(namespace, app)
        self._allowed = allowed

    async def trigger_event(self, event: str, *args: Any) -> Any:  # noqa: ANN401  # as socket.io has it
        """Check an event: both the server's reports and the messages of clients arrive here."""
        if event in {"connect", "disconnect"}:
            sid = args[0]
            is_forged = self._is_forged_connect(args) if event == "connect" else self._is_open(sid)
            if is_forged:
                self._drop(sid, "forged", event)
                return None
            if event == "connect":
                _require_token(args[1])
            return await super().trigger_event(event, *args)
        sid, *data = args
        if event not in EVENTS:
            self._drop(sid, "unknown", event)
            return None
        if len(data) != (event != "ping"):
            self._drop(sid, "arguments", event)
            return None
        return await super().trigger_event(event, *args)

    async def on_event(self, sid: str, data: Any) -> None:  # noqa: ANN401  # sent by a client
        """Queue an allowed call with the data that it needs; drop all others."""
        if not isinstance(data, dict) or not isinstance(name := data.get("name"), str):
            self._drop(sid, "arguments", "event")
            return
        if (check := self._allowed.get(name)) is None:
            self._drop(sid, "unknown", name)
            return
        payload = check(data.get("payload") or {})
        if payload is None:
            self._drop(sid, "arguments", name)
            return
        if name == BROWSER_ERROR and not self._may_report_error(sid):
            self._drop(sid, "errors", name)
            return
        router_data = _router_data(data.get("router_data"))
        call = {"name": name, "payload": payload, "router_data": router_data}
        await super().on_event(sid, call)

    def on_disconnect(self, sid: str) -> asyncio.Task[None] | None:
        """Drop the calls of this page that have not started."""
        token = self.sid_to_token.get(sid)
        cleaning = super().on_disconnect(sid)
        processor = self.app.event_processor
        # Private, and pinned by tests/ui/test_calls.py: Reflex cancels only the loading of pages.
        waiting = processor._token_queues.get(token or "", ())  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        futures = processor._futures  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        # The first one is running; it may finish.
        for entry, _ in list(waiting)[1:]:
            if future := futures.get(entry.ctx.txid):
                future.cancel()
        return cleaning

    async def emit(
        self,
        event: str,
        data: Any = None,  # noqa: ANN401  # as socket.io has it
        to: str | None = None,
        *args: Any,  # noqa: ANN401  # as above
        **kwargs: Any,  # noqa: ANN401  # as above
    ) -> None:
        """Send to a page, unless it leaves too much unread: engine.io queues without a limit."""
        if to and self._unread_bytes(to) > MAX_UNREAD_BYTES:
            if socket := self._socket(to):
                socket.close("unread")
            return
        await super().emit(event, data, to, *args, **kwargs)

    async def push(self, pages: Iterable[str], text: str) -> None:
        """Send a packet of socket.io to pages, by their ids of engine.io, without waiting for any.

        Straight to the socket: the queue of engine.io costs a task and two timers per message. A page that
        has not received an earlier message gets it through its queue.
        """
        eio = self._server.eio
        message = {"type": "websocket.send", "text": EIO_MESSAGE + text, "bytes": None}
        for count, page in enumerate(pages, 1):
            waits = page not in eio.sockets or not eio.sockets[page].queue.empty()
            socket = sockets.of_environ(self._server.environ.get(page))
            if waits or socket is None or not socket.push(message):
                await eio.send(page, text)
            if count % PAGES_AT_ONCE == 0:
                await asyncio.sleep(0)

    def _build_static_router_data(self, sid: str, environ: Payload) -> Payload:
        data = super()._build_static_router_data(sid, environ)
        data["headers"] = _headers(data["headers"])
        return data

    @property
    def _server(self) -> AsyncServer:
        return cast("AsyncServer", self.server)

    def _is_open(self, sid: str) -> bool:
        """Whether the connection is open; false once the server has begun to close it."""
        return self._server.manager.is_connected(sid, self.namespace)

    def _is_forged_connect(self, args: tuple[Any, ...]) -> bool:
        # The server's own connect event carries the environ that it created.
        return len(args) < 2 or args[1] is not self._server.get_environ(args[0], self.namespace)  # noqa: PLR2004

    def _socket(self, sid: str) -> sockets.Socket | None:
        return sockets.of_environ(self._server.get_environ(sid, self.namespace))

    def _may_report_error(self, sid: str) -> bool:
        if socket := self._socket(sid):
            socket.browser_errors += 1
            if socket.browser_errors > ERRORS_PER_SOCKET:
                return False
        return _browser_errors.take()

    def _unread_bytes(self, sid: str) -> int:
        eio_sid = self._server.manager.eio_sid_from_sid(sid, self.namespace)
        if (page := self._server.eio.sockets.get(eio_sid)) is None:
            return 0
        waiting = page.queue._queue  # noqa: SLF001  # asyncio publishes only their number.
        return sum(PACKET_BYTES + len(packet.data or "") for packet in waiting if packet)

    def _drop(self, sid: str, reason: Reason, call: str) -> None:
        WRONG_CALLS.labels(reason).inc()
        socket = self._socket(sid)
        if socket and socket.has_logged_wrong_call:
            return
        if socket:
            socket.has_logged_wrong_call = True
        sockets.report("ui.wrong_call", reason=reason, call=printable(call))


def guard(app: rx.App) -> None:
    """Guard the websockets of `app`; call it once, before it serves."""
    if app.sio is None or app.event_namespace is None:
        raise NoWebsocketsError
    namespace = PageNamespace(app.event_namespace.namespace, app, _allowed_calls())
    app.sio.register_namespace(namespace)
    # Reflex has no public way to replace it.
    app._event_namespace = namespace  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def _allowed_calls() -> Mapping[str, Check]:
    ours = {
        name: _signature_check(registered.handler.fn)
        for name, registered in RegistrationContext.get().event_handlers.items()
        if registered.handler.fn.__module__.startswith("ticketing_app.")
    }
    return {
        **ours,
        HYDRATE: _check_hydrate,
        ON_LOAD: lambda payload: {} if payload == {} else None,
        BROWSER_ERROR: _check_browser_error,
    }


def _signature_check(handler: Callable[..., Any]) -> Check:
    signature = inspect.signature(handler)

    def check(payload: Any) -> Payload | None:  # noqa: ANN401  # sent by a client
        if not isinstance(payload, dict):
            return None
        try:
            signature.bind(None, **payload)
        except TypeError:
            return None
        return payload

    return check


def _check_hydrate(payload: Any) -> Payload | None:  # noqa: ANN401  # sent by a client
    # No page uses the browser's storage, so only the hashes of the defaults are valid.
    if not isinstance(payload, dict) or payload.keys() - {"vars", "hashes"} or payload.get("vars"):
        return None
    hashes = payload.get("hashes") or []
    if not isinstance(hashes, list) or not all(isinstance(each, str) for each in hashes):
        return None
    return {"hashes": hashes}


def _check_browser_error(payload: Any) -> Payload | None:  # noqa: ANN401  # sent by a client
    if not isinstance(payload, dict):
        return None
    info = payload.get("info")
    if not isinstance(info, str):
        return None
    return {"info": info[:MAX_ERROR_CHARACTERS], "component_stack": ""}


def _router_data(sent: Any) -> Payload:  # noqa: ANN401  # sent by a client
    """Return the truncated address of the page: Reflex stores parts of it three times in the tab's state."""
    if not isinstance(sent, dict):
        return {}
    address = {
        name: text[:MAX_ADDRESS_CHARACTERS]
        for name in ("pathname", "asPath")
        if isinstance(text := sent.get(name), str)
    }
    query = sent.get("query")
    return {**address, "query": _query(query) if isinstance(query, dict) else {}}


def _query(sent: Payload) -> dict[str, str]:
    query: dict[str, str] = {}
    room = MAX_ADDRESS_CHARACTERS
    for name, text in sent.items():
        room -= len(name) + len(text) if isinstance(text, str) else 0
        if room < 0:
            break
        if isinstance(text, str):
            query[name] = text
    return query


def _headers(sent: Mapping[str, str]) -> dict[str, str]:
    kept = {name: text for name, text in sent.items() if name in HEADERS}
    cookies = sent.get("cookie", "").split(";")
    kept["cookie"] = ";".join(each for each in cookies if each.partition("=")[0].strip() in COOKIES)
    return {
        name: text for name, text in kept.items() if text and len(text) <= MAX_HEADER_CHARACTERS
    }


def _require_token(environ: Mapping[str, Any]) -> None:
    """Raises ConnectionRefusedError if the tab's token is missing or malformed."""
    (token,) = parse_qs(environ.get("QUERY_STRING", "")).get("token", [""])[:1]
    if not TOKEN.fullmatch(token):
        raise ConnectionRefusedError
