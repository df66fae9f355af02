"""Guard of calls: allowed handlers, checked arguments, cut addresses and headers."""

import asyncio
import inspect
from collections.abc import AsyncGenerator
from types import FunctionType
from typing import Any, cast

import pytest
import reflex as rx
from engineio.packet import MESSAGE, Packet
from prometheus_client import REGISTRY
from reflex.app import EventNamespace
from reflex.istate.manager.memory import StateManagerMemory
from reflex.state import BaseState
from reflex_base.event import Event
from reflex_base.event.processor.event_processor import EventProcessor, EventQueueEntry
from reflex_base.registry import RegisteredEventHandler
from starlette.responses import Response
from structlog.testing import capture_logs

from ticketing_app.accounts import auth
from ticketing_app.accounts.schemas import SessionStarted
from ticketing_app.core.buckets import TokenBucket
from ticketing_app.core.clock import utc_now
from ticketing_app.core.logging import MAX_CHARACTERS
from ticketing_app.ticketing_app import app
from ticketing_app.ui.websocket import calls, sockets
from ticketing_app.ui.websocket.calls import PageNamespace

ROOT = "reflex___state____state"
SESSION = f"{ROOT}.ticketing_app___ui___session____session_state"
ADDRESS = {"pathname": "/", "asPath": "/?q=x", "query": {"q": "x"}}
TOKEN = "7e4b2c8e-95b5-4a67-a3a4-0f2b0e3c9c11"
HEADERS = [
    (b"host", b"tickets.test"),
    (b"x-request-start", b"secret of the proxy"),
    (b"cookie", b"tracker=1; session=abc; timezone=Europe%2FBerlin"),
    (b"user-agent", b"x"),
]
Call = dict[str, Any]


async def nothing(*_: object) -> None:
    """Ignore all arguments."""


class Page:
    """An open websocket at Reflex's namespace; `queued` holds the calls that passed the guard."""

    def __init__(self, namespace: PageNamespace) -> None:
        self.namespace = namespace
        self.server: Any = namespace.server
        self.queued: list[Call] = []
        self.socket = sockets.Socket(cast("Any", nothing), nothing, cast("Any", None), 0)
        scope = {"headers": HEADERS, "client": ("192.0.2.1", 1), sockets.SOCKET: self.socket}
        self.environ = {"QUERY_STRING": f"token={TOKEN}", "asgi.scope": scope}
        self.sid = ""

    async def open(self) -> None:
        eio_sid = "eio"
        self.server.environ[eio_sid] = self.environ
        self.sid = await self.server.manager.connect(eio_sid, self.namespace.namespace)

    async def close(self) -> None:
        await self.server.manager.disconnect(self.sid, self.namespace.namespace)
        del self.server.environ["eio"]

    async def call(self, name: str, payload: object = None, **more: object) -> list[Call]:
        """Call a handler; return the queued calls."""
        self.queued.clear()
        call = {"name": name, "payload": payload, "router_data": ADDRESS, **more}
        await self.namespace.trigger_event("event", self.sid, call)
        return self.queued


@pytest.fixture
async def visitor(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Page]:
    namespace = app.event_namespace
    assert isinstance(namespace, PageNamespace)
    visitor = Page(namespace)

    async def queue(_: object, _sid: str, call: Call) -> None:
        visitor.queued.append(call)

    monkeypatch.setattr(EventNamespace, "on_event", queue)
    monkeypatch.setattr(sockets, "_lines", TokenBucket(burst=20, per_second=1))
    await visitor.open()
    yield visitor
    await visitor.close()


def dropped(reason: str) -> float:
    count = REGISTRY.get_sample_value("gittix_page_wrong_calls_total", {"reason": reason})
    assert count is not None
    return count


def own_states() -> list[type[BaseState]]:
    return [
        kind for kind in rx.State.get_substates() if kind.__module__.startswith("ticketing_app.")
    ]


