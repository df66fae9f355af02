"""The caller of a page: read from the cookie of the websocket handshake, in every handler.

Any client can call any handler with any argument. State and arguments never identify the caller.
"""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote, unquote
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import reflex as rx
from starlette.requests import HTTPConnection, cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from ticketing_app import routes
from ticketing_app.accounts import auth
from ticketing_app.accounts.schemas import Caller
from ticketing_app.accounts.service import proof
from ticketing_app.accounts.service.proof import ProofNeededError
from ticketing_app.core import formatting, http, limits, origin
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import (
    AppError,
    InvalidInputError,
    NotSignedInError,
    UnavailableError,
)
from ticketing_app.core.logging import get_logger
from ticketing_app.notices.schemas import Bell
from ticketing_app.notices.service import reading
from ticketing_app.ui import transactions
from ticketing_app.ui.live import channels
from ticketing_app.ui.metrics import announce, timed

log = get_logger()

Handler = TypeVar("Handler", bound=Callable[..., Awaitable[Any]])

POLICY_VIOLATION = 1008
AT_ONCE = 4
ZONE_COOKIE = "timezone"  # assets/boot.js sets it.
# account-forms.js reloads the page, unless a form is about to navigate.
SIGNED_OUT = "window.dispatchEvent(new Event('signedout'))"
PROOF_NEEDED = "window.dispatchEvent(new Event('proofneeded',{cancelable:true}))"
CRASHED = "That did not work, and nothing was changed. Please try again."


_turns = asyncio.Semaphore(AT_ONCE)


class Call(NamedTuple):
    """A call of a handler, by the full name of its state."""

    state: str
    handler: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class PageState(rx.State, mixin=True):
    """Loading and error state of a page."""

    is_loaded: bool = False
    error_message: str = ""
    is_unavailable: bool = False
    errors: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    # Ends the pending state of a button (shell/press.py).
    refusals: int = 0


class SessionState(rx.State):
    """The caller, for display only: handlers use `find_caller`."""

    user_id: str = ""
    email: str = ""
    is_known: bool = False
    notice: str = ""
    unread: int = 0
    # When the server counted them, in milliseconds: older messages do not apply.
    unread_at: int = 0
    # Mail to the caller's address comes back.
    is_suppressed: bool = False
    # The session that may receive the state of this tab.
    _session_id: str = ""
    # The call that a proof was needed for.
    _waiting: Call | None = None

    @rx.event
    async def load(self) -> None:
        """Load pages that show nothing but the caller."""
        try:
            async with transactions.transaction() as transaction:
                await find_caller(self, transaction)
        except UnavailableError as error:
            self.notice = error.message

    @rx.event
    async def load_for_visitors(self) -> rx.event.EventSpec | None:
        """Redirect callers that are signed in already."""
        await self.load()
        if self.email:
            return go(local_path(self.router.url.query_parameters.get("next", "")))
        return None

    @rx.event
    async def check(self) -> rx.event.EventSpec | None:
        """Update the page after the session ended or changed elsewhere."""
        was_signed_in = bool(self.email)
        await self.load()
        if was_signed_in and not self.email:
            return rx.call_script(SIGNED_OUT)
        return None

    @rx.event
    def repeat(self) -> rx.event.EventSpec | None:
        """Call the handler that needed a proof again; it checks the proof itself."""
        call = self._waiting
        self._waiting = None
        if call is None:
            return None
        handlers = rx.State.get_class_substate(call.state).event_handlers
        return handlers[call.handler](*call.args, **call.kwargs)

    @rx.event
    def note_crash(self) -> None:
        """Show that a handler crashed."""
        self.notice = CRASHED

    def _show_caller(self, caller: Caller | None) -> None:
        if caller:
            self._session_id = str(caller.session_id)
            self.user_id = str(caller.user_id)
            self.email = caller.email
        else:
            self._session_id = ""
            self.user_id = ""
            self.email = ""
        self.is_known = True
        self.notice = ""

    def _show_bell(self, bell: Bell, at: float) -> None:
        self.unread = bell.unread
        self.unread_at = round(at * 1000)
        self.is_suppressed = bell.is_suppressed


