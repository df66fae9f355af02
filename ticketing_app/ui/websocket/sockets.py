"""Limits of websockets: connections per address, messages per second, unread output.

They apply between the server and engine.io, so that every message of a client counts: calls of handlers,
packets of the protocol and invalid packets.
"""

import asyncio
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from typing import Any, Literal

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ticketing_app.core import addresses, http
from ticketing_app.core.buckets import TokenBucket
from ticketing_app.core.logging import get_logger
from ticketing_app.core.settings import get_settings
from ticketing_app.ui.metrics import SOCKETS_REFUSED

log = get_logger()
# Clients control the rate of these log lines, so it is limited; the counters are exact.
_lines = TokenBucket(burst=20, per_second=1)

# The name of a websocket's `Socket` in its ASGI scope.
SOCKET = "gittix.socket"

Reason = Literal["address", "rate", "unread", "stalled"]

POLICY_VIOLATION = 1008
BURST_SECONDS = 4
# All sockets of an address together have the rate of this many sockets.
ADDRESS_SHARE = 10
# Opening a socket loads a page, which costs as much as this many messages.
OPENING_COST = 4
# A client that reads nothing for this long is lost or hostile.
SEND_SECONDS = 10


class SocketClosedError(OSError):
    """An OSError, because engine.io treats that as the end of its transport."""


class _Address:
    def __init__(self, per_second: float) -> None:
        self.open = 0
        self.bucket = (
            TokenBucket(
                burst=per_second * BURST_SECONDS * ADDRESS_SHARE,
                per_second=per_second * ADDRESS_SHARE,
            )
            if per_second
            else None
        )

    async def wait(self, cost: int) -> None:
        """Delay instead of refusing: other clients may share the address."""
        if self.bucket and (seconds := self.bucket.reserve(cost)):
            await asyncio.sleep(seconds)


class Socket:
    def __init__(self, receive: Receive, send: Send, address: _Address, per_second: float) -> None:
        self.closed_for: Reason | None = None
        # Used by the guard of calls.
        self.has_logged_wrong_call = False
        self.browser_errors = 0
        self._receive = receive
        self._send = send
        self._address = address
        self._bucket = (
            TokenBucket(burst=per_second * BURST_SECONDS, per_second=per_second)
            if per_second
            else None
        )
        self._task = asyncio.current_task()
        self._sending: asyncio.Timeout | None = None
        self._pushed: asyncio.Future[None] | None = None

    async def receive(self) -> Message:
        """Return the next message; a client that sends too fast is disconnected."""
        if self.closed_for:
            return {"type": "websocket.disconnect", "code": POLICY_VIOLATION}
        message = await self._receive()
        if message["type"] != "websocket.receive":
            return message
        await self._address.wait(1)
        if self._bucket and not self._bucket.take():
            self._end("rate")
            return {"type": "websocket.disconnect", "code": POLICY_VIOLATION}
        return message

    async def send(self, message: Message) -> None:
        """Send `message`; raises SocketClosedError if the client was disconnected or reads nothing."""
        if message["type"] == "websocket.close" and self.closed_for:
            message = {**message, "code": POLICY_VIOLATION}
        elif self.closed_for:
            raise SocketClosedError
        try:
            async with asyncio.timeout(SEND_SECONDS) as self._sending:
                await self._send(message)
        except TimeoutError:
            self._sending = None
            self.close("stalled")
            raise SocketClosedError from None
        self._sending = None

    def push(self, message: Message) -> bool:
        """Start to send `message`; false if an earlier one is still on its way to the client.

        Without the timer of `send`, which costs more than sending.
        """
        if self.closed_for or self._sending or (self._pushed and not self._pushed.done()):
            return False
        self._pushed = asyncio.ensure_future(self._push(message))
        return True

    async def _push(self, message: Message) -> None:
        # The client may have left; engine.io notices it by receiving.
        with suppress(OSError):
            await self._send(message)

    def close(self, reason: Reason) -> None:
        """Disconnect the client, even while it neither sends nor reads."""
        if self.closed_for:
            return
        self._end(reason)
        if self._sending:
            self._sending.reschedule(asyncio.get_running_loop().time())
        if self._task and self._task is not asyncio.current_task():
            # engine.io waits for the client in this task, and treats the cancellation as its end.
            self._task.cancel()

    def _end(self, reason: Reason) -> None:
        self.closed_for = reason
        _note(reason)


def of_environ(environ: Mapping[str, Any] | None) -> Socket | None:
    """Return the websocket behind socket.io's `environ`, if it came through `limit`."""
    return environ.get("asgi.scope", {}).get(SOCKET) if environ else None


def limit(app: ASGIApp) -> ASGIApp:
    known: dict[str, _Address] = {}

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await app(scope, receive, send)
            return
        settings = get_settings()
        name = addresses.limit_key(http.client_address(HTTPConnection(scope)))
        address = known.setdefault(name, _Address(settings.socket_messages_per_second))
        if 0 < settings.sockets_per_address <= address.open:
            _note("address")
            await receive()
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            return
        address.open += 1
        try:
            await address.wait(OPENING_COST)
            await _serve(app, scope, receive, send, address)
        finally:
            address.open -= 1
            _forget_later(known, name)

    return limited


async def _serve(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send, address: _Address
) -> None:
    socket = Socket(receive, send, address, get_settings().socket_messages_per_second)
    await app({**scope, SOCKET: socket}, socket.receive, socket.send)


def _forget_later(known: MutableMapping[str, _Address], name: str) -> None:
    """Forget an address once its bucket is full: a reconnect must not refill the bucket."""
    address = known[name]
    if address.open:
        return

    def forget() -> None:
        if known.get(name) is address and not address.open:
            del known[name]

    seconds = address.bucket.seconds_to_fill if address.bucket else 0
    asyncio.get_running_loop().call_later(seconds, forget)


def report(event: str, **fields: str) -> None:
    """Log a violation by a client, within the rate limit of such lines."""
    if _lines.take():
        log.warning(event, **fields)


def _note(reason: Reason) -> None:
    SOCKETS_REFUSED.labels(reason).inc()
    report("ui.socket_refused", reason=reason)