class TestHandlers:
    async def test_allows_our_handlers(self, visitor: Page) -> None:
        names = [
            f"{kind.get_full_name()}.{name}"
            for kind in own_states()
            for name, handler in kind.event_handlers.items()
            if len(inspect.signature(handler.fn).parameters) == 1
        ]
        assert len(names) > 20
        for name in names:
            assert await visitor.call(name) == [
                {"name": name, "payload": {}, "router_data": ADDRESS}
            ]

    def test_our_handlers_are_declared(self) -> None:
        for kind in own_states():
            for name, member in vars(kind).items():
                if isinstance(member, FunctionType) and not name.startswith("_"):
                    source = inspect.getsource(member)
                    assert "@rx.event" in source.partition("def ")[0], f"{kind}.{name}"

    @pytest.mark.parametrize(
        "name",
        [
            f"{ROOT}.setvar",
            f"{ROOT}.hydrate",
            f"{ROOT}.set_is_hydrated",
            f"{ROOT}.reflex___state____on_load_internal_state.set_is_hydrated",
            f"{ROOT}.reflex___state____update_vars_internal_state.update_vars_internal",
            f"{SESSION}.setvar",
            f"{SESSION}._forget",
            f"{SESSION}.reset",
            "nothing",
            "",
        ],
    )
    async def test_refuses_other_handlers(self, visitor: Page, name: str) -> None:
        before = dropped("unknown")
        assert await visitor.call(name, {"value": "x" * 60_000, "var_name": "user_id"}) == []
        assert dropped("unknown") == before + 1

    async def test_allowed_handlers_of_reflex_exist(self, visitor: Page) -> None:
        assert f"{ROOT}.hydrate_and_load" == calls.HYDRATE
        assert f"{ROOT}.reflex___state____on_load_internal_state.on_load_internal" == calls.ON_LOAD
        assert len(await visitor.call(calls.ON_LOAD)) == 1
        [call] = await visitor.call(calls.HYDRATE, {"vars": {}, "hashes": ["a", "b"]})
        assert call["payload"] == {"hashes": ["a", "b"]}

    @pytest.mark.parametrize(
        ("name", "payload"),
        [
            (calls.HYDRATE, {"vars": {f"{SESSION}.email": "x"}}),
            (calls.HYDRATE, {"hashes": "abc"}),
            (calls.HYDRATE, {"hashes": [{"a": 1}]}),
            (calls.HYDRATE, {"more": 1}),
            (calls.HYDRATE, [1]),
            (calls.ON_LOAD, {"more": 1}),
            (calls.BROWSER_ERROR, {"info": ["x"]}),
            (calls.BROWSER_ERROR, "x"),
            (f"{SESSION}.load", {"more": 1}),
            (f"{SESSION}.load", [1]),
            (f"{SESSION}.load", "x"),
        ],
    )
    async def test_refuse_wrong_arguments(self, visitor: Page, name: str, payload: object) -> None:
        before = dropped("arguments")
        assert await visitor.call(name, payload) == []
        assert dropped("arguments") == before + 1

    @pytest.mark.parametrize("data", [None, "x" * 60_000, '{"name": "x"}', [], 7, {"name": 7}, {}])
    async def test_refuse_other_messages(self, visitor: Page, data: object) -> None:
        before = dropped("arguments")
        await visitor.namespace.trigger_event("event", visitor.sid, data)
        assert (visitor.queued, dropped("arguments")) == ([], before + 1)

    async def test_refuse_several_calls_at_once(self, visitor: Page) -> None:
        await visitor.namespace.trigger_event("event", visitor.sid)
        await visitor.namespace.trigger_event("event", visitor.sid, {}, {})
        assert visitor.queued == []


class TestAddress:
    async def test_is_cut(self, visitor: Page) -> None:
        long = "/" + "x" * 60_000
        router = {"pathname": long, "asPath": long, "query": {"a": "x" * 2000, "b": long}}
        [call] = await visitor.call(f"{SESSION}.load", router_data=router)
        kept = call["router_data"]
        assert [len(kept[name]) for name in ("pathname", "asPath")] == [2048, 2048]
        assert kept["query"] == {"a": "x" * 2000}

    @pytest.mark.parametrize("router", [None, 7, [], {"pathname": {"a": 1}, "asPath": [], "x": 1}])
    async def test_omits_an_invalid_address(self, visitor: Page, router: object) -> None:
        [call] = await visitor.call(f"{SESSION}.load", router_data=router)
        assert not call["router_data"] or call["router_data"] == {"query": {}}

    async def test_ignores_forged_headers(self, visitor: Page) -> None:
        router = {**ADDRESS, "headers": {"cookie": "session=forged"}, "ip": "6.6.6.6"}
        [call] = await visitor.call(f"{SESSION}.load", router_data=router)
        assert call["router_data"] == ADDRESS


