"""Websockets of the whole app in this process: Reflex, socket.io and engine.io behind our limits."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from engineio import AsyncServer
from prometheus_client import REGISTRY
from starlette.types import ASGIApp, Message
from typing_extensions import override

from tests import factories
from tests.waiting import eventually
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core.buckets import TokenBucket
from ticketing_app.ticketing_app import app
from ticketing_app.ui.accounts.state import SecurityState
from ticketing_app.ui.home.state import HomeState
from ticketing_app.ui.live import broadcast, channels
from ticketing_app.ui.websocket import calls, sockets

pytestmark = pytest.mark.usefixtures("database")
SignIn = Callable[[UserRead], Awaitable[str]]
LIST = HomeState.get_full_name()
NAMESPACE = "/_event"


class Browser:
    """A page's websocket at the ASGI app; reads while `reads` is set."""

    def __init__(self, asgi: ASGIApp, token: str = "", cookie: str = "") -> None:
        self.received: list[str] = []
        self.closed_with: int | None = None
        self.reads = asyncio.Event()
        self.reads.set()
        self._coming: asyncio.Queue[Message] = asyncio.Queue()
        self.token = token or str(uuid4())
        query = f"token={self.token}&EIO=4&transport=websocket"
        host = (b"host", b"localhost:3000")
        self.scope: dict[str, Any] = {
            "type": "websocket",
            "path": "/_event/",
            "raw_path": b"/_event/",
            "root_path": "",
            "scheme": "ws",
            "query_string": query.encode(),
            "client": ("192.0.2.1", 1),
            "server": ("localhost", 3000),
            "subprotocols": [],
            "headers": [
                host,
                (b"origin", b"http://localhost:3000"),
                (b"upgrade", b"websocket"),
                (b"connection", b"Upgrade"),
            ],
        }
        if cookie:
            self.scope["headers"].append((b"cookie", cookie.encode()))
        self.task = asyncio.ensure_future(asgi(self.scope, self._coming.get, self._take))
        self._coming.put_nowait({"type": "websocket.connect"})
        boot = {"event": self.event(calls.HYDRATE, {})}
        self.send(f"40{NAMESPACE},{json.dumps(boot)}")

    async def _take(self, message: Message) -> None:
        await self.reads.wait()
        if message["type"] == "websocket.close":
            self.closed_with = message.get("code")
        self.received.append(message.get("text") or "")

    @staticmethod
    def event(name: str, payload: object, path: str = "/") -> dict[str, Any]:
        router_data = {"pathname": "/", "asPath": path, "query": {}}
        return {"name": name, "payload": payload, "router_data": router_data}

    def send(self, text: str) -> None:
        self._coming.put_nowait({"type": "websocket.receive", "text": text})

    def call(self, name: str, payload: object, path: str = "/") -> None:
        self.send(f"42{NAMESPACE}," + json.dumps(["event", self.event(name, payload, path)]))

    def says(self, text: str) -> bool:
        return text in str(self.received)

    async def leave(self) -> None:
        """Close the page."""
        self.reads.set()
        self._coming.put_nowait({"type": "websocket.disconnect", "code": 1001})
        await asyncio.wait_for(asyncio.wait([self.task]), 15)


OpenPage = Callable[..., Browser]


@pytest.fixture
async def open_page() -> AsyncGenerator[OpenPage]:
    """Open the list of tickets in one more tab."""
    assert app._api
    asgi = sockets.limit(app._api)
    browsers: list[Browser] = []

    def open_one(token: str = "", cookie: str = "") -> Browser:
        browsers.append(Browser(asgi, token, cookie))
        return browsers[-1]

    async with serving():
        yield open_one
        for browser in browsers:
            await browser.leave()


@asynccontextmanager
async def serving() -> AsyncGenerator[None]:
    with app.set_contexts():
        async with app._setup_event_processor():
            yield
    app._event_processor = None


def refused() -> float:
    count = REGISTRY.get_sample_value("gittix_sockets_refused_total", {"reason": "unread"})
    assert count is not None
    return count


