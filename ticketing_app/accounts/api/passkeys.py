"""REST of passkeys: how they are added, listed and removed, and how they sign in."""

from typing import Any

from fastapi import APIRouter, Request, Response

from ticketing_app.accounts import auth
from ticketing_app.accounts.api.users import open_session
from ticketing_app.accounts.auth import FreshCaller, SignedIn
from ticketing_app.accounts.schemas import (
    PasskeyAnswer,
    PasskeyCreate,
    PasskeyList,
    PasskeyRead,
    UserRead,
)
from ticketing_app.accounts.service import challenges, passkeys
from ticketing_app.core import db, limits
from ticketing_app.core.http import body_schema, parse_id, problem_responses, read_body

router = APIRouter(prefix="/api/users", tags=["passkeys"])


@router.post("/passkeys/options", responses=problem_responses(401, 403, 404, 409, 429))
async def begin_adding(caller: SignedIn) -> dict[str, Any]:
    """Return the options for `navigator.credentials.create`; requires a recent proof."""
    await limits.check("challenges")
    async with db.transaction() as session:
        return await passkeys.begin_adding(session, caller=caller)


@router.post(
    "/passkeys",
    status_code=201,
    responses=problem_responses(400, 401, 403, 404, 409),
    openapi_extra=body_schema(PasskeyCreate),
)
async def add_passkey(request: Request, caller: FreshCaller) -> PasskeyRead:
    """Add the passkey that the browser created."""
    created = await read_body(request, PasskeyCreate)
    return await passkeys.add_passkey(db.transaction, caller=caller, passkey=created)


@router.get("/passkeys", responses=problem_responses(401))
async def list_passkeys(caller: SignedIn) -> PasskeyList:
    """List the caller's passkeys, the oldest first."""
    async with db.transaction() as session:
        return PasskeyList(items=await passkeys.list_passkeys(session, caller=caller))


@router.delete(
    "/passkeys/{passkey_id}", status_code=204, responses=problem_responses(401, 403, 404)
)
async def remove_passkey(passkey_id: str, caller: SignedIn) -> None:
    """Remove a passkey; requires a recent proof."""
    own_id = parse_id(passkey_id, passkeys.PasskeyNotFoundError)
    async with db.transaction() as session:
        await passkeys.remove_passkey(session, caller=caller, passkey_id=own_id)


@router.post("/signin/passkey/options", responses=problem_responses(403, 404, 429))
async def begin_sign_in() -> dict[str, Any]:
    """Return the options for `navigator.credentials.get`, for any account."""
    await limits.check("challenges")
    async with db.transaction() as session:
        return await passkeys.begin_sign_in(session)


@router.post(
    "/signin/passkey",
    responses=problem_responses(400, 403, 404, 429),
    openapi_extra=body_schema(PasskeyAnswer),
)
async def sign_in(request: Request, response: Response) -> UserRead:
    """Sign in with a passkey: the answer sets the session cookie."""
    # No limit by account: wrong passwords must not keep the owner of a passkey out.
    await limits.check("passkeys")
    answer = await read_body(request, PasskeyAnswer)
    challenge = await challenges.redeem(db.transaction, answer.credential, "sign_in")
    async with db.transaction() as session:
        recognised = await passkeys.recognise(session, answer.credential, challenge)
        user = recognised.user
        await open_session(
            session,
            request,
            response,
            user,
            method="passkey",
            is_suspicious=recognised.is_suspicious,
        )
        auth.log_after_commit(session, "account.signed_in", user_id=user.id)
    return user
