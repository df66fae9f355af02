"""REST of accounts, under /api/users."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts import auth, devices
from ticketing_app.accounts.auth import FreshCaller, SignedIn, Visitor
from ticketing_app.accounts.models import Method
from ticketing_app.accounts.schemas import (
    Caller,
    Credentials,
    CurrentUser,
    EmailChange,
    PasswordChange,
    SessionList,
    UserCreate,
    UserRead,
)
from ticketing_app.accounts.service import authentication, proof, registration, sessions, users
from ticketing_app.core import db, limits
from ticketing_app.core.errors import TooManyRequestsError
from ticketing_app.core.http import (
    body_schema,
    client_address,
    parse_id,
    problem_responses,
    read_body,
)
from ticketing_app.core.settings import get_settings

router = APIRouter(prefix="/api/users", tags=["users"])


async def _limit_sign_in(request: Request, email: str) -> None:
    cookie_header = request.headers.get("cookie")
    known = None  # Limit key of a device known to the account.
    # Depends on the cookie alone: the response time must not reveal whether the account exists.
    if devices.has_cookie(cookie_header):
        async with db.transaction() as session:
            user = await users.find_user(session, email=email)
        known = devices.limit_key(user, cookie_header) if user else None
    if known:
        await limits.check("passwords", account=known)
    else:
        await limits.check("signins", account=email)


def _with_another_way(error: TooManyRequestsError) -> TooManyRequestsError:
    """Add the other ways to sign in: guesses by others must not lock the owner out."""
    way = (
        "a passkey, or set a new password by a mailed link"
        if get_settings().has_mail
        else "a passkey"
    )
    return TooManyRequestsError(
        f"{error.message} You can sign in with {way}.", retry_after=error.retry_after
    )


async def open_session(
    session: AsyncSession,
    request: Request,
    response: Response,
    user: UserRead,
    method: Method = "password",
    *,
    is_new_account: bool = False,
    is_suspicious: bool = False,
) -> None:
    """Start a session of this browser; the answer sets its cookies."""
    device = request.headers.get("user-agent", "")
    address = client_address(request)
    if not is_new_account:
        row = await users.get_user(session, user_id=user.id)
        is_known = devices.limit_key(row, request.headers.get("cookie")) is not None
        await sessions.record_sign_in(
            session,
            user=row,
            method=method,
            device=device,
            address=address,
            is_known_device=is_known,
            is_suspicious=is_suspicious,
        )
    started = await auth.start_session(
        session, user=user, device=device, address=address, method=method
    )
    auth.set_session_cookies(response, started)
    auth.set_hint_cookie(response, started)
    await _set_device_cookie(session, request, response, user.id)


async def _set_device_cookie(
    session: AsyncSession, request: Request, response: Response, user_id: UUID
) -> None:
    user = await users.get_user(session, user_id=user_id)
    is_form = request.url.path.startswith(devices.FORM_PATH)
    devices.set_cookie(response, user, request.headers.get("cookie"), is_form=is_form)


async def start_account(request: Request, response: Response, user: UserCreate) -> UserRead:
    """Create an account and sign it in: the edge of API and forms."""
    await limits.check("signups")
    async with db.transaction() as session:
        created = await registration.sign_up(session, user=user)
        await open_session(session, request, response, created, is_new_account=True)
        auth.log_after_commit(session, "account.signed_up", user_id=created.id)
    return created


async def start_session(request: Request, response: Response, credentials: Credentials) -> UserRead:
    """Sign in: the edge of API and forms."""
    try:
        await _limit_sign_in(request, credentials.email)
    except TooManyRequestsError as error:
        raise _with_another_way(error) from None
    checked = await authentication.check_credentials(db.transaction, credentials=credentials)
    async with db.transaction() as session:
        await authentication.confirm_credentials(session, checked=checked)
        await open_session(session, request, response, checked.user)
        auth.log_after_commit(session, "account.signed_in", user_id=checked.user.id)
    return checked.user


async def end_session_of(caller: Caller | None, response: Response) -> None:
    """Sign out: the edge of API and forms."""
    if caller:
        async with db.transaction() as session:
            await auth.end_session(session, session_id=caller.session_id)
            auth.log_after_commit(session, "account.signed_out", user_id=caller.user_id)
    auth.clear_browser(response)


def _signed_out(*, is_here: bool) -> Response:
    response = Response(status_code=204)
    if is_here:
        auth.clear_browser(response)
    return response


@router.post(
    "/signup",
    status_code=201,
    responses=problem_responses(400, 403, 429),
    openapi_extra=body_schema(UserCreate),
)
async def sign_up(request: Request, response: Response) -> UserRead:
    """Create an account and sign it in: the answer sets the session cookie."""
    return await start_account(request, response, await read_body(request, UserCreate))


@router.post(
    "/signin",
    responses=problem_responses(400, 403, 429),
    openapi_extra=body_schema(Credentials),
)
async def sign_in(request: Request, response: Response) -> UserRead:
    """Sign in: the answer sets the session cookie."""
    return await start_session(request, response, await read_body(request, Credentials))


@router.post("/signout", responses=problem_responses(403))
async def sign_out(caller: Visitor, response: Response) -> dict[str, str]:
    """End this session on the server and clear the cookie; without a session it does no harm."""
    await end_session_of(caller, response)
    return {}


@router.get("/currentuser", responses=problem_responses())
async def current_user(caller: Visitor) -> CurrentUser:
    """Return the signed-in user, null without a session."""
    return CurrentUser(
        current_user=UserRead(id=caller.user_id, email=caller.email) if caller else None
    )


@router.put(
    "/currentuser/email",
    responses={202: {"model": UserRead}} | problem_responses(400, 401, 403, 409, 429),
    openapi_extra=body_schema(EmailChange),
)
async def change_email(request: Request, response: Response, caller: SignedIn) -> UserRead:
    """Set another address; without `currentPassword` the session needs a proof of the last minutes.

    A confirmed address stays (202) until the new one is confirmed by the link that is mailed to it.
    """
    change = await read_body(request, EmailChange)
    checked = await auth.check_proof(caller, change.current_password)
    await limits.check("signups")
    async with db.transaction() as session:
        changed = await auth.change_email(
            session, caller=caller, checked=checked, email=change.email
        )
    if changed.email != change.email:
        response.status_code = 202
    return changed


@router.put(
    "/currentuser/password",
    responses=problem_responses(400, 401, 403, 409, 429),
    openapi_extra=body_schema(PasswordChange),
)
async def change_password(request: Request, response: Response, caller: SignedIn) -> UserRead:
    """Set another password, and end all other sessions; without `currentPassword` as for the address."""
    change = await read_body(request, PasswordChange)
    checked = await auth.check_proof(caller, change.current_password)
    async with db.transaction() as session:
        await auth.change_password(
            session, caller=caller, checked=checked, password=change.new_password
        )
        # The new hash makes all devices unknown; this device has just proved the password.
        await _set_device_cookie(session, request, response, caller.user_id)
    return checked.user


@router.get("/sessions", responses=problem_responses(401))
async def list_sessions(caller: SignedIn) -> SessionList:
    """List where the caller is signed in, the last seen first."""
    async with db.transaction() as session:
        return SessionList(items=await sessions.list_sessions(session, caller=caller))


@router.delete("/sessions", status_code=204, responses=problem_responses(400, 401, 403))
async def end_sessions(
    caller: FreshCaller, *, including_this: Annotated[bool, Query(alias="includingThis")] = False
) -> Response:
    """Sign out everywhere else or, with `includingThis`, everywhere."""
    async with db.transaction() as session:
        await auth.end_sessions(session, caller=caller, including_this=including_this)
    return _signed_out(is_here=including_this)


@router.delete(
    "/sessions/{session_id}", status_code=204, responses=problem_responses(401, 403, 404)
)
async def end_session(session_id: str, caller: SignedIn) -> Response:
    """Sign out one browser, this or another; one that is signed out already stays so."""
    own_id = parse_id(session_id, sessions.SessionNotFoundError)
    async with db.transaction() as session:
        if own_id != caller.session_id:
            await proof.require_fresh(session, caller=caller)
        await auth.end_own_session(session, caller=caller, session_id=own_id)
    return _signed_out(is_here=own_id == caller.session_id)
