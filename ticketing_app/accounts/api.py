"""REST of accounts, under /api/users."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts import auth, devices
from ticketing_app.accounts import service as accounts
from ticketing_app.accounts.auth import SignedIn, Visitor
from ticketing_app.accounts.schemas import (
    Caller,
    CheckedUser,
    Credentials,
    CurrentUser,
    EmailChange,
    PasswordChange,
    SessionList,
    SessionStarted,
    UserCreate,
    UserRead,
)
from ticketing_app.core import db, limits
from ticketing_app.core.http import (
    body_schema,
    client_address,
    parse_id,
    problem_responses,
    read_body,
)

router = APIRouter(prefix="/api/users", tags=["users"])


async def _check_password(caller: Caller, password: str) -> CheckedUser:
    """Compare the password of a signed-in person; guesses of strangers do not use up their limit."""
    await limits.check("passwords", account=caller.user_id)
    return await accounts.check_password(db.transaction, user_id=caller.user_id, password=password)


async def _limit_sign_in(request: Request, email: str) -> None:
    """Count a guess; a device that the account knows has an allowance of its own.

    Raises:
        TooManyRequestsError: there were too many.
    """
    cookie_header = request.headers.get("cookie")
    known = None
    # Asked by what the browser brings alone: whether the account exists must not change the time.
    if devices.has_cookie(cookie_header):
        async with db.transaction() as session:
            user = await accounts.find_user(session, email=email)
        known = devices.limit_key(user, cookie_header) if user else None
    if known:
        await limits.check("passwords", account=known)
    else:
        await limits.check("signins", account=email)


async def _device_cookie(session: AsyncSession, request: Request, user_id: UUID) -> str:
    user = await accounts.get_user(session, user_id=user_id)
    return devices.make_cookie(user, request.headers.get("cookie"))


async def _start_session(session: AsyncSession, request: Request, user: UserRead) -> SessionStarted:
    device, address = request.headers.get("user-agent", ""), client_address(request)
    return await auth.start_session(session, user=user, device=device, address=address)


def _signed_in(started: SessionStarted, device_cookie: str, status: HTTPStatus) -> Response:
    answer = JSONResponse(started.user.model_dump(mode="json", by_alias=True), status)
    cookies = [*auth.session_cookies(started.token, started.expires_at), device_cookie]
    return _with_cookies(answer, cookies)


def _signed_out(*, is_here: bool) -> Response:
    return _with_cookies(Response(status_code=204), auth.ended_cookies() if is_here else [])


def _with_cookies(answer: Response, cookies: list[str]) -> Response:
    for cookie in cookies:
        answer.headers.append("set-cookie", cookie)
    return answer


@router.post(
    "/signup",
    status_code=201,
    response_model=UserRead,
    responses=problem_responses(400, 403, 429),
    openapi_extra=body_schema(UserCreate),
)
async def sign_up(request: Request) -> Response:
    """Create an account and sign it in: the answer sets the session cookie."""
    user = await read_body(request, UserCreate)
    await limits.check("signups")
    async with db.transaction() as session:
        created = await accounts.sign_up(session, user=user)
        started = await _start_session(session, request, created)
        device_cookie = await _device_cookie(session, request, created.id)
        auth.log_after_commit(session, "account.signed_up", user_id=created.id)
    return _signed_in(started, device_cookie, HTTPStatus.CREATED)


@router.post(
    "/signin",
    response_model=UserRead,
    responses=problem_responses(400, 403, 429),
    openapi_extra=body_schema(Credentials),
)
async def sign_in(request: Request) -> Response:
    """Sign in: the answer sets the session cookie."""
    credentials = await read_body(request, Credentials)
    await _limit_sign_in(request, credentials.email)
    checked = await accounts.check_credentials(db.transaction, credentials=credentials)
    async with db.transaction() as session:
        await accounts.confirm_unchanged(session, checked=checked)
        started = await _start_session(session, request, checked.user)
        device_cookie = await _device_cookie(session, request, checked.user.id)
        auth.log_after_commit(session, "account.signed_in", user_id=checked.user.id)
    return _signed_in(started, device_cookie, HTTPStatus.OK)


@router.post("/signout", response_model=dict[str, str], responses=problem_responses(403))
async def sign_out(caller: Visitor) -> Response:
    """End this session on the server and clear the cookie; without a session it does no harm."""
    if caller:
        async with db.transaction() as session:
            await auth.end_session(session, session_id=caller.session_id)
            auth.log_after_commit(session, "account.signed_out", user_id=caller.user_id)
    return _with_cookies(JSONResponse({}), auth.ended_cookies())


@router.get("/currentuser", responses=problem_responses())
async def current_user(
    caller: Visitor,
) -> CurrentUser:
    """Tell who is signed in."""
    return CurrentUser(
        current_user=UserRead(id=caller.user_id, email=caller.email) if caller else None
    )


@router.put(
    "/currentuser/email",
    responses=problem_responses(400, 401, 403, 409, 429),
    openapi_extra=body_schema(EmailChange),
)
async def change_email(request: Request, caller: SignedIn) -> UserRead:
    """Set another address, to sign in with from now on."""
    change = await read_body(request, EmailChange)
    checked = await _check_password(caller, change.current_password)
    await limits.check("signups")
    async with db.transaction() as session:
        return await auth.change_email(session, caller=caller, checked=checked, email=change.email)


@router.put(
    "/currentuser/password",
    responses=problem_responses(400, 401, 403, 409, 429),
    openapi_extra=body_schema(PasswordChange),
)
async def change_password(request: Request, response: Response, caller: SignedIn) -> UserRead:
    """Set another password; all sessions but this one end."""
    change = await read_body(request, PasswordChange)
    checked = await _check_password(caller, change.current_password)
    async with db.transaction() as session:
        await auth.change_password(
            session, caller=caller, checked=checked, password=change.new_password
        )
        # The change ends what was known of all devices; this one proved that it knows the password.
        device_cookie = await _device_cookie(session, request, caller.user_id)
    response.headers.append("set-cookie", device_cookie)
    return checked.user


@router.get("/sessions", responses=problem_responses(401))
async def list_sessions(caller: SignedIn) -> SessionList:
    """List where the caller is signed in, the last seen first."""
    async with db.transaction() as session:
        return SessionList(items=await accounts.list_sessions(session, caller=caller))


@router.delete("/sessions", status_code=204, responses=problem_responses(400, 401, 403))
async def end_sessions(
    caller: SignedIn, *, including_this: Annotated[bool, Query(alias="includingThis")] = False
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
    own_id = parse_id(session_id, accounts.SessionNotFoundError)
    async with db.transaction() as session:
        await auth.end_own_session(session, caller=caller, session_id=own_id)
    return _signed_out(is_here=own_id == caller.session_id)
