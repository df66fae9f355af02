"""REST of accounts, under /api/users."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from ticketing_app.accounts import auth
from ticketing_app.accounts import service as accounts
from ticketing_app.accounts.rules import EMAIL_MAX_LENGTH
from ticketing_app.accounts.schemas import (
    Caller,
    Credentials,
    CurrentUser,
    SessionStarted,
    UserCreate,
    UserRead,
)
from ticketing_app.core import db, redis
from ticketing_app.core.errors import TooManyRequestsError
from ticketing_app.core.http import body_schema, client_address, problem_responses, read_body
from ticketing_app.core.settings import get_settings

router = APIRouter(prefix="/api/users", tags=["users"])

MINUTE = 60
HOUR = 3600


async def _throttle(key: str, limit: int, window_seconds: int) -> None:
    if limit and await redis.count_hit(f"limit:{key}", window_seconds=window_seconds) > limit:
        raise TooManyRequestsError


def _signed_in(started: SessionStarted, status: HTTPStatus) -> JSONResponse:
    return JSONResponse(
        started.user.model_dump(mode="json", by_alias=True),
        status,
        headers=auth.set_cookie_header(started.token, started.expires_at),
    )


@router.post(
    "/signup",
    status_code=201,
    response_model=UserRead,
    responses=problem_responses(400, 403, 429),
    openapi_extra=body_schema(UserCreate),
)
async def sign_up(request: Request) -> JSONResponse:
    """Create an account and sign it in: the answer sets the session cookie."""
    user = await read_body(request, UserCreate)
    await _throttle(f"signup:{client_address(request)}", get_settings().signup_limit_per_hour, HOUR)
    async with db.transaction() as session:
        created = await accounts.sign_up(session, user=user)
        started = await auth.start_session(
            session, user=created, device=request.headers.get("user-agent", "")
        )
    return _signed_in(started, HTTPStatus.CREATED)


@router.post(
    "/signin",
    response_model=UserRead,
    responses=problem_responses(400, 403, 429),
    openapi_extra=body_schema(Credentials),
)
async def sign_in(request: Request) -> JSONResponse:
    """Sign in: the answer sets the session cookie."""
    credentials = await read_body(request, Credentials)
    settings, key = get_settings(), f"signin:{client_address(request)}"
    await _throttle(key, settings.signin_limit_per_address_per_minute, MINUTE)
    # Nobody has a longer address; a key of the size of a body would fill Redis.
    account = credentials.email[:EMAIL_MAX_LENGTH]
    await _throttle(f"{key}:{account}", settings.signin_limit_per_minute, MINUTE)
    user = await accounts.check_credentials(db.transaction, credentials=credentials)
    async with db.transaction() as session:
        started = await auth.start_session(
            session, user=user, device=request.headers.get("user-agent", "")
        )
    return _signed_in(started, HTTPStatus.OK)


@router.post("/signout", response_model=dict[str, str], responses=problem_responses(403))
async def sign_out(caller: Annotated[Caller | None, Depends(auth.current_caller)]) -> JSONResponse:
    """End this session on the server and clear the cookie; without a session it does no harm."""
    if caller:
        async with db.transaction() as session:
            await auth.end_session(session, session_id=caller.session_id)
    return JSONResponse({}, headers=auth.clear_cookie_header())


@router.get("/currentuser", responses=problem_responses())
async def current_user(
    caller: Annotated[Caller | None, Depends(auth.current_caller)],
) -> CurrentUser:
    """Tell who is signed in."""
    return CurrentUser(
        current_user=UserRead(id=caller.user_id, email=caller.email) if caller else None
    )
