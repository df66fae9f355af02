"""REST of proofs: a password or passkey again, before a valuable act."""

from typing import Any

from fastapi import APIRouter, Request

from ticketing_app.accounts import auth
from ticketing_app.accounts.auth import SignedIn
from ticketing_app.accounts.schemas import Proof
from ticketing_app.accounts.service import passkeys
from ticketing_app.core import db, limits
from ticketing_app.core.http import body_schema, problem_responses, read_body

router = APIRouter(prefix="/api/users/proof", tags=["users"])


@router.post("/options", responses=problem_responses(401, 403, 404, 409, 429))
async def begin_proof(caller: SignedIn) -> dict[str, Any]:
    """Return the options for `navigator.credentials.get`, for the caller's passkeys."""
    await limits.check("challenges")
    async with db.transaction() as session:
        return await passkeys.begin_proof(session, caller=caller)


@router.post(
    "",
    status_code=204,
    responses=problem_responses(400, 401, 403, 404, 429),
    openapi_extra=body_schema(Proof),
)
async def prove(request: Request, caller: SignedIn) -> None:
    """Allow valuable acts of this session for ten minutes."""
    proof = await read_body(request, Proof)
    if proof.credential is None:
        await auth.check_proof(caller, proof.current_password)
    else:
        await limits.check("passkeys")
        await passkeys.prove(db.transaction, caller=caller, credential=proof.credential)