async def find_caller(
    state: rx.State, transaction: transactions.Session | None = None
) -> Caller | None:
    """Return the signed-in caller, if any; reset the tab's state if it belonged to another caller.

    A page load passes its `transaction`, so that the check and the read are one transaction, and shows the
    unread notices. Raises UnavailableError if PostgreSQL does not answer.
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
    page._show_caller(caller)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # public methods are endpoints
    # Subscribe before the count: a notice between them would be missed.
    await channels.subscribe_notices(state, caller.user_id if caller else None)
    if caller and transaction:
        await _load_bell(page, caller, transaction)
    return caller


async def _load_bell(page: SessionState, caller: Caller, transaction: transactions.Session) -> None:
    at = time.time()
    bell = await reading.load_bell(transaction, user_id=caller.user_id, address=caller.email)
    page._show_bell(bell, at)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # as above


def owner_of(page: SessionState) -> str:
    """Return the id of the session that filled the tab's state, empty for a visitor."""
    return page._session_id  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # never sent to the browser


async def require_caller(
    state: rx.State, transaction: transactions.Session | None = None
) -> Caller:
    """Like `find_caller`; raises NotSignedInError, which `guarded` turns into a redirect to sign-in."""
    if (caller := await find_caller(state, transaction)) is None:
        raise NotSignedInError
    return caller


async def require_proof(caller: Caller) -> None:
    """Raises ProofNeededError, for which `guarded` opens the proof dialog and then calls the handler again."""
    await transactions.in_transaction(proof.require_fresh, caller=caller)


async def forget_everything(state: rx.State) -> None:
    """Reset all our states: the state of a tab survives a sign-out."""
    for kind in rx.State.get_substates():
        if kind.__module__.startswith("ticketing_app."):
            (await state.get_state(kind)).reset()


def reader_now(state: rx.State) -> datetime:
    """Return the current time in the reader's time zone, or in UTC if the browser sent none."""
    name = unquote(cookie_parser(state.router.headers.cookie or "").get(ZONE_COOKIE, ""))
    try:
        zone = ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        zone = UTC
    return utc_now().astimezone(zone)


def guarded(handler: Handler) -> Handler:
    """Show an `AppError` on the page; redirect callers without a session to sign-in."""
    return _guard(handler, forgets=True)


def refreshing(handler: Handler) -> Handler:
    """Like `guarded`, for handlers that no action triggers: keeps the error of the last action."""
    return _guard(handler, forgets=False)


