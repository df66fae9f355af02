"""Challenges of passkeys: each is answered once, within CHALLENGE_LIFETIME."""

from hashlib import sha256

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts import gateway, repository, rules
from ticketing_app.accounts.gateway import Ceremony, Credential
from ticketing_app.accounts.models import Challenge, Purpose
from ticketing_app.accounts.schemas import Caller
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import AppError


class ChallengeOverError(AppError):
    # Answered before, expired, or of another session.
    message = "This took too long, or was answered before. Nothing was changed; please try again."


def remember(
    session: AsyncSession, ceremony: Ceremony, purpose: Purpose, caller: Caller | None = None
) -> dict[str, object]:
    """Keep a hash of the challenge for its answer; return the options for the browser."""
    challenge = Challenge(
        hash=_digest(ceremony.challenge),
        purpose=purpose,
        user_id=caller.user_id if caller else None,
        session_id=caller.session_id if caller else None,
        expires_at=utc_now() + rules.CHALLENGE_LIFETIME,
    )
    repository.add(session, challenge)
    return ceremony.options


async def redeem(
    transaction: db.Transaction,
    credential: Credential,
    purpose: Purpose,
    caller: Caller | None = None,
) -> bytes:
    """Return the challenge of an answer and forget it; raises ChallengeOverError or PasskeyRefusedError."""
    challenge = gateway.read_challenge(credential)
    # Committed before the answer is verified: a wrong answer uses up its challenge, too.
    async with transaction() as session:
        is_ours = await repository.delete_challenge(
            session,
            _digest(challenge),
            purpose,
            session_id=caller.session_id if caller else None,
            now=utc_now(),
        )
    if not is_ours:
        raise ChallengeOverError
    return challenge


async def delete_expired(session: AsyncSession, limit: int) -> int:
    """Delete up to `limit` expired challenges; return the count."""
    return await repository.delete_expired_challenges(session, now=utc_now(), limit=limit)


def _digest(challenge: bytes) -> bytes:
    return sha256(challenge).digest()
