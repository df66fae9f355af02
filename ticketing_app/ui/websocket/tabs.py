"""The state of a tab belongs to the account that was signed in."""

import reflex as rx
from reflex.state import BaseState, StateUpdate

from ticketing_app.accounts import auth
from ticketing_app.core.errors import UnavailableError
from ticketing_app.ui import session, transactions
from ticketing_app.ui.websocket.calls import HYDRATE


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
