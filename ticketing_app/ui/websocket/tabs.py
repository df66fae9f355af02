"""The state of a tab belongs to the account that was signed in."""

import asyncio
from collections.abc import Callable, Iterator
from typing import cast

import reflex as rx
from reflex.istate.manager import StateManager
from reflex.state import BaseState, StateUpdate
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ticketing_app.accounts import auth
from ticketing_app.core import redis
from ticketing_app.core.errors import UnavailableError
from ticketing_app.core.logging import get_logger
from ticketing_app.core.settings import get_settings
from ticketing_app.ui import session, transactions
from ticketing_app.ui.websocket.calls import HYDRATE, TOKEN

log = get_logger()

# account-forms.js sends the token of its tab in it.
TAB = "x-tab"
FORGET_SECONDS = 2


class TabOwner(rx.Middleware):
    """Resets a tab's state before another account's page is hydrated from it.

    A tab keeps its token after sign-out, and any client with the token may connect once its page is
    closed. The state of a visitor is kept: it is public, and the purchase continues after sign-in.
    """

    async def preprocess(
        self,
        app: rx.App,  # noqa: ARG002  # as Reflex calls it.
        state: BaseState,
        event: rx.event.Event,
    ) -> StateUpdate | None:
        """Run under the lock of the tab's state, before the handler."""
        if event.name != HYDRATE or not isinstance(state, rx.State):
            return
        owner = session.owner_of(await state.get_state(session.SessionState))
        if owner and owner != await _live_session(state):
            await session.forget_everything(state)


async def _live_session(state: rx.State) -> str:
    """Return the id of the session in the page's cookie, unless it was revoked."""
    cookie = state.router.headers.cookie
    try:
        with transactions.translate_outages():
            caller = await auth.authenticate(cookie)
    except UnavailableError:
        # The signature is valid, and a reset of every page during an outage would lose unsaved input.
        return str(auth.read_session_id(cookie) or "")
    return str(caller.session_id) if caller else ""


def forget_at_sign_out(app: ASGIApp, manager: Callable[[], StateManager]) -> ASGIApp:
    """Delete the state of a tab before the response that clears its browser (`auth.clear_browser`)."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        token = Headers(scope=scope).get(TAB, "") if scope["type"] == "http" else ""

        async def send_after(message: Message) -> None:
            is_start = message["type"] == "http.response.start"
            if is_start and "clear-site-data" in Headers(raw=message["headers"]):
                await _forget(manager(), token)
            await send(message)

        await app(scope, receive, send_after if TOKEN.fullmatch(token) else send)

    return serve


async def _forget(manager: StateManager, token: str) -> None:
    tab = rx.BaseStateToken(ident=token, cls=rx.State)
    try:
        async with asyncio.timeout(FORGET_SECONDS):
            # Waits for the handler that is running: it would store the state again.
            async with manager.modify_state(tab) as state:
                await session.forget_everything(cast("rx.State", state))
            if get_settings().has_page_state_in_redis:
                # Also the cookie, which Reflex keeps with the address of the page.
                keys = [f"{token}_{name}" for name in _state_names(rx.State)]
                await redis.page_state_client().delete(*keys)
    # The sign-out goes on: the state expires, and `TabOwner` resets it for anyone else.
    except Exception as error:  # noqa: BLE001  # Redis or Reflex's lock, and neither is the person's problem.
        log.warning("ui.tab_not_forgotten", error=repr(error))


def _state_names(kind: type[BaseState]) -> Iterator[str]:
    yield kind.get_full_name()
    for each in kind.get_substates():
        yield from _state_names(each)
