"""Large raw bodies: limited before and while they arrive, never in a temporary file."""

import asyncio
from http import HTTPStatus

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ticketing_app.core.errors import AppError

UPLOAD_SECONDS = 60
# Browsers show an early response only after they have sent most of the body; else a broken connection.
DRAIN_BYTES = 20 * 2**20
DRAIN_SECONDS = 5


class UploadTooLargeError(AppError):
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    field = "file"

    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"A file can have at most {max_bytes // 2**20} MB.")


class UploadTimeoutError(AppError):
    status = HTTPStatus.REQUEST_TIMEOUT
    message = "The file took too long to arrive. Please try again."
    field = "file"


def require_length(request: Request, *, max_bytes: int) -> None:
    """Refuse a body by its announced length, before a byte of it is read; raises UploadTooLargeError."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > max_bytes:
        raise UploadTooLargeError(max_bytes)


async def read(request: Request, *, max_bytes: int) -> bytes:
    """Read the raw body; raises UploadTooLargeError and UploadTimeoutError."""
    body = bytearray()
    try:
        async with asyncio.timeout(UPLOAD_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > max_bytes:
                    raise UploadTooLargeError(max_bytes)
    except TimeoutError:
        raise UploadTimeoutError from None
    return bytes(body)


class DrainRefusedUploads:
    """Reads on for a moment before it sends the refusal of an upload, so that browsers show it."""

    def __init__(self, app: ASGIApp, *, path: str) -> None:
        self._app = app
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] != self._path:
            await self._app(scope, receive, send)
            return
        body = _Body(receive)

        async def send_after_body(message: Message) -> None:
            is_start = message["type"] == "http.response.start"
            if is_start and message["status"] >= HTTPStatus.BAD_REQUEST:
                await body.drain()
            await send(message)

        await self._app(scope, body.receive, send_after_body)


class _Body:
    """A request body that can be read to its end after the handler stopped reading."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._is_over = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._is_over = not message.get("more_body", False)
        return message

    async def drain(self) -> None:
        drained = 0
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while not self._is_over and drained < DRAIN_BYTES:
                    drained += len((await self.receive()).get("body", b""))
        except TimeoutError:
            return
