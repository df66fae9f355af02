import socket
from collections.abc import Callable

import httpx
import pytest
from prometheus_client import REGISTRY
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from tests.site import free_port
from ticketing_app.core import metrics
from ticketing_app.core.settings import Settings

COUNT = "gittix_http_request_duration_seconds_count"


def counted(route: str, status: str, method: str = "GET") -> float:
    labels = {"method": method, "route": route, "status": status}
    return REGISTRY.get_sample_value(COUNT, labels) or 0


async def request(
    answer: Callable[[Scope, Receive, Send], object], *, method: str = "GET", kind: str = "http"
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        status = answer(scope, receive, send)
        if status:
            await send({"type": "http.response.start", "status": status})
            await send({"type": "http.response.body"})

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(_: Message) -> None:
        return None

    await metrics.measure_requests(app)({"type": kind, "method": method}, receive, send)


def at(route: str, status: int) -> Callable[[Scope, Receive, Send], int]:
    def answer(scope: Scope, _receive: Receive, _send: Send) -> int:
        scope[metrics.ROUTE] = route
        return status

    return answer


class TestMeasureRequests:
    async def test_counts_by_route_method_and_kind_of_status(self) -> None:
        before = counted("/unit", "4xx")
        await request(at("/unit", 404))
        await request(at("/unit", 409))
        assert counted("/unit", "4xx") - before == 2

    async def test_keeps_client_input_out_of_labels(self) -> None:
        before = counted("other", "4xx", "other")
        await request(lambda *_: 405, method="BREW")
        assert counted("other", "4xx", "other") - before == 1

    async def test_counts_a_client_that_left_before_the_response(self) -> None:
        before = counted("/left", "none")
        await request(at("/left", 0))
        assert counted("/left", "none") - before == 1

    async def test_counts_a_crash_and_lets_it_through(self) -> None:
        def crash(scope: Scope, _receive: Receive, _send: Send) -> int:
            scope[metrics.ROUTE] = "/crash"
            raise ZeroDivisionError

        before = counted("/crash", "none")
        with pytest.raises(ZeroDivisionError):
            await request(crash)
        assert counted("/crash", "none") - before == 1

    async def test_leaves_websockets_alone(self) -> None:
        before = counted("/socket", "none")
        await request(at("/socket", 0), kind="websocket")
        assert counted("/socket", "none") == before


class TestServe:
    @staticmethod
    def at_port(monkeypatch: pytest.MonkeyPatch, port: int | None) -> None:
        settings = Settings(metrics_port=port, build_version="v7")
        monkeypatch.setattr(metrics, "get_settings", lambda: settings)

    def test_serves_on_a_separate_port(self, monkeypatch: pytest.MonkeyPatch) -> None:
        port = free_port()
        self.at_port(monkeypatch, port - 2)
        metrics.serve(2)
        answer = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False)
        assert answer.headers["content-type"].startswith("text/plain")
        assert 'gittix_build_info{python="3.' in answer.text
        assert 'version="v7"} 1.0' in answer.text

    def test_is_off_by_default(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at_port(monkeypatch, None)
        with capture_logs() as lines:
            metrics.serve()
        assert lines == []

    def test_only_logs_a_port_in_use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            self.at_port(monkeypatch, other.getsockname()[1])
            with capture_logs() as lines:
                metrics.serve()
        assert [line["event"] for line in lines] == ["metrics.not_served"]
