"""What a tab holds belongs to the person who was signed in: nobody else is sent it."""

import reflex as rx
from reflex.state import BaseState, StateUpdate

from ticketing_app.accounts import auth
from ticketing_app.core.errors import UnavailableError
from ticketing_app.ui import session, transactions
from ticketing_app.ui.websocket.calls import HYDRATE


class TabOwner(rx.Middleware):
    """Empties a tab's state before another person's page is hydrated from it.

    A tab keeps its name after a sign-out, and whoever knows the name may connect once its page is
    closed. What a stranger looked at stays: it is public, and their purchase goes on after sign-in.
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
    """Return the id of the sign-in that the page's cookie names, unless it has ended."""
    cookie = state.router.headers.cookie
    try:
        with transactions.translate_outages():
            caller = await auth.authenticate(cookie)
    except UnavailableError:
        # The cookie is signed by us. Emptying every page in an outage would lose what people typed.
        return str(auth.read_session_id(cookie) or "")
    return str(caller.session_id) if caller else ""