class TestPage:
    async def test_is_loaded_and_answers(self, open_page: OpenPage) -> None:
        await factories.make_ticket(title="The Wire")
        browser = open_page()
        await eventually(lambda: browser.says("The Wire"))
        browser.call(f"{LIST}.load", {}, "/?q=nothing+of+that")
        await eventually(lambda: browser.says("No tickets found"))
        assert not browser.task.done()

    async def test_closes_a_page_that_sends_too_fast(self, open_page: OpenPage) -> None:
        browser = open_page()
        await eventually(lambda: browser.says("is_loaded"))
        for _ in range(1500):
            browser.call(f"{LIST}.refresh", {})
        await eventually(browser.task.done)
        assert browser.closed_with == sockets.POLICY_VIOLATION
        assert sum("cards" in text for text in browser.received) < 60

    async def test_closes_a_page_with_a_large_message(self, open_page: OpenPage) -> None:
        browser = open_page()
        await eventually(lambda: browser.says("is_loaded"))
        browser.call(f"{LIST}.refresh", {"x": "x" * 70_000})
        await eventually(browser.task.done)

    async def test_closes_a_page_that_does_not_read(
        self, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(calls, "MAX_UNREAD_BYTES", 20_000)
        browser = open_page()
        await eventually(lambda: browser.says("is_loaded"))
        before = refused()
        browser.reads.clear()
        for number in range(30):
            browser.call(f"{LIST}.load", {}, f"/?q={number}")
        await eventually(browser.task.done)
        assert refused() == before + 1

    async def test_hides_the_state_of_a_former_owner(
        self, open_page: OpenPage, sign_in: SignIn
    ) -> None:
        person = await factories.make_user()
        owner = open_page(cookie=await sign_in(person))
        owner.call(f"{SecurityState.get_full_name()}.load", {})
        await eventually(lambda: owner.says("192.0.2.1") and owner.says(person.email))
        await owner.leave()
        stranger = open_page(token=owner.token)
        await eventually(lambda: stranger.says("is_hydrated"))
        stranger.call(f"{LIST}.load", {}, "/?q=nothing+of+that")
        await eventually(lambda: stranger.says("No tickets found"))
        assert not stranger.says(person.email)


class TestLive:
    async def test_reaches_an_open_page_past_the_queue(
        self, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(channels, "_app", app)
        browser = open_page()
        await eventually(lambda: channels.has_page(channels.TICKETS))
        await eventually(lambda: browser.says("is_loaded"))
        monkeypatch.setattr(AsyncServer, "send", None)
        assert await broadcast._send(channels.TICKETS, [{"ticket": "1"}])
        await eventually(lambda: browser.says("dispatchEvent"))


class Everything(logging.Handler):
    """Collects all records with all their fields."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.text = ""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.text += f"{record.getMessage()} {vars(record)}\n"


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Generator[Everything]:
    """Collect the records of all loggers, at any level, whether they propagate or not."""
    # Earlier tests of this process may have used up the rate limit of log lines.
    monkeypatch.setattr(sockets, "_lines", TokenBucket(burst=20, per_second=1))
    handler = Everything()
    names = list(logging.Logger.manager.loggerDict)
    loggers = [logging.getLogger(), *map(logging.getLogger, names)]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield handler
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


class TestLogs:
    async def test_hold_no_cookie_of_an_unknown_event(
        self, open_page: OpenPage, logged: Everything, capfd: pytest.CaptureFixture[str]
    ) -> None:
        secret = f"{uuid4()}"
        browser = open_page(cookie=f"session={secret}; other={secret}")
        await eventually(lambda: browser.says("is_loaded"))
        browser.call("reflex___state____state.nothing", {"cookie": "forged"})
        browser.call(f"{LIST}.load", {"unknown": "argument"})
        browser.send(f'42{NAMESPACE},["unknown",{{}}]')
        browser.call(f"{LIST}.load", {}, "/?q=nothing+of+that")
        # The empty market of the first load looks the same but for the address.
        await eventually(lambda: browser.says("q=nothing+of+that"))
        output = capfd.readouterr()
        assert "wrong_call" in output.err
        assert secret not in logged.text + output.err + output.out
