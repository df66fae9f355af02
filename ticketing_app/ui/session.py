"""Who acts on a page: read from the socket's own cookie and checked anew in every handler.

Handlers can be called by anybody over the websocket with anything, so that nothing in the state
and no argument says who somebody is; only the cookie of the handshake does.
"""

import json
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import parse_qs, quote, unquote, urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import reflex as rx
from starlette.requests import HTTPConnection, cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from ticketing_app import routes
from ticketing_app.accounts import auth
from ticketing_app.accounts.schemas import Caller
from ticketing_app.core import http, limits, origin
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import (
    AppError,
    InvalidInputError,
    NotSignedInError,
    UnavailableError,
)
from ticketing_app.core.logging import get_logger
from ticketing_app.ui import formatting, transactions
from ticketing_app.ui.live import channels
from ticketing_app.ui.metrics import announce, timed

log = get_logger()

Handler = TypeVar("Handler", bound=Callable[..., Awaitable[Any]])

POLICY_VIOLATION = 1008
ZONE_COOKIE = "timezone"  # assets/boot.js sets it.
# The script of the forms loads the page afresh, unless it is about to go somewhere else already.
SIGNED_OUT = "window.dispatchEvent(new Event('signedout'))"
CRASHED = "That did not work, and nothing was changed. Please try again."


class PageState(rx.State, mixin=True):
    """What every page shows of its own condition."""

    is_loaded: bool = False
    error_message: str = ""
    is_unavailable: bool = False
    errors: rx.Field[dict[str, str]] = rx.field(default_factory=dict)


class SessionState(rx.State):
    """Who the page is drawn for. For display only: handlers ask `find_caller`."""

    user_id: str = ""
    email: str = ""
    is_known: bool = False
    is_purchasing: bool = False
    notice: str = ""
    # The sign-in whose owner may be sent what this tab holds.
    _session_id: str = ""

    @rx.event
    async def load(self) -> None:
        """Know who is there, for pages that have nothing else to load."""
        try:
            await find_caller(self)
        except UnavailableError as error:
            self.notice = error.message

    @rx.event
    async def load_for_visitors(self) -> rx.event.EventSpec | None:
        """Send on whoever is signed in already: sign-in and sign-up are not for them."""
        await self.load()
        wanted = self.router.url.query_parameters.get("next", "")
        self.is_purchasing = routes.PURCHASE in parse_qs(urlsplit(wanted).query)
        return go(local_path(wanted)) if self.email else None

    @rx.event
    async def check(self) -> rx.event.EventSpec | None:
        """The session ended or changed elsewhere: show the page to whoever is there now."""
        was_signed_in = bool(self.email)
        await self.load()
        return rx.call_script(SIGNED_OUT) if was_signed_in and not self.email else None

    @rx.event
    def note_crash(self) -> None:
        """Say that something went wrong which nobody foresaw."""
        self.notice = CRASHED


async def find_caller(
    state: rx.State, transaction: transactions.Session | None = None
) -> Caller | None:
    """Return the signed-in caller, if any, and reset the tab's state when it belonged to another one.

    A page load passes its `transaction`, so that the check and the read are one transaction.

    Raises:
        UnavailableError: PostgreSQL does not answer.
    """
    cookie = state.router.headers.cookie
    # Subscribe first: a revocation between the check and the subscription would be missed.
    if session_id := auth.read_session_id(cookie):
        await channels.subscribe_session(state, session_id)
    with transactions.translate_outages():
        caller = await auth.authenticate(cookie, transaction)
    page = await state.get_state(SessionState)
    user_id = str(caller.user_id) if caller else ""
    if page.is_known and page.user_id != user_id:
        await forget_everything(state)
    page._session_id = str(caller.session_id) if caller else ""  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    page.user_id = user_id
    page.email = caller.email if caller else ""
    page.is_known = True
    page.notice = ""
    return caller


def owner_of(page: SessionState) -> str:
    """Return the id of the sign-in that the tab's state was filled for, empty for a stranger's."""
    return page._session_id  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # kept from the browser


async def require_caller(
    state: rx.State, transaction: transactions.Session | None = None
) -> Caller:
    """Return the signed-in caller, as `find_caller` does.

    Raises:
        NotSignedInError: `guarded` redirects to sign-in and back.
    """
    if (caller := await find_caller(state, transaction)) is None:
        raise NotSignedInError
    return caller


async def forget_everything(state: rx.State) -> None:
    """Empty every state of ours: the tab's state outlives a sign-out."""
    for kind in rx.State.get_substates():
        if kind.__module__.startswith("ticketing_app."):
            (await state.get_state(kind)).reset()