def in_turn(handler: Handler) -> Handler:
    """Run few at once: thousands of public pages may read after one change."""
    # The connections of the process are also those of people who pay.

    @wraps(handler)
    async def run(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # any handler
        async with _turns:
            return await handler(*args, **kwargs)

    return run  # type: ignore[return-value]  # `wraps` keeps the signature.


def _guard(handler: Handler, *, forgets: bool) -> Handler:
    announce(handler)

    @wraps(handler)
    async def run(self: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # any handler
        # Reflex takes it from X-Forwarded-For, according to TRUSTED_PROXY_HOPS.
        limits.bind_address(self.router.session.client_ip)
        try:
            with timed(handler), formatting.use_locale(self.router.headers.accept_language):
                answer = await handler(self, *args, **kwargs)
        except NotSignedInError:
            return _leave_for_sign_in(self)
        except ProofNeededError:
            call = Call(type(self).get_full_name(), handler.__name__, args, kwargs)
            return await _ask_for_proof(self, call)
        except InvalidInputError as error:
            # Errors of fields are shown beside the fields.
            by_field = {field: text for field, text in error.problems if field}
            _show(self, "" if by_field else error.message, by_field)
            return None
        except AppError as error:
            _show(self, error.message, is_unavailable=isinstance(error, UnavailableError))
            return None
        if forgets or self.is_unavailable:
            _show(self)
        return answer

    return run  # type: ignore[return-value]  # `wraps` keeps the signature.


async def _ask_for_proof(state: Any, call: Call) -> rx.event.EventSpec:  # noqa: ANN401  # any page
    """Open the dialog of shell/proof.py, which repeats the call after the proof."""
    page = await state.get_state(SessionState)
    page._waiting = call  # noqa: SLF001  # never sent to the browser
    # A pressed button is free again.
    state.refusals += 1
    return rx.call_script(PROOF_NEEDED)


def _show(
    page: Any,  # noqa: ANN401  # a state with the mixin `PageState`, which Reflex does not type
    message: str = "",
    errors: dict[str, str] | None = None,
    *,
    is_unavailable: bool = False,
) -> None:
    page.error_message = message
    page.errors = errors or {}
    page.is_unavailable = is_unavailable
    if message or errors:
        page.refusals += 1


def is_at(state: rx.State, name: str, shown_id: str) -> bool:
    """Whether the address still contains the id of the shown content."""
    return getattr(state, name).lower() == shown_id


def route_slug(state: rx.State) -> str:
    return state.slug  # type: ignore[attr-defined]  # Reflex adds the parameters of routes.


def route_id(state: rx.State, name: str, not_found: Callable[[], AppError]) -> UUID:
    """Return the UUID in the address; raises `not_found()` for any other than its canonical spelling."""
    found = http.parse_id(getattr(state, name), not_found)
    if not is_at(state, name, str(found)):
        raise not_found()
    return found


def go(path: str) -> rx.event.EventSpec:
    """Navigate with a full page load, as only a new websocket sends the current cookie.

    account-forms.js cancels the event while a form is being sent, and navigates afterwards.
    """
    leave = "window.dispatchEvent(new Event('leave',{cancelable:true}))"
    return rx.call_script(f"{leave} && window.location.assign({json.dumps(path)})")


def local_path(text: str) -> str:
    """Return `text` if it is a path of this site, otherwise the front page."""
    path = re.split(r"[?#]", text, maxsplit=1)[0]
    # Browsers read two slashes, also after dots or as backslashes, as the start of another host.
    is_local = path.startswith("/") and "//" not in path and "\\" not in text
    if is_local and text.isprintable():
        return text
    return routes.TICKET_LIST


def sign_in_for(path: str) -> rx.event.EventSpec:
    """Redirect to sign-in, and from there to `path`."""
    return go(with_next(routes.SIGN_IN, local_path(path)))


def with_next(page: str, wanted: str) -> str:
    """Return the address of a page that leads to the local path `wanted` afterwards."""
    return page if wanted == routes.TICKET_LIST else f"{page}?next={quote(wanted, safe='')}"


def _leave_for_sign_in(state: rx.State) -> rx.event.EventSpec:
    url = state.router.url
    return sign_in_for(url.path + (f"?{url.query}" if url.query else ""))


def on_crash(exception: Exception) -> rx.event.EventSpec:
    """Log an unexpected exception; the page shows no details."""
    log.error("ui.crash", exc_info=exception)
    return SessionState.note_crash()  # type: ignore[return-value]  # Reflex makes handlers callable.


def refuse_foreign_sockets(app: ASGIApp) -> ASGIApp:
    """Refuse websockets of other origins: the browser would send our cookie (CSWSH)."""

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            headers = {name.decode("latin-1"): value for name, value in scope["headers"]}
            sent_origin = headers.get("origin", b"").decode("latin-1")
            host = headers.get("host", b"").decode("latin-1")
            if not sent_origin or not origin.is_same_origin(sent_origin, host):
                connection = HTTPConnection(scope)
                origin.log_refusal(connection, http.client_address(connection))
                await receive()
                await send({"type": "websocket.close", "code": POLICY_VIOLATION})
                return
        await app(scope, receive, send)

    return guard
