"""REST of mailed links, under /api/users: confirmation of the address, and reset of the password."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from ticketing_app.accounts import auth
from ticketing_app.accounts.api.users import open_session
from ticketing_app.accounts.auth import SignedIn
from ticketing_app.accounts.schemas import (
    AccountRead,
    LinkToken,
    PasswordReset,
    PasswordResetRequest,
    UserRead,
)
from ticketing_app.accounts.service import addresses, recovery, users
from ticketing_app.core import db, limits
from ticketing_app.core.errors import AppError
from ticketing_app.core.http import body_schema, problem_responses, read_body
from ticketing_app.core.settings import get_settings
from ticketing_app.work import due as work

router = APIRouter(prefix="/api/users", tags=["users"])


class NoMailError(AppError):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    message = "We cannot send mails right now, so no link is on its way. Please try again later."


def _require_mail() -> None:
    if not get_settings().has_mail:
        raise NoMailError


async def confirm_address(link: LinkToken) -> UserRead:
    """Use the link: the edge of API and forms."""
    await limits.check("links")
    async with db.transaction() as session:
        return await auth.confirm_email(session, secret=link.token)


async def request_reset(typed: PasswordResetRequest) -> None:
    """Have a link mailed, if the address has an account: the edge of API and forms."""
    _require_mail()
    await limits.check("resets", account=typed.email)
    # The account is looked up later: the response must not reveal by its time whether there is one.
    async with db.transaction() as session:
        await work.want(session, "accounts.reset", typed.email)


async def reset_password(request: Request, response: Response, reset: PasswordReset) -> UserRead:
    """Use the link and sign in: the edge of API and forms."""
    await limits.check("links")
    password_hash = await recovery.check_new_password(
        db.transaction, secret=reset.token, password=reset.new_password
    )
    async with db.transaction() as session:
        user = await auth.recover(session, secret=reset.token, password_hash=password_hash)
        await open_session(session, request, response, user, method="reset")
    return user


@router.get("/account", responses=problem_responses(401))
async def get_account(caller: SignedIn) -> AccountRead:
    """Return the caller's account."""
    async with db.transaction() as session:
        user = await users.get_user(session, user_id=caller.user_id)
    return AccountRead(id=user.id, email=user.email, email_confirmed_at=user.email_confirmed_at)


@router.post(
    "/email/confirm",
    responses=problem_responses(400, 403, 429),
    openapi_extra=body_schema(LinkToken),
)
async def confirm(request: Request) -> UserRead:
    """Confirm an address by the token of a mailed link, also signed out."""
    return await confirm_address(await read_body(request, LinkToken))


@router.post("/email/confirmation", status_code=202, responses=problem_responses(401, 403, 429))
async def send_confirmation(caller: SignedIn) -> dict[str, str]:
    """Have the link that confirms the caller's address sent again; harmless if it is confirmed."""
    _require_mail()
    await limits.check("confirmations", account=caller.user_id)
    async with db.transaction() as session:
        await addresses.request_confirmation(session, caller=caller)
    return {}


@router.post(
    "/password-reset",
    status_code=202,
    responses=problem_responses(400, 403, 429),
    openapi_extra=body_schema(PasswordResetRequest),
)
async def send_reset(request: Request) -> dict[str, str]:
    """Have a link mailed that sets a new password; the answer is the same without an account."""
    await request_reset(await read_body(request, PasswordResetRequest))
    return {}


@router.post(
    "/password-reset/confirm",
    responses=problem_responses(400, 403, 429),
    openapi_extra=body_schema(PasswordReset),
)
async def reset(request: Request, response: Response) -> UserRead:
    """Set a password by the token of a mailed link, end all sessions and sign in here.

    The link that undoes a change of address restores that address, too.
    """
    return await reset_password(request, response, await read_body(request, PasswordReset))
