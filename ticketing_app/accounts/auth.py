"""Identity of a request: the session cookie, its token, and a short cache of live sessions."""

import time
from collections.abc import Awaitable, Callable, Iterable
from functools import lru_cache
from typing import Annotated, NamedTuple
from uuid import UUID

import jwt
from fastapi import Depends, Request
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import cookie_parser
from starlette.responses import Response

from ticketing_app.accounts.models import Method
from ticketing_app.accounts.schemas import Caller, CheckedUser, SessionStarted, UserRead
from ticketing_app.accounts.service import addresses, changes, proof, recovery, sessions
from ticketing_app.core import db, limits, redis
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import NotSignedInError
from ticketing_app.core.logging import get_logger
from ticketing_app.core.settings import get_settings

log = get_logger()

COOKIE = "session"
# Used over HTTPS: browsers accept this prefix only from the host itself, and never over HTTP.
HOST_COOKIE = "__Host-session"
# Readable by scripts, without a value of its own: only selects the links that a page shows at first.
HINT_COOKIE = "member"
# Leeway for tokens that a process with a faster clock has just issued.
CLOCK_SKEW_SECONDS = 60
ALGORITHM = "HS256"
EVICTION_CHANNEL = "ticketing.sessions.ended"
# Longest delay of a revocation in this process if its message is lost.
CACHE_SECONDS = 5.0
CACHE_SIZE = 10_000


class _CachedCaller(NamedTuple):
    caller: Caller
    until: float


_cache: dict[UUID, _CachedCaller] = {}
# Whether the channel of revoked sessions is connected; without it nothing may be cached.
_is_listening = False
# Generation counter: do not cache a session that was revoked while we were loading it.
_generation = 0


def _evict(session_id: UUID | None = None) -> None:
    global _generation  # noqa: PLW0603  # the cache belongs to the process.
    _generation += 1
    if session_id:
        _cache.pop(session_id, None)
    else:
        _cache.clear()


async def start_session(
    session: AsyncSession,
    *,
    user: UserRead,
    device: str,
    address: str,
    method: Method = "password",
) -> SessionStarted:
    row = await sessions.start_session(
        session, user_id=user.id, device=device, address=address, method=method
    )
    claims = {"sub": str(user.id), "jti": str(row.id), "iat": row.created_at, "exp": row.expires_at}
    token = jwt.encode(claims, get_settings().jwt_key.get_secret_value(), algorithm=ALGORITHM)
    return SessionStarted(token=token, expires_at=row.expires_at)


async def end_session(session: AsyncSession, *, session_id: UUID) -> None:
    """Revoke a session; every process evicts it from its cache after the commit."""
    await sessions.end_session(session, session_id=session_id)
    _evict_after_commit(session, [session_id])


async def end_own_session(session: AsyncSession, *, caller: Caller, session_id: UUID) -> None:
    await sessions.end_own_session(session, user_id=caller.user_id, session_id=session_id)
    _evict_after_commit(session, [session_id])
    log_after_commit(session, "account.sessions_ended", user_id=caller.user_id, ended=1)


async def end_sessions(
    session: AsyncSession, *, caller: Caller, including_this: bool = False
) -> None:
    except_id = None if including_this else caller.session_id
    ended = await sessions.end_sessions(session, user_id=caller.user_id, except_id=except_id)
    _evict_after_commit(session, ended)
    count = len(ended)
    log_after_commit(session, "account.sessions_ended", user_id=caller.user_id, ended=count)


async def change_password(
    session: AsyncSession, *, caller: Caller, checked: CheckedUser, password: str
) -> None:
    ended = await changes.change_password(
        session, caller=caller, checked=checked, password=password
    )
    _evict_after_commit(session, ended)
    count = len(ended)
    log_after_commit(session, "account.password_changed", user_id=caller.user_id, ended=count)


async def change_email(
    session: AsyncSession, *, caller: Caller, checked: CheckedUser, email: str
) -> UserRead:
    changed = await changes.change_email(session, caller=caller, checked=checked, email=email)
    if changed.email == email:
        await _evict_user_after_commit(session, caller.user_id)
        log_after_commit(session, "account.email_changed", user_id=caller.user_id)
    else:
        log_after_commit(session, "account.email_change_requested", user_id=caller.user_id)
    return changed


async def confirm_email(session: AsyncSession, *, secret: str) -> UserRead:
    user, is_changed = await addresses.confirm(session, secret=secret)
    await _evict_user_after_commit(session, user.id)
    event = "account.email_changed" if is_changed else "account.email_confirmed"
    log_after_commit(session, event, user_id=user.id)
    return user


async def recover(session: AsyncSession, *, secret: str, password_hash: str) -> UserRead:
    user, ended = await recovery.recover(session, secret=secret, password_hash=password_hash)
    _evict_after_commit(session, ended)
    log_after_commit(session, "account.recovered", user_id=user.id, ended=len(ended))
    return user


def log_after_commit(session: AsyncSession, event: str, *, user_id: UUID, **fields: int) -> None:
    """Log a security event with the client's address once the transaction is committed."""
    address = limits.client_address()

    async def write() -> None:
        log.info(event, user_id=str(user_id), address=address, **fields)

    db.after_commit(session, event, write)


async def _evict_user_after_commit(session: AsyncSession, user_id: UUID) -> None:
    """Evict the sessions of an account: the cache holds its old address."""
    _evict_after_commit(session, await sessions.list_open_ids(session, user_id=user_id))


def _evict_after_commit(session: AsyncSession, session_ids: Iterable[UUID]) -> None:
    """Make every process and open page read these sessions again."""

    async def evict() -> None:
        for session_id in session_ids:
            _evict(session_id)
            await redis.publish(EVICTION_CHANNEL, str(session_id))

    db.after_commit(session, "sessions.evict", evict)


