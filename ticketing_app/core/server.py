"""The HTTP server of the web process: uvicorn, with limits for clients that send or read nothing."""

import asyncio

import uvicorn
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from ticketing_app.core import logging

# Idle connections and open pages count; beyond it new connections are closed at once.
MAX_CONNECTIONS = 8192
BACKLOG = 2048
HEAD_SECONDS = 30
MAX_HEAD_BYTES = 64 * 1024
# Longer than proxies keep an idle connection: else they send requests on connections that are being closed.
KEEP_ALIVE_SECONDS = 75
# engine.io permits 65,536 characters (rxconfig.py), of at most 4 bytes.
MAX_MESSAGE_BYTES = 4 * 65_536
# Also the time of open pages to leave when the process stops.
CLOSE_SECONDS = 10


class Connection(HttpToolsProtocol):
    """HTTP connection with limits for the time and size of the request head, which uvicorn lacks."""

    _is_in_head = True
    _head_bytes = 0
    _deadline: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._start_deadline()
        if len(self.connections) > MAX_CONNECTIONS:
            transport.close()

    @override
    def data_received(self, data: bytes) -> None:
        # What precedes the head in the same packet is another request.
        was_in_head = self._is_in_head
        super().data_received(data)
        if not self._is_in_head or self.transport.is_closing():
            return
        self._head_bytes += len(data) if was_in_head else 0
        if self._head_bytes > MAX_HEAD_BYTES:
            self.send_400_response("The headers of the request are too large.")
        elif self._deadline is None:
            self._start_deadline()

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_head = True
        self._head_bytes = 0

    @override
    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._end_deadline()
        super().on_headers_complete()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._end_deadline()
        super().connection_lost(exc)

    def _start_deadline(self) -> None:
        self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _end_deadline(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None


class WebSocket(WebSocketsSansIOProtocol):
    """Ends the connection of a client that reads nothing: closing waits until it has read everything."""

    @override
    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        super().on_task_complete(task)
        if not self.disconnected:
            self.loop.call_later(CLOSE_SECONDS, self.transport.abort)


def serve(app: str, *, host: str, port: int, reload: bool = False) -> None:
    """Serve the ASGI app that the factory `app`, as `module:name`, returns."""
    logging.configure()
    uvicorn.run(
        app,
        factory=True,
        host=host,
        port=port,
        reload=reload,
        reload_dirs=["ticketing_app"] if reload else None,
        http=Connection,
        ws=WebSocket,
        ws_max_size=MAX_MESSAGE_BYTES,
        # Compression takes 35 KiB of memory for each page.
        ws_per_message_deflate=False,
        # engine.io has pings of its own.
        ws_ping_interval=None,
        lifespan="on",
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=CLOSE_SECONDS,
        # The app trusts as many proxies as TRUSTED_PROXY_HOPS says.
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        # Its lines of level "info" name the addresses of websockets, which carry the tab's token.
        log_level="warning",
    )