class TestHeaders:
    def test_keep_the_headers_that_handlers_read(self, visitor: Page) -> None:
        built = visitor.namespace._build_static_router_data(visitor.sid, visitor.environ)
        assert built["headers"] == {
            "host": "tickets.test",
            "cookie": " session=abc; timezone=Europe%2FBerlin",
        }
        assert built["ip"] == "192.0.2.1"

    def test_keep_the_session_cookie(self, visitor: Page) -> None:
        response = Response()
        auth.set_session_cookies(response, SessionStarted(token="token", expires_at=utc_now()))
        cookies = response.headers.getlist("set-cookie")
        cookie = "; ".join(each.partition(";")[0] for each in cookies)
        visitor.environ["asgi.scope"] = {"headers": [(b"cookie", cookie.encode())]}
        built = visitor.namespace._build_static_router_data(visitor.sid, visitor.environ)
        assert built["headers"] == {"cookie": cookie}

    def test_omit_long_values(self, visitor: Page) -> None:
        headers = [(b"cookie", b"session=" + b"x" * 9000), (b"host", b"h")]
        visitor.environ["asgi.scope"] = {"headers": headers}
        built = visitor.namespace._build_static_router_data(visitor.sid, visitor.environ)
        assert built["headers"] == {"host": "h"}


