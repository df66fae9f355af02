"""Limits of websockets: messages, connections and unread output."""

import asyncio
import gc
from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client import REGISTRY
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ticketing_app.ui.websocket import sockets

ChangeSettings = Callable[..., None]
CALL = {"type": "websocket.receive", "text": "42"}


class Client:
    """A websocket that sends `messages`, then none; it reads while `reads` is set."""

    def __init__(self, address: str = "192.0.2.1", messages: int = 0, forwarded: str = "") -> None:
        self.left = messages
        self.is_new = True
        self.reads = True
        self.is_connected = True
        self.sent: list[Message] = []
        self.scope: Scope = {
            "type": "websocket",
            "client": (address, 1),
            "headers": [(b"x-forwarded-for", forwarded.encode())] if forwarded else [],
        }

    async def receive(self) -> Message:
        if self.is_new:
            self.is_new = False
            return {"type": "websocket.connect"}
        if self.left:
            self.left -= 1
            return CALL
        return await asyncio.get_running_loop().create_future()

    async def send(self, message: Message) -> None:
        if not self.is_connected:
            raise OSError
        if not self.reads:
            await asyncio.get_running_loop().create_future()
        self.sent.append(message)


class Engine:
    """Replaces engine.io: receives messages until the client has disconnected."""

    def __init__(self) -> None:
        self.taken = 0
        self.sockets: list[sockets.Socket] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.sockets.append(scope[sockets.SOCKET])
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] == "websocket.receive":
            self.taken += 1
        await send({"type": "websocket.close", "code": 1000})


def open_socket(app: ASGIApp, client: Client) -> asyncio.Task[None]:
    async def run() -> None:
        await app(client.scope, client.receive, client.send)

    return asyncio.create_task(run())


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def refused(reason: str) -> float:
    count = REGISTRY.get_sample_value("gittix_sockets_refused_total", {"reason": reason})
    assert count is not None
    return count


@pytest.fixture
def engine() -> Engine:
    return Engine()