async def authenticate(
    cookie_header: str | None, session: AsyncSession | None = None
) -> Caller | None:
    """Return the caller of a Cookie header, after checks of signature, time and session row.

    The row is read in the transaction of `session`, otherwise in a new one.
    """
    session_id = read_session_id(cookie_header)
    if session_id is None:
        return None
    cached = _cache.get(session_id)
    if _is_listening and cached and cached.until > time.monotonic():
        return cached.caller
    generation = _generation
    if session is None:
        # One statement, which needs no BEGIN and COMMIT.
        async with db.autocommit() as connection, AsyncSession(connection) as own:
            caller = await sessions.get_caller(own, session_id=session_id)
    else:
        caller = await sessions.get_caller(session, session_id=session_id)
    if caller and _is_listening and generation == _generation:
        if len(_cache) >= CACHE_SIZE:
            _cache.clear()
        _cache[session_id] = _CachedCaller(caller, time.monotonic() + CACHE_SECONDS)
    return caller


def read_session_id(cookie_header: str | None) -> UUID | None:
    """Return the session id of a correctly signed cookie; the session need not be live."""
    # Lenient parser: other applications on this host may have set malformed cookies.
    cookies = cookie_parser(cookie_header or "")
    tokens = [cookies[name] for name in _cookie_names() if name in cookies]
    keys = get_settings().jwt_verification_keys
    found = (_read_token(token, key) for token in tokens for key in keys)
    return next((session_id for session_id in found if session_id), None)


def _read_token(token: str, key: str) -> UUID | None:
    try:
        return _decode_token(token, key)
    except (jwt.PyJWTError, ValueError):
        return None


# An exception is not cached, so only tokens that we signed take memory. The row of a session expires
# with its token, so a cached token opens nothing later.
@lru_cache(maxsize=CACHE_SIZE)
def _decode_token(token: str, key: str) -> UUID:
    claims = jwt.decode(
        token,
        key,
        algorithms=[ALGORITHM],
        leeway=CLOCK_SKEW_SECONDS,
        options={"require": ["exp", "iat", "jti"]},
    )
    return UUID(claims["jti"])


async def _ignore(_: UUID) -> None:
    pass


async def listen_for_ended_sessions(
    notify: Callable[[UUID], Awaitable[None]] = _ignore,
) -> None:
    """Evict sessions that ended or changed in any process and `notify` of each; runs until cancelled."""

    async def evict(session_id: str) -> None:
        _evict(UUID(session_id))
        await notify(UUID(session_id))

    def on_connection(is_connected: bool) -> None:  # noqa: FBT001  # the shape that `follow` calls.
        global _is_listening  # noqa: PLW0603  # the cache belongs to the process.
        _is_listening = is_connected
        _evict()

    await redis.follow(EVICTION_CHANNEL, evict, on_connection)


async def current_caller(request: Request) -> Caller | None:
    return await authenticate(request.headers.get("cookie"))


async def require_caller(request: Request) -> Caller:
    if (caller := await current_caller(request)) is None:
        raise NotSignedInError
    return caller


async def require_fresh_caller(caller: Annotated[Caller, Depends(require_caller)]) -> Caller:
    """Raises ProofNeededError unless the caller showed a password or passkey a moment ago."""
    async with db.transaction() as session:
        await proof.require_fresh(session, caller=caller)
    return caller


async def check_proof(caller: Caller, password: str | None) -> CheckedUser:
    """Check the current password of a form or, without one, the age of the session's last proof.

    Raises WrongPasswordError, ProofNeededError or TooManyRequestsError.
    """
    if password is None:
        async with db.transaction() as session:
            return await proof.require_fresh(session, caller=caller)
    # Limited by account, as the caller is signed in: guesses without a session do not count here.
    await limits.check("passwords", account=caller.user_id)
    checked = await changes.check_password(
        db.transaction, user_id=caller.user_id, password=password
    )
    async with db.transaction() as session:
        await proof.record(session, session_id=caller.session_id)
    return checked


SignedIn = Annotated[Caller, Depends(require_caller)]
FreshCaller = Annotated[Caller, Depends(require_fresh_caller)]
Visitor = Annotated[Caller | None, Depends(current_caller)]


def set_session_cookies(response: Response, started: SessionStarted) -> None:
    lifetime = (started.expires_at - utc_now()).total_seconds()
    for name in _cookie_names():
        response.set_cookie(
            name,
            started.token,
            max_age=max(0, int(lifetime)),
            secure=get_settings().is_served_over_https,
            httponly=True,
        )


def set_hint_cookie(response: Response, started: SessionStarted) -> None:
    lifetime = (started.expires_at - utc_now()).total_seconds()
    secure = get_settings().is_served_over_https
    response.set_cookie(HINT_COOKIE, "1", max_age=max(0, int(lifetime)), secure=secure)


def clear_browser(response: Response) -> None:
    """Leave nothing of the person who signed out: no cookie, no storage, no page that Back would show."""
    secure = get_settings().is_served_over_https
    for name in _cookie_names():
        response.delete_cookie(name, secure=secure, httponly=True)
    response.delete_cookie(HINT_COOKIE, secure=secure)
    # "cache" includes the pages that the browser keeps for Back.
    response.headers["clear-site-data"] = '"cache", "storage"'


def cookie_name() -> str:
    return _cookie_names()[0]


def _cookie_names() -> list[str]:
    # The first one takes precedence. The old name stays for one release: it keeps existing sessions, and
    # processes of the previous version, which run during the rollout, read only that name.
    return [HOST_COOKIE, COOKIE] if get_settings().is_served_over_https else [COOKIE]
