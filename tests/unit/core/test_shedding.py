import asyncio
from collections.abc import Callable

import httpx
import pytest
from prometheus_client import REGISTRY
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from tests.waiting import eventually, running
from ticketing_app.core import http, shedding
from ticketing_app.core.shedding import Load, OverloadedError

ORDERS = "/api/orders"
PAY = "/api/payments"


@pytest.fixture(autouse=True)
def load(monkeypatch: pytest.MonkeyPatch, change_settings: Callable[..., None]) -> Load:
    """The load of a process that may have one read and one write in progress."""
    change_settings(reads_in_progress=1, writes_in_progress=1, loop_lag_seconds=0.5)
    load = Load()
    monkeypatch.setattr(shedding, "load", load)
    return load


@pytest.fixture
def client() -> httpx.AsyncClient:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        body = await Request(scope, receive).body()
        await PlainTextResponse(b"done " + body)(scope, receive, send)

    transport = httpx.ASGITransport(shedding.protect((PAY,))(app))
    return httpx.AsyncClient(transport=transport, base_url="http://gittix.test")


def count_shed(kind: str) -> float:
    return REGISTRY.get_sample_value("gittix_requests_shed_total", {"kind": kind}) or 0


class TestLoad:
    def test_admits_while_there_is_room(self, load: Load) -> None:
        with load.admit("read"), load.admit("write"):
            assert load.in_progress == {"read": 1, "write": 1}
        assert load.in_progress.total() == 0

    def test_refuses_beyond_the_limit_of_the_kind(self, load: Load) -> None:
        before = count_shed("write")
        with load.admit("write"):
            with pytest.raises(OverloadedError) as refusal, load.admit("write"):
                pass
            with load.admit("read"):
                pass
        assert refusal.value.status == 503
        assert refusal.value.retry_after in range(2, 7)
        assert count_shed("write") == before + 1

    def test_frees_the_place_after_an_error(self, load: Load) -> None:
        with pytest.raises(KeyError), load.admit("write"):
            raise KeyError
        with load.admit("write"):
            pass

    def test_refuses_while_the_event_loop_lags(self, load: Load) -> None:
        load.note_lag(2)
        with pytest.raises(OverloadedError), load.admit("read"):
            pass
        for _ in range(5):
            load.note_lag(0)
        with load.admit("read"):
            pass

    def test_ignores_one_short_stall(self, load: Load) -> None:
        load.note_lag(1)
        with load.admit("read"):
            pass

    @pytest.mark.parametrize("kind", ["read", "write"])
    def test_limits_of_zero_are_off(
        self, load: Load, kind: shedding.Kind, change_settings: Callable[..., None]
    ) -> None:
        change_settings(reads_in_progress=0, writes_in_progress=0, loop_lag_seconds=0)
        load.note_lag(1000)
        with load.admit(kind), load.admit(kind):
            pass

    def test_is_busy_with_half_of_the_writes(
        self, load: Load, change_settings: Callable[..., None]
    ) -> None:
        change_settings(writes_in_progress=3)
        with load.admit("write"):
            assert not load.is_busy
            with load.admit("write"):
                assert load.is_busy
        assert not load.is_busy

    def test_is_busy_while_the_event_loop_lags(self, load: Load) -> None:
        for _ in range(20):
            load.note_lag(0.02)
        assert load.is_busy

    def test_without_limits_is_never_busy(
        self, load: Load, change_settings: Callable[..., None]
    ) -> None:
        change_settings(writes_in_progress=0, loop_lag_seconds=0)
        load.note_lag(1000)
        with load.admit("write"):
            assert not load.is_busy

    def test_logs_refusals_once_in_a_while(self, load: Load) -> None:
        with capture_logs() as logs, load.admit("write"):
            for _ in range(3):
                with pytest.raises(OverloadedError), load.admit("write"):
                    pass
        assert [(line["event"], line["writes"]) for line in logs] == [("web.overloaded", 1)]

    async def test_measures_the_lag_of_the_loop(self, load: Load) -> None:
        load.note_lag(1000)
        before = load.lag_seconds
        async with running(load.watch_lag()):
            await eventually(lambda: load.lag_seconds < before)


class TestProtect:
    async def test_passes_requests_on(self, client: httpx.AsyncClient, load: Load) -> None:
        assert (await client.post(ORDERS, content=b"body")).text == "done body"
        assert (await client.get("/")).text == "done "
        assert load.in_progress.total() == 0

    async def test_answers_the_api_with_a_problem(
        self, client: httpx.AsyncClient, load: Load
    ) -> None:
        with load.admit("write"):
            answer = await client.post(ORDERS, content=b"{}")
        assert answer.status_code == 503
        assert answer.headers["content-type"] == http.PROBLEM_JSON
        assert int(answer.headers["retry-after"]) in range(2, 7)
        assert "try again" in answer.json()["errors"][0]["message"]

    async def test_answers_documents_with_a_page(
        self, client: httpx.AsyncClient, load: Load
    ) -> None:
        with load.admit("read"):
            answer = await client.get("/events/derby")
            head = await client.head("/events/derby")
        assert answer.status_code == head.status_code == 503
        assert answer.headers["content-type"].startswith("text/html")
        assert f"again by itself in {answer.headers['retry-after']} seconds" in answer.text
        assert "{" not in answer.text.partition("<body>")[2]
        assert head.text == ""

    @pytest.mark.parametrize("path", [PAY, f"{PAY}/1/settle", "/assets/a.js", "/boot.js"])
    async def test_spares_paths(self, client: httpx.AsyncClient, load: Load, path: str) -> None:
        with load.admit("read"), load.admit("write"):
            load.note_lag(1000)
            assert (await client.get(path)).status_code == 200
            assert (await client.post(path)).status_code == 200

    async def test_spares_no_files_of_the_api(self, client: httpx.AsyncClient, load: Load) -> None:
        with load.admit("read"):
            assert (await client.get("/api/x.json")).status_code == 503

    async def test_spares_websockets(self, load: Load) -> None:
        calls: list[Scope] = []

        async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
            calls.append(scope)

        load.note_lag(1000)
        await shedding.protect(())(app)({"type": "websocket"}, _never, _ignore)
        assert calls == [{"type": "websocket"}]


class TestSlowBody:
    async def test_takes_no_place_while_it_arrives(self, load: Load) -> None:
        arriving = asyncio.ensure_future(shedding.protect(())(_fail)(_post(), _never, _ignore))
        await asyncio.sleep(0)
        assert load.in_progress.total() == 0
        arriving.cancel()

    async def test_that_is_too_large_is_left_to_the_route(
        self, client: httpx.AsyncClient, load: Load
    ) -> None:
        body = b"x" * (http.MAX_BODY_BYTES + 1)
        with load.admit("write"):
            assert (await client.post(ORDERS, content=body)).text == f"done {body.decode()}"

    async def test_is_refused_after_a_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(http, "BODY_SECONDS", 0)
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        await shedding.protect(())(_fail)(_post(), _never, send)
        assert sent[0]["status"] == 408


def _post() -> Scope:
    return {"type": "http", "method": "POST", "path": ORDERS, "headers": []}


async def _never() -> Message:
    await asyncio.Event().wait()
    return {}


async def _ignore(_: Message) -> None:
    pass


async def _fail(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise AssertionError
