"""The caller of a page, the state of a tab, and the origin of websockets."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC
from typing import Any

import pytest
from starlette.types import Message
from structlog.testing import capture_logs

from tests import factories
from tests.ui.conftest import Tab
from ticketing_app.accounts import auth
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import (
    AppError,
    InvalidInputError,
    NotSignedInError,
    UnavailableError,
)
from ticketing_app.core.redis import RedisError
from ticketing_app.ui import session, transactions
from ticketing_app.ui.orders.groups import OrderGroup
from ticketing_app.ui.orders.state import OrderListState
from ticketing_app.ui.session import PageState, SessionState

SignIn = Callable[[UserRead], Awaitable[str]]


class TestLocalPath:
    @pytest.mark.parametrize("path", ["/", "/orders", "/tickets/1?x=y#z", "/?q=a//b"])
    def test_keeps_a_path_of_this_site(self, path: str) -> None:
        assert session.local_path(path) == path

    @pytest.mark.parametrize(
        "path",
        [
            "",
            "orders",
            "//evil.example",
            "///evil.example",
            "////evil.example",
            "/.//evil.example/login",
            "/..//evil.example",
            "/x/..//evil.example",
            "/\t/evil.example",
            "/\u2028/evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\nb",
            "javascript:x",
        ],
    )
    def test_rejects_other_sites(self, path: str) -> None:
        assert session.local_path(path) == "/"


class TestReaderNow:
    def test_uses_time_zone_cookie(self, tab: Tab) -> None:
        tab.open("/orders", cookie="session=x; timezone=America%2FDenver")
        now = session.reader_now(tab.state(SessionState))
        assert (str(now.tzinfo), now <= utc_now()) == ("America/Denver", True)

    @pytest.mark.parametrize(
        "told", ["", "Mars/Base", "Europe", "../../etc/passwd", "/etc/passwd", "%00", "a" * 5000]
    )
    def test_falls_back_to_utc(self, tab: Tab, told: str) -> None:
        tab.open("/orders", cookie=f"timezone={told}")
        assert session.reader_now(tab.state(SessionState)).tzinfo is UTC


@pytest.mark.usefixtures("database")
class TestFindCaller:
    async def test_returns_user_of_cookie(self, tab: Tab, sign_in: SignIn) -> None:
        ana = await factories.make_user("ana@gittix.test")
        tab.open("/", cookie=await sign_in(ana))
        await tab.call(SessionState.load)
        assert tab.state(SessionState).email == "ana@gittix.test"

    @pytest.mark.parametrize("cookie", ["", "session=x", "session=a.b.c", "other=1", "session="])
    async def test_returns_none_without_session(self, tab: Tab, cookie: str) -> None:
        tab.open("/", cookie=cookie)
        await tab.call(SessionState.load)
        assert (tab.state(SessionState).email, tab.state(SessionState).is_known) == ("", True)

    async def test_returns_none_after_session_ended(self, tab: Tab, sign_in: SignIn) -> None:
        cookie = await sign_in(await factories.make_user())
        caller = await auth.authenticate(cookie)
        assert caller
        async with db.transaction() as transaction:
            await auth.end_session(transaction, session_id=caller.session_id)
        tab.open("/orders", cookie=cookie)
        answer = await tab.call(OrderListState.load)
        assert "/auth/signin?next=%2Forders" in answer
        assert "dispatchEvent(new Event('leave',{cancelable:true})) &&" in answer, (
            "a form's way wins"
        )

    async def test_resets_state_of_another_user(self, tab: Tab, sign_in: SignIn) -> None:
        tab.open("/orders", cookie=await sign_in(await factories.make_user()))
        await tab.call(OrderListState.load)
        tab.state(OrderListState).past = [OrderGroup(title="of somebody else")]
        tab.open("/")
        await tab.call(SessionState.load)
        assert tab.state(OrderListState).past == []
        assert not tab.state(OrderListState).is_loaded

    async def test_keeps_state_of_same_user(self, tab: Tab, sign_in: SignIn) -> None:
        cookie = await sign_in(await factories.make_user())
        tab.open("/orders", cookie=cookie)
        await tab.call(OrderListState.load)
        tab.open("/", cookie=cookie)
        await tab.call(SessionState.load)
        assert tab.state(OrderListState).is_loaded

    @pytest.mark.parametrize(
        ("wanted", "target"), [("/orders", "/orders"), ("//evil.example", "/"), ("", "/")]
    )
    async def test_redirects_signed_in_users(
        self, tab: Tab, sign_in: SignIn, wanted: str, target: str
    ) -> None:
        cookie = await sign_in(await factories.make_user())
        tab.open(f"/auth/signin?next={wanted}", cookie=cookie)
        answer = await tab.call(SessionState.load_for_visitors)
        assert f'assign(\\"{target}\\")' in answer or f'assign("{target}")' in answer

    async def test_reloads_page_after_session_ended(self, tab: Tab, sign_in: SignIn) -> None:
        cookie = await sign_in(await factories.make_user())
        tab.open("/orders", cookie=cookie)
        await tab.call(OrderListState.load)
        assert await tab.call(SessionState.check) == ""
        caller = await auth.authenticate(cookie)
        assert caller
        async with db.transaction() as transaction:
            await auth.end_session(transaction, session_id=caller.session_id)
        assert "signedout" in await tab.call(SessionState.check)
        assert not tab.state(OrderListState).is_loaded
        # Reset only once: the state is empty already.
        assert await tab.call(SessionState.check) == ""

    async def test_keeps_page_during_outage(
        self, tab: Tab, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def away(*_: object) -> None:
            raise ConnectionRefusedError

        tab.open("/", cookie=await sign_in(await factories.make_user("ana@gittix.test")))
        await tab.call(SessionState.load)
        monkeypatch.setattr(auth, "authenticate", away)
        assert await tab.call(SessionState.check) == ""
        assert tab.state(SessionState).email == "ana@gittix.test"

    async def test_keeps_visitors_at_sign_in(self, tab: Tab) -> None:
        tab.open("/auth/signin?next=/orders")
        assert await tab.call(SessionState.load_for_visitors) == ""


class TestOutage:
    async def test_shows_outage(self, tab: Tab, monkeypatch: pytest.MonkeyPatch) -> None:
        async def away(*_: object) -> None:
            raise ConnectionRefusedError

        monkeypatch.setattr(auth, "authenticate", away)
        await tab.call(SessionState.load)
        assert tab.state(SessionState).notice == UnavailableError().message
        await tab.call(OrderListState.load)
        shown = tab.state(OrderListState)
        assert (shown.is_unavailable, shown.is_loaded) == (True, False)
        assert shown.error_message == UnavailableError().message

    @pytest.mark.parametrize("error", [OSError(), TimeoutError(), RedisError()])
    def test_distinguishes_outage_from_bug(self, error: Exception) -> None:
        with pytest.raises(UnavailableError), transactions.translate_outages():
            raise error
        with pytest.raises(ZeroDivisionError), transactions.translate_outages():
            raise ZeroDivisionError
        with pytest.raises(NotSignedInError), transactions.translate_outages():
            raise NotSignedInError


class TestGuarded:
    @staticmethod
    async def run(tab: Tab, error: AppError | None) -> PageState:
        shown = tab.state(OrderListState)
        shown.error_message = "old"
        shown.errors = {"old": "old"}

        @session.guarded
        async def handler(_: Any) -> None:  # noqa: ANN401  # any state
            if error:
                raise error

        await handler(shown)
        return shown

    async def test_refresh_clears_only_outage(self, tab: Tab) -> None:
        shown = tab.state(OrderListState)

        @session.refreshing
        async def handler(_: Any) -> None:  # noqa: ANN401  # any state
            return None

        for is_unavailable, left in ((False, "old"), (True, "")):
            shown.error_message = "old"
            shown.is_unavailable = is_unavailable
            await handler(shown)
            assert (shown.error_message, shown.is_unavailable) == (left, False)

    async def test_few_take_their_turn_at_once(self, tab: Tab) -> None:
        running = 0
        most = 0

        @session.refreshing
        @session.in_turn
        async def handler(_: Any) -> None:  # noqa: ANN401  # any state
            nonlocal running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1

        shown = tab.state(OrderListState)
        await asyncio.gather(*(handler(shown) for _ in range(3 * session.AT_ONCE)))
        assert most == session.AT_ONCE

    async def test_clears_previous_errors(self, tab: Tab) -> None:
        shown = await self.run(tab, None)
        assert (shown.error_message, shown.errors) == ("", {})

    async def test_shows_error(self, tab: Tab) -> None:
        shown = await self.run(tab, AppError("No."))
        assert (shown.error_message, shown.errors, shown.is_unavailable) == ("No.", {}, False)

    async def test_shows_errors_of_fields(self, tab: Tab) -> None:
        shown = await self.run(tab, InvalidInputError([("title", "A."), ("price", "B.")]))
        assert (shown.error_message, shown.errors) == ("", {"title": "A.", "price": "B."})

    async def test_shows_error_without_field(self, tab: Tab) -> None:
        shown = await self.run(tab, InvalidInputError([(None, "A.")]))
        assert (shown.error_message, shown.errors) == ("A.", {})

    def test_logs_unexpected_exception(self) -> None:
        with pytest.raises(TypeError) as bug:
            session.go(object())  # type: ignore[arg-type]
        with capture_logs() as lines:
            session.on_crash(bug.value)
        assert [(line["log_level"], "exc_info" in line) for line in lines] == [("error", True)]

    async def test_hides_details_of_crash(self, tab: Tab) -> None:
        event = session.on_crash(ZeroDivisionError("secret"))
        assert "note_crash" in str(event)
        SessionState.note_crash.fn(tab.state(SessionState))  # type: ignore[attr-defined]
        assert tab.state(SessionState).notice == session.CRASHED


class TestRefuseForeignSockets:
    @staticmethod
    async def open_socket(headers: dict[str, str]) -> list[Message]:
        sent: list[Message] = []

        async def app(_scope: object, _receive: object, send: Any) -> None:  # noqa: ANN401  # as ASGI
            await send({"type": "websocket.accept"})

        async def receive() -> Message:
            return {"type": "websocket.connect"}

        async def send(message: Message) -> None:
            sent.append(message)

        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        guarded = session.refuse_foreign_sockets(app)
        await guarded({"type": "websocket", "path": "/_event", "headers": raw}, receive, send)
        return sent

    async def test_accepts_own_origin(self) -> None:
        headers = {"origin": "http://tickets.test:8080", "host": "tickets.test:8080"}
        assert await self.open_socket(headers) == [{"type": "websocket.accept"}]

    @pytest.mark.parametrize(
        "headers",
        [
            {"host": "tickets.test"},
            {"origin": "https://evil.example", "host": "tickets.test"},
            {"origin": "null", "host": "tickets.test"},
            {"origin": "https://tickets.test", "host": "tickets.test"},
            {"origin": "chrome-extension://tickets.test", "host": "tickets.test"},
            {"origin": "http://tickets.test.evil.example", "host": "tickets.test"},
        ],
    )
    async def test_refuses_other_origins(self, headers: dict[str, str]) -> None:
        assert await self.open_socket(headers) == [{"type": "websocket.close", "code": 1008}]
