"""The state of a tab after its account has changed."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import NoReturn
from uuid import UUID

import pytest
import reflex as rx
from reflex.event import Event
from reflex.istate.manager import StateManager
from reflex.istate.manager.memory import StateManagerMemory
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from tests import factories
from tests.ui.conftest import Tab
from ticketing_app.accounts import auth
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.errors import UnavailableError
from ticketing_app.ticketing_app import app
from ticketing_app.ui.accounts.state import SecurityState
from ticketing_app.ui.purchases.state import Purchase
from ticketing_app.ui.purchases.views import Offer
from ticketing_app.ui.session import SessionState
from ticketing_app.ui.tickets.state import TicketDetailState
from ticketing_app.ui.websocket.calls import HYDRATE
from ticketing_app.ui.websocket.tabs import TabOwner, forget_at_sign_out

pytestmark = pytest.mark.usefixtures("database")
SignIn = Callable[[UserRead], Awaitable[str]]


@pytest.fixture
async def cookie(tab: Tab, sign_in: SignIn) -> str:
    """The cookie of the account of the tab."""
    cookie = await sign_in(await factories.make_user())
    tab.open("/account/security", cookie=cookie)
    await tab.call(SecurityState.load)
    assert (len(tab.state(SecurityState).rows), held_email(tab)) == (1, True)
    return cookie


def held_email(tab: Tab) -> bool:
    return bool(tab.state(SessionState).email)


async def hydrate(tab: Tab, cookie: str = "") -> None:
    """Connect the tab's next page, as far as before its state is sent."""
    tab.open("/", cookie=cookie)
    assert await TabOwner().preprocess(app, tab.root, Event(name=HYDRATE)) is None


def shows_person(tab: Tab) -> bool:
    return held_email(tab) or bool(tab.state(SecurityState).rows)


class TestTabOwner:
    def test_runs_before_every_call(self) -> None:
        assert any(isinstance(each, TabOwner) for each in app._middlewares)

    @pytest.mark.usefixtures("cookie")
    async def test_changes_after_sign_out(self, tab: Tab) -> None:
        await hydrate(tab)
        assert not shows_person(tab)

    async def test_changes_after_a_revoked_session(self, tab: Tab, cookie: str) -> None:
        session_id = auth.read_session_id(cookie)
        assert isinstance(session_id, UUID)
        async with db.transaction() as transaction:
            await auth.end_session(transaction, session_id=session_id)
        await hydrate(tab, cookie)
        assert not shows_person(tab)

    @pytest.mark.usefixtures("cookie")
    async def test_changes_after_another_sign_in(self, tab: Tab, sign_in: SignIn) -> None:
        await hydrate(tab, await sign_in(await factories.make_user()))
        assert not shows_person(tab)

    async def test_keeps_the_state_of_the_same_account(self, tab: Tab, cookie: str) -> None:
        await hydrate(tab, cookie)
        assert shows_person(tab)

    async def test_keeps_the_state_in_an_outage(
        self, tab: Tab, cookie: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fail(_: object) -> None:
            raise UnavailableError

        monkeypatch.setattr(auth, "authenticate", fail)
        await hydrate(tab, cookie)
        assert shows_person(tab)
        await hydrate(tab)
        assert not shows_person(tab)

    async def test_keeps_the_purchase_of_a_visitor(self, tab: Tab, sign_in: SignIn) -> None:
        shown = tab.state(TicketDetailState)
        tab.open("/tickets/x")
        await tab.call(SessionState.load)
        shown._purchase = purchase = Purchase(Offer(price_cents=4000), (), "token")
        await hydrate(tab, await sign_in(await factories.make_user()))
        assert shown._purchase == purchase

    @pytest.mark.usefixtures("cookie")
    async def test_runs_at_hydration_only(self, tab: Tab) -> None:
        tab.open("/")
        await TabOwner().preprocess(app, tab.root, Event(name="anything"))
        assert shows_person(tab)


class TestForgetAtSignOut:
    TOKEN = "0e1f2a3b-0000-4000-8000-000000000000"

    @pytest.fixture
    async def held(self, tab: Tab, sign_in: SignIn) -> AsyncGenerator[StateManagerMemory]:
        """The states of one tab that shows its person."""
        tab.open("/account", cookie=await sign_in(await factories.make_user()))
        await tab.call(SecurityState.load)
        manager = StateManagerMemory()
        await manager.set_state(rx.BaseStateToken(ident=self.TOKEN, cls=rx.State), tab.root)
        yield manager
        await manager.close()

    async def respond(self, manager: StateManager, headers: dict[str, str], token: str) -> None:
        async def page(scope: Scope, receive: Receive, send: Send) -> None:
            await Response(headers=headers)(scope, receive, send)

        async def send(_: Message) -> None:
            pass

        scope = {"type": "http", "headers": [(b"x-tab", token.encode())]}
        served = forget_at_sign_out(page, lambda: manager)
        await served(scope, empty_request, send)

    async def test_forgets_the_tab_that_signs_out(self, tab: Tab, held: StateManagerMemory) -> None:
        await self.respond(held, {"clear-site-data": '"storage"'}, self.TOKEN)
        assert not shows_person(tab)

    @pytest.mark.parametrize(
        ("headers", "token"),
        [
            ({}, TOKEN),
            ({"clear-site-data": '"storage"'}, ""),
            ({"clear-site-data": '"storage"'}, "another-tab"),
            ({"clear-site-data": '"storage"'}, f"{TOKEN}*"),
        ],
    )
    async def test_keeps_other_tabs(
        self, tab: Tab, held: StateManagerMemory, headers: dict[str, str], token: str
    ) -> None:
        await self.respond(held, headers, token)
        assert shows_person(tab)

    async def test_signs_out_in_an_outage(self) -> None:
        class Broken(StateManagerMemory):
            def modify_state(self, *_: object, **__: object) -> NoReturn:  # pyright: ignore[reportIncompatibleMethodOverride]  # it only fails
                raise ConnectionRefusedError

        with capture_logs() as lines:
            await self.respond(Broken(), {"clear-site-data": '"storage"'}, self.TOKEN)
        assert [line["event"] for line in lines] == ["ui.tab_not_forgotten"]


async def empty_request() -> Message:
    return {"type": "http.request"}
