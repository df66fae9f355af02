"""Proof of identity: valuable acts need a password or passkey that was shown a moment ago."""

# The session row is marked, and its token stays: a websocket keeps the cookie of its handshake, so a new token
# would not reach the open page.

from http import HTTPStatus
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession
from typing_extensions import override

from ticketing_app.accounts import repository, rules
from ticketing_app.accounts.schemas import Caller, CheckedUser, UserRead
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import AppError, NotSignedInError

PROOF_NEEDED = "/problems/proof-needed"


class ProofNeededError(AppError):
    status = HTTPStatus.FORBIDDEN
    message = "Please show that it is you first: enter your password or use a passkey."

    @property
    @override
    def extra(self) -> dict[str, str | int]:
        return {"type": PROOF_NEEDED}


async def require_fresh(session: AsyncSession, *, caller: Caller) -> CheckedUser:
    """Raises ProofNeededError if the last proof of the session is too old, NotSignedInError if it ended."""
    # From the row, as the cache of sessions may be older than the proof.
    now = utc_now()
    live = await repository.get_live_session(session, caller.session_id, now)
    if live is None:
        raise NotSignedInError
    if not rules.is_proof_fresh(live.proved_at, now):
        raise ProofNeededError
    user = await repository.get_user(session, caller.user_id)
    return CheckedUser(user=UserRead(id=user.id, email=user.email), version=user.version)


async def record(session: AsyncSession, *, session_id: UUID) -> None:
    await repository.record_proof(session, session_id, utc_now())
