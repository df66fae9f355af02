"""A small site behind the server of the web process: `python -m tests.integration.sample_server PORT CLOSE_SECONDS`."""

import asyncio
import json
import sys

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ticketing_app.core import server

HEAD_SECONDS = 0.3
MAX_CONNECTIONS = 30
FLOOD_BYTES = 2**24


class SampleSite:
    """Records disconnected clients; reads the body of `/unread` after `/release`."""

    def __init__(self) -> None:
        self._left: list[str] = []
        self._waiting: list[str] = []
        self._released = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for step in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{step}.complete"})
        elif scope["type"] == "websocket":
            await self._serve_socket(scope["path"], receive, send)
        else:
            await self._serve_request(scope, receive, send)

    async def _serve_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        self._waiting.append(path)
        if path == "/abandoned":
            await self._wait_until_left(path, receive, "http.disconnect")
            return
        if path == "/unread":
            await self._released.wait()
        if path == "/release":
            self._released.set()
        received = await self._count_body(receive)
        facts = {
            "client": scope["client"][0],
            "scheme": scope["scheme"],
            "received": received,
            "left": self._left,
            "waiting": self._waiting,
        }
        await _answer(send, json.dumps(facts).encode())

    async def _count_body(self, receive: Receive) -> int:
        received = 0
        while True:
            message = await receive()
            received += len(message.get("body", b""))
            if not message.get("more_body"):
                return received

    async def _serve_socket(self, path: str, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        self._waiting.append(path)
        if path == "/flood":
            try:
                async with asyncio.timeout(HEAD_SECONDS):
                    await send({"type": "websocket.send", "bytes": bytes(FLOOD_BYTES)})
                    await send({"type": "websocket.send", "bytes": b"more"})
            except TimeoutError:
                return
        await self._wait_until_left(path, receive, "websocket.disconnect")

    async def _wait_until_left(self, path: str, receive: Receive, kind: str) -> None:
        message: Message = {"type": ""}
        while message["type"] != kind:
            message = await receive()
        self._left.append(path)


async def _answer(send: Send, body: bytes) -> None:
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def create_app() -> ASGIApp:
    return SampleSite()


if __name__ == "__main__":
    server.HEAD_SECONDS = HEAD_SECONDS
    server.CLOSE_SECONDS = float(sys.argv[2])
    server.MAX_CONNECTIONS = MAX_CONNECTIONS
    server.serve(
        "tests.integration.sample_server:create_app", host="127.0.0.1", port=int(sys.argv[1])
    )
