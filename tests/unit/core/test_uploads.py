"""The ASGI side of uploads: what is read before an answer."""

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send

from ticketing_app.core import uploads
from ticketing_app.core.uploads import DrainRefusedUploads

SCOPE: Scope = {"type": "http", "method": "POST", "path": "/up"}


class Client:
    """Sends parts of a body, and counts those that were read."""

    def __init__(self, parts: int, size: int = 1) -> None:
        self.parts = parts
        self.size = size
        self.read = 0
        self.read_at_start: int | None = None

    async def receive(self) -> Message:
        self.read += 1
        return {
            "type": "http.request",
            "body": b"x" * self.size,
            "more_body": self.read < self.parts,
        }

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.read_at_start = self.read


def answering(status: int, *, after: int = 0) -> DrainRefusedUploads:
    async def app(_: Scope, receive: Receive, send: Send) -> None:
        for _part in range(after):
            await receive()
        await send({"type": "http.response.start", "status": status, "headers": []})

    return DrainRefusedUploads(app, path="/up")


async def test_reads_the_rest_before_a_refusal() -> None:
    client = Client(parts=5)
    await answering(413, after=2)(SCOPE, client.receive, client.send)
    assert client.read_at_start == 5


@pytest.mark.parametrize(
    ("status", "scope"),
    [
        (201, SCOPE),
        (401, SCOPE | {"path": "/other"}),
        (401, SCOPE | {"method": "DELETE"}),
        (401, {"type": "websocket"}),
    ],
)
async def test_reads_nothing_before_other_answers(status: int, scope: Scope) -> None:
    client = Client(parts=5)
    await answering(status)(scope, client.receive, client.send)
    assert client.read_at_start == 0


async def test_reads_only_a_part_of_an_endless_body() -> None:
    client = Client(parts=1_000, size=2**20)
    await answering(401)(SCOPE, client.receive, client.send)
    assert client.read_at_start == 20


async def test_ends_when_the_client_leaves() -> None:
    client = Client(parts=1)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    await answering(401)(SCOPE, receive, client.send)
    assert client.read_at_start == 0


async def test_waits_only_briefly_for_a_silent_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "DRAIN_SECONDS", 0)
    client = Client(parts=1)

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    await answering(401)(SCOPE, receive, client.send)
    assert client.read_at_start == 0
