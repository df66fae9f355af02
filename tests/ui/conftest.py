"""A browser tab without a browser: the states of one visitor, and handlers called as over the wire."""

import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar, cast

import pytest
import reflex as rx
from httpx import AsyncClient

# Reading rxconfig must not bring up the developer's own stack.
os.environ["TICKETING_DEVSTACK"] = "false"

from tests.ui import built as build
from ticketing_app.accounts import auth
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.ticketing_app import app

StateT = TypeVar("StateT", bound=rx.State)


class Tab:
    """The states of one tab; `open` sets its address and the headers of its websocket."""

    def __init__(self) -> None:
        self.root = rx.State(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]  # as Reflex does
        self.open("/")

    def open(
        self, path: str, *, cookie: str = "", language: str = "", address: str = "", **route: object
    ) -> None:
        data = {
            "headers": {
                "cookie": cookie,
                "accept-language": language,
                "host": "localhost",
                "origin": "http://localhost",
            },
            "pathname": path,
            "asPath": path,
            "query": route,
            "token": "token",
            "sid": "sid",
            "ip": address,
        }
        self.root.router_data = self.root._update_router_vars(data, self.root.router_data)

    def state(self, kind: type[StateT]) -> StateT:
        found = self.root.get_substate(kind.get_full_name().split("."))
        assert isinstance(found, kind)
        return found

    async def call(self, handler: object, *args: object) -> str:
        """Call a handler as Reflex does; return the arguments of its browser event, empty without one."""
        # Reflex declares handlers as the functions that they are made of.
        event_handler = cast("rx.EventHandler", handler)
        kind = next(
            kind
            for kind in rx.State.get_substates()
            if event_handler.state_full_name == kind.get_full_name()
        )
        state = self.state(cast("type[rx.State]", kind))
        event = await event_handler.fn(state, *args)
        return " ".join(str(value) for _, value in event.args) if event else ""


@pytest.fixture
def tab() -> Tab:
    assert app.event_namespace is not None
    return Tab()


@pytest.fixture
def sign_in() -> Callable[[UserRead], Awaitable[str]]:
    """Return the Cookie header of a fresh session of this account."""

    async def start(user: UserRead) -> str:
        async with db.transaction() as transaction:
            started = await auth.start_session(
                transaction, user=user, device="test", address="192.0.2.1"
            )
        return f"{auth.COOKIE}={started.token}"

    return start


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """Pages as the build leaves them."""
    build.write(tmp_path)
    return tmp_path


@pytest.fixture
async def site(built: Path, database: None) -> AsyncGenerator[AsyncClient]:  # noqa: ARG001  # order only.
    """A client that requests documents."""
    async with build.client(built) as site:
        yield site