class TestRate:
    async def test_closes_a_fast_sender(
        self, engine: Engine, change_settings: ChangeSettings
    ) -> None:
        change_settings(socket_messages_per_second=1)
        before = refused("rate")
        client = Client(messages=1500)
        await open_socket(sockets.limit(engine), client)
        assert engine.taken < 10
        assert client.sent[-1] == {"type": "websocket.close", "code": sockets.POLICY_VIOLATION}
        assert refused("rate") == before + 1

    async def test_allows_bursts(self, engine: Engine, change_settings: ChangeSettings) -> None:
        change_settings(socket_messages_per_second=10)
        task = open_socket(sockets.limit(engine), Client(messages=40))
        await settle()
        assert (engine.taken, task.done()) == (40, False)
        task.cancel()

    async def test_is_off_at_zero(self, engine: Engine, change_settings: ChangeSettings) -> None:
        change_settings(socket_messages_per_second=0)
        task = open_socket(sockets.limit(engine), Client(messages=5000))
        await settle()
        assert (engine.taken, task.done()) == (5000, False)
        task.cancel()

    async def test_delays_repeated_connections(
        self, engine: Engine, change_settings: ChangeSettings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        change_settings(socket_messages_per_second=1)
        waits: list[float] = []

        async def sleep(seconds: float) -> None:
            waits.append(seconds)

        monkeypatch.setattr(asyncio, "sleep", sleep)
        app = sockets.limit(engine)
        for _ in range(30):
            await open_socket(app, Client(messages=1000))
        assert len(waits) > 30
        assert waits[-1] > 5
        waits.clear()
        await open_socket(app, Client("192.0.2.2", messages=1000))
        assert waits == []


class TestAddresses:
    async def test_refuses_sockets_over_the_limit(
        self, engine: Engine, change_settings: ChangeSettings
    ) -> None:
        change_settings(sockets_per_address=2, socket_messages_per_second=10)
        app = sockets.limit(engine)
        before = refused("address")
        clients = [Client("2001:db8::1"), Client("2001:db8::2"), Client("2001:db8::3")]
        tasks = [open_socket(app, client) for client in [*clients, Client("2001:db8:0:1::1")]]
        await settle()
        assert [task.done() for task in tasks] == [False, False, True, False]
        assert [message["type"] for message in clients[2].sent] == ["websocket.close"]
        assert refused("address") == before + 1
        tasks[0].cancel()
        await settle()
        tasks.append(open_socket(app, Client("2001:db8::4")))
        await settle()
        assert not tasks[-1].done()
        for task in tasks:
            task.cancel()

    async def test_counts_addresses_behind_the_proxy(
        self, engine: Engine, change_settings: ChangeSettings
    ) -> None:
        change_settings(sockets_per_address=1, trusted_proxy_hops=1)
        app = sockets.limit(engine)
        clients = [Client(forwarded=f"6.6.6.6, 192.0.2.{number}") for number in (1, 2, 2)]
        tasks = [open_socket(app, client) for client in clients]
        await settle()
        assert [task.done() for task in tasks] == [False, False, True]
        for task in tasks:
            task.cancel()

    async def test_ignores_requests(self) -> None:
        seen: list[Scope] = []

        async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
            seen.append(scope)

        scope: dict[str, Any] = {"type": "http"}
        client = Client()
        await sockets.limit(app)(scope, client.receive, client.send)
        assert seen == [{"type": "http"}]


class TestSlowReaders:
    async def test_are_disconnected(self, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sockets, "SEND_SECONDS", 0.01)
        before = refused("stalled")
        client = Client()
        client.reads = False
        with pytest.raises(sockets.SocketClosedError):
            await open_socket(sockets.limit(engine), client)
        assert refused("stalled") == before + 1

    async def test_are_disconnected_within_a_send(self, engine: Engine) -> None:
        client = Client()
        task = open_socket(sockets.limit(engine), client)
        await settle()
        [socket] = engine.sockets
        sending = await begin_send(client, socket)
        before = refused("unread")
        for _ in range(2):
            socket.close("unread")
        with pytest.raises(sockets.SocketClosedError):
            await sending
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await socket.receive())["type"] == "websocket.disconnect"
        with pytest.raises(sockets.SocketClosedError):
            await socket.send({"type": "websocket.send", "text": "x"})
        assert refused("unread") == before + 1


async def begin_send(client: Client, socket: sockets.Socket) -> asyncio.Task[None]:
    """Send a message that the client does not read."""
    client.reads = False
    sending = asyncio.create_task(socket.send({"type": "websocket.send", "text": "x"}))
    await settle()
    return sending


class TestPush:
    async def test_sends_one_message_at_a_time(self, engine: Engine) -> None:
        client = Client()
        task = open_socket(sockets.limit(engine), client)
        await settle()
        [socket] = engine.sockets
        assert socket.push({"type": "websocket.send", "text": "1"})
        assert not socket.push({"type": "websocket.send", "text": "2"})
        await settle()
        assert socket.push({"type": "websocket.send", "text": "3"})
        await settle()
        assert [message.get("text") for message in client.sent] == [None, "1", "3"]
        task.cancel()

    async def test_ignores_that_the_client_has_left(
        self, engine: Engine, caplog: pytest.LogCaptureFixture
    ) -> None:
        client = Client()
        task = open_socket(sockets.limit(engine), client)
        await settle()
        [socket] = engine.sockets
        client.is_connected = False
        assert socket.push({"type": "websocket.send", "text": "1"})
        await settle()
        assert socket.push({"type": "websocket.send", "text": "2"})
        await settle()
        gc.collect()
        # asyncio logs errors of tasks that nothing waits for.
        assert not caplog.records
        task.cancel()

    async def test_refuses_while_another_message_is_sent(self, engine: Engine) -> None:
        client = Client()
        task = open_socket(sockets.limit(engine), client)
        await settle()
        [socket] = engine.sockets
        sending = await begin_send(client, socket)
        assert not socket.push({"type": "websocket.send", "text": "y"})
        socket.close("unread")
        assert not socket.push({"type": "websocket.send", "text": "z"})
        with pytest.raises(sockets.SocketClosedError):
            await sending
        with pytest.raises(asyncio.CancelledError):
            await task