def reader_now(state: rx.State) -> datetime:
    """Return the present moment on the reader's clock, as far as their browser told where that is."""
    name = unquote(cookie_parser(state.router.headers.cookie or "").get(ZONE_COOKIE, ""))
    try:
        zone = ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        zone = UTC
    return utc_now().astimezone(zone)


def guarded(handler: Handler) -> Handler:
    """Show a refusal on the page instead of losing it; send the signed-out to sign-in and back."""
    return _guard(handler, forgets=True)


def refreshing(handler: Handler) -> Handler:
    """Guard what runs by itself: it must not wipe away why the last action was refused."""
    return _guard(handler, forgets=False)


def _guard(handler: Handler, *, forgets: bool) -> Handler:
    announce(handler)

    @wraps(handler)
    async def run(self: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # any handler's own.
        # Reflex reads it from the handshake, past as many proxies as TRUSTED_PROXY_HOPS.
        limits.bind_address(self.router.session.client_ip)
        try:
            with timed(handler), formatting.use_locale(self.router.headers.accept_language):
                answer = await handler(self, *args, **kwargs)
        except NotSignedInError:
            return _leave_for_sign_in(self)
        except InvalidInputError as error:
            # What is wrong with a field stands beside the field.
            self.errors = {field: text for field, text in error.problems if field}
            self.error_message, self.is_unavailable = "" if self.errors else error.message, False
            return None
        except AppError as error:
            self.error_message, self.is_unavailable = (
                error.message,
                isinstance(error, UnavailableError),
            )
            self.errors = {}
            return None
        if forgets or self.is_unavailable:
            self.error_message, self.is_unavailable, self.errors = "", False, {}
        return answer

    return run  # type: ignore[return-value]  # the same shape, as `wraps` says.


def is_at(state: rx.State, name: str, shown_id: str) -> bool:
    """Whether the page's address still names what the page shows."""
    return getattr(state, name).lower() == shown_id


def route_id(state: rx.State, name: str, not_found: Callable[[], AppError]) -> UUID:
    """Read an id of the page's address; what is no UUID, or one spelt in another way, cannot exist.

    Raises:
        AppError: what `not_found` makes.
    """
    found = http.parse_id(getattr(state, name), not_found)
    if not is_at(state, name, str(found)):
        raise not_found()
    return found


def go(path: str) -> rx.event.EventSpec:
    """Load `path` afresh: only a new page brings the present cookie to the websocket.

    A form that is on its way to the API leads on itself, and refuses the event.
    """
    leave = "window.dispatchEvent(new Event('leave',{cancelable:true}))"
    return rx.call_script(f"{leave} && window.location.assign({json.dumps(path)})")


def local_path(text: str) -> str:
    """Return `text` when it is a path of this site, else the front page."""
    path = re.split(r"[?#]", text, maxsplit=1)[0]
    # Browsers read two slashes, also after dots or as backslashes, as the start of another host.
    is_local = path.startswith("/") and "//" not in path and "\\" not in text
    return text if is_local and text.isprintable() else routes.TICKET_LIST


def sign_in_for(path: str) -> rx.event.EventSpec:
    """Send a visitor to sign-in, and from there to `path`."""
    return go(f"{routes.SIGN_IN}?next={quote(local_path(path), safe='')}")


def _leave_for_sign_in(state: rx.State) -> rx.event.EventSpec:
    url = state.router.url
    return sign_in_for(url.path + (f"?{url.query}" if url.query else ""))


def on_crash(exception: Exception) -> rx.event.EventSpec:
    """Log what no handler expected, and tell the page; the details stay here."""
    log.error("ui.crash", exc_info=exception)
    return SessionState.note_crash()  # type: ignore[return-value]  # Reflex makes handlers callable.


def refuse_foreign_sockets(app: ASGIApp) -> ASGIApp:
    """Refuse websockets that another site's page opens: the browser would send our cookie along."""

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            headers = {name.decode("latin-1"): value for name, value in scope["headers"]}
            from_page, host = (
                headers.get(name, b"").decode("latin-1") for name in ("origin", "host")
            )
            if not from_page or not origin.is_same_origin(from_page, host):
                connection = HTTPConnection(scope)
                origin.log_refusal(connection, http.client_address(connection))
                await receive()
                await send({"type": "websocket.close", "code": POLICY_VIOLATION})
                return
        await app(scope, receive, send)

    return guard