class TestBrowserErrors:
    async def test_are_cut_and_limited_per_socket(
        self, visitor: Page, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(calls, "_browser_errors", TokenBucket(burst=20, per_second=0.1))
        error = {"info": "x" * 60_000, "component_stack": "y" * 60_000}
        before = dropped("errors")
        [call] = await visitor.call(calls.BROWSER_ERROR, error)
        assert call["payload"] == {"info": "x" * 500, "component_stack": ""}
        queued = [len(await visitor.call(calls.BROWSER_ERROR, error)) for _ in range(6)]
        assert queued == [1, 1, 1, 1, 0, 0]
        assert dropped("errors") == before + 2

    async def test_are_limited_for_all_sockets(
        self, visitor: Page, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(calls, "_browser_errors", TokenBucket(burst=1, per_second=0.001))
        assert len(await visitor.call(calls.BROWSER_ERROR, {"info": "a"})) == 1
        assert await visitor.call(calls.BROWSER_ERROR, {"info": "b"}) == []


class TestConnect:
    @pytest.fixture
    def connected(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
        seen: list[tuple[object, ...]] = []

        async def connect(_: object, *args: object) -> None:
            seen.append(args)

        monkeypatch.setattr(EventNamespace, "on_connect", connect)
        return seen

    async def test_accepts_the_servers_report(
        self, visitor: Page, connected: list[tuple[object, ...]]
    ) -> None:
        await visitor.namespace.trigger_event("connect", visitor.sid, visitor.environ, None)
        assert connected == [(visitor.sid, visitor.environ, None)]

    async def test_refuses_forged_reports(
        self, visitor: Page, connected: list[tuple[object, ...]]
    ) -> None:
        before = dropped("forged")
        for forged in ([], [dict(visitor.environ)], [{"asgi.scope": {"client": ["6.6.6.6"]}}, {}]):
            await visitor.namespace.trigger_event("connect", visitor.sid, *forged)
        assert (connected, dropped("forged")) == ([], before + 3)

    @pytest.mark.parametrize(
        "query", ["", "token=", "token=a_b", "token=" + "a" * 65, "token=a%0Ab"]
    )
    async def test_requires_a_token_of_reflex(
        self, visitor: Page, connected: list[tuple[object, ...]], query: str
    ) -> None:
        visitor.environ["QUERY_STRING"] = query
        with pytest.raises(ConnectionRefusedError):
            await visitor.namespace.trigger_event("connect", visitor.sid, visitor.environ, None)
        assert connected == []


class Slow(EventProcessor):
    """Runs calls until they are ended, and records them."""

    ran: list[Event]
    may_end: asyncio.Event

    async def _execute_event(
        self,
        *,
        entry: EventQueueEntry,
        registered_handler: RegisteredEventHandler,  # noqa: ARG002  # as Reflex calls it
    ) -> None:
        self.ran.append(entry.event)
        await self.may_end.wait()


class TestDisconnect:
    async def test_refuses_forged_reports(self, visitor: Page) -> None:
        before = dropped("forged")
        await visitor.namespace.trigger_event("disconnect", visitor.sid, "client disconnect")
        assert dropped("forged") == before + 1

    async def test_drops_queued_calls(self, visitor: Page, monkeypatch: pytest.MonkeyPatch) -> None:
        processor = Slow()
        processor.ran, processor.may_end = [], asyncio.Event()
        monkeypatch.setattr(app, "_event_processor", processor)
        tokens = visitor.namespace.sid_to_token
        monkeypatch.setitem(tokens, visitor.sid, TOKEN)
        async with processor.configure(state_manager=StateManagerMemory()):
            for _ in range(3000):
                await processor.enqueue(TOKEN, Event(name=f"{SESSION}.note_crash"))
            other = await processor.enqueue("other", Event(name=f"{SESSION}.note_crash"))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            self.server_ends(visitor)
            await visitor.namespace.trigger_event("disconnect", visitor.sid, "transport close")
            processor.may_end.set()
            await processor.join()
            await other
            await asyncio.sleep(0)
        assert len(processor.ran) == 2

    @staticmethod
    def server_ends(visitor: Page) -> None:
        visitor.server.manager.pre_disconnect(visitor.sid, visitor.namespace.namespace)


class TestUnread:
    async def test_closes_the_socket(self, visitor: Page, monkeypatch: pytest.MonkeyPatch) -> None:
        engine_socket = EngineSocket()
        monkeypatch.setitem(visitor.server.eio.sockets, "eio", engine_socket)
        for _ in range(20):
            await visitor.namespace.emit("event", {"delta": "x" * 200_000}, to=visitor.sid)
        assert visitor.socket.closed_for == "unread"
        assert engine_socket.unread < calls.MAX_UNREAD_BYTES + 300_000

    async def test_counts_small_packets(
        self, visitor: Page, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        engine_socket = EngineSocket()
        monkeypatch.setitem(visitor.server.eio.sockets, "eio", engine_socket)
        for _ in range(5000):
            await visitor.namespace.emit("event", {}, to=visitor.sid)
        assert visitor.socket.closed_for == "unread"
        assert engine_socket.queue.qsize() < 3000


class EngineSocket:
    """engine.io's end of a client that reads nothing."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Any] = asyncio.Queue()
        self.closed = False
        self.unread = 0
        self.pushed: list[str] = []

    async def send(self, packet: Packet) -> None:
        self.unread += len(str(packet.data))
        await self.queue.put(packet)


class TestPush:
    @pytest.fixture
    def client(self, visitor: Page, monkeypatch: pytest.MonkeyPatch) -> EngineSocket:
        """A client that has read one pushed message, and not the next one."""
        client = EngineSocket()
        monkeypatch.setitem(visitor.server.eio.sockets, "eio", client)
        is_free = iter((True, False))

        def push(message: dict[str, str]) -> bool:
            if accepted := next(is_free):
                client.pushed.append(message["text"])
            return accepted

        monkeypatch.setattr(visitor.socket, "push", push)
        return client

    async def test_bypasses_the_queue(self, visitor: Page, client: EngineSocket) -> None:
        await visitor.namespace.push(["eio"], "2[]")
        assert client.pushed == ["42[]"]
        assert client.queue.empty()

    async def test_queues_after_an_unread_message(
        self, visitor: Page, client: EngineSocket
    ) -> None:
        await visitor.namespace.push(["eio", "eio"], "2[]")
        assert client.queue.get_nowait().encode() == client.pushed[0]

    async def test_stays_behind_queued_messages(self, visitor: Page, client: EngineSocket) -> None:
        await client.send(Packet(MESSAGE, "2[0]"))
        await visitor.namespace.push(["eio"], "2[1]")
        assert not client.pushed
        assert [client.queue.get_nowait().encode() for _ in range(2)] == ["42[0]", "42[1]"]

    async def test_ignores_closed_pages(self, visitor: Page) -> None:
        await visitor.namespace.push(["closed"], "2[]")


class TestLog:
    async def test_has_one_line_per_socket(self, visitor: Page) -> None:
        with capture_logs() as lines:
            for _ in range(300):
                await visitor.call(f"{ROOT}.setvar", {"var_name": "x"})
        assert [line["event"] for line in lines] == ["ui.wrong_call"]

    async def test_cannot_be_forged(self, visitor: Page) -> None:
        with capture_logs() as lines:
            await visitor.call(
                "x\n2026-11-29T17:00:00Z [info] charge.completed\x1b[31m" + "y" * 60_000
            )
        [line] = lines
        assert line["call"].isprintable()
        assert len(line["call"]) < MAX_CHARACTERS + 20

    async def test_is_rate_limited(self, visitor: Page, monkeypatch: pytest.MonkeyPatch) -> None:
        with capture_logs() as lines:
            for _ in range(300):
                monkeypatch.setattr(visitor.socket, "has_logged_wrong_call", False)
                await visitor.namespace.trigger_event("nonsense", visitor.sid)
        assert len(lines) < 50
