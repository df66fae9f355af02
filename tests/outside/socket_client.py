"""A websocket client of Reflex's protocol (engine.io 4, socket.io 5)."""

import asyncio
import json
from typing import Any, Self
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

NAMESPACE = "/_event"
CLOSE_SECONDS = 30
BOOT = "reflex___state____state.hydrate_and_load"


class SocketClient:
    """One connection to the page at `path`; `origin` and `cookie` are those of a browser.

    With the `token` of an earlier connection, the same tab connects again. `address` is the client
    address as seen by the proxy in front of the site.
    """

    def __init__(
        self,
        url: str,
        path: str,
        *,
        origin: str | None,
        cookie: str = "",
        token: str = "",
        address: str = "",
    ) -> None:
        self.token = token or str(uuid4())
        self._url = (
            f"{url.replace('http', 'ws', 1)}/_event/?token={self.token}&EIO=4&transport=websocket"
        )
        self._origin = origin
        headers = {"Cookie": cookie, "X-Forwarded-For": address}
        self._headers = {name: text for name, text in headers.items() if text}
        self._router: dict[str, Any] = {}
        self.go_to(path)
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self.received: list[str] = []

    async def __aenter__(self) -> Self:
        origin = Origin(self._origin) if self._origin else None
        self._socket = await connect(self._url, origin=origin, additional_headers=self._headers)
        await self._socket.recv()
        boot = {"event": {"name": BOOT, "payload": {}, "router_data": self._router}}
        await self._socket.send(f"40{NAMESPACE}," + json.dumps(boot))
        self._reader = asyncio.create_task(self._read(self._socket))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._reader:
            self._reader.cancel()
        if self._socket:
            await self._socket.close()

    def go_to(self, path: str) -> None:
        """Navigate to another page before the next call, as in a browser's tab."""
        # A browser sends the ids of the address beside it.
        names = {"tickets": "ticket_id", "orders": "order_id"}
        _, kind, *ids = path.split("/")
        query = {names[kind]: ids[0]} if kind in names and ids else {}
        self._router = {"pathname": path, "asPath": path, "query": query}

    def claim_to_be_at(self, address: dict[str, Any]) -> None:
        """Send this as the page's address in all further calls."""
        self._router = address

    def stop_reading(self) -> None:
        """Stop reading from the socket."""
        if self._reader:
            self._reader.cancel()

    async def emit(self, *data: object) -> None:
        """Send an event of socket.io."""
        assert self._socket
        await self._socket.send(f"42{NAMESPACE}," + json.dumps(data))

    async def wait_closed(self) -> None:
        """Return once the server has closed the connection."""
        assert self._socket
        await asyncio.wait_for(self._socket.wait_closed(), CLOSE_SECONDS)

    async def call(self, handler: str, payload: object) -> None:
        """Call a handler by its full name."""
        event = {"name": handler, "payload": payload, "router_data": self._router}
        await self.emit("event", event)

    async def answers(self, *, quiet_seconds: float = 0.3) -> list[str]:
        """Return the messages since the last call, once none came for `quiet_seconds`."""
        seen = -1
        while len(self.received) > seen:
            seen = len(self.received)
            await asyncio.sleep(quiet_seconds)
        answers, self.received = self.received, []
        return answers

    def on_message(self, message: str) -> None:
        """Store a message of the server."""
        self.received.append(message)

    async def _read(self, socket: ClientConnection) -> None:
        async for message in socket:
            if message == "2":
                await socket.send("3")
            elif isinstance(message, str) and message.startswith("42"):
                self.on_message(message)
