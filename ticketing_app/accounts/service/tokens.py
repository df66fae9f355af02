"""Tokens of mailed links: a random secret, stored as a hash, for one purpose and one use."""

import secrets
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts import repository
from ticketing_app.accounts.models import Token
from ticketing_app.accounts.rules import LIVE_TOKENS, TOKEN_LIFETIMES, TokenPurpose
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import AppError

SECRET_BYTES = 32
# After a token expired, to tell its owner that a link is old.
KEPT_DAYS = 30
# Without UNDO: a thief who changed the address must not be able to end the way back.
BY_MAIL = frozenset(TokenPurpose) - {TokenPurpose.UNDO}


class InvalidTokenError(AppError):
    # The same for an unknown, used or expired token, and for one of another purpose.
    message = "This link was used already, or is too old. Please ask for a new one."
    field = "token"


class Redeemed(NamedTuple):
    """A token's account and facts: the address that it is about, if any."""

    user_id: UUID
    purpose: TokenPurpose
    facts: dict[str, str]


async def issue(
    session: AsyncSession,
    *,
    user_id: UUID,
    purpose: TokenPurpose,
    facts: dict[str, str] | None = None,
) -> str:
    """Return a new secret. Called by the sender of the mail, so that no row ever holds one.

    Of more than LIVE_TOKENS of one purpose the oldest are deleted, but not those that undo a change:
    more changes must not take the way back.
    """
    secret = secrets.token_urlsafe(SECRET_BYTES)
    token = Token(
        user_id=user_id,
        purpose=purpose,
        secret_hash=_hash(secret),
        facts=facts or {},
        expires_at=utc_now() + TOKEN_LIFETIMES[purpose],
    )
    repository.add(session, token)
    if purpose == TokenPurpose.UNDO:
        return secret
    await session.flush()
    await repository.delete_old_tokens(session, user_id, purpose, keep=LIVE_TOKENS)
    return secret


async def find(
    session: AsyncSession, *, secret: str, purposes: frozenset[TokenPurpose]
) -> Redeemed:
    """Like `redeem`, without using the token."""
    return _require(await repository.get_live_token(session, _hash(secret), purposes))


async def redeem(
    session: AsyncSession, *, secret: str, purposes: frozenset[TokenPurpose]
) -> Redeemed:
    """Use the token; raises InvalidTokenError."""
    return _require(await repository.use_token(session, _hash(secret), purposes))


async def delete_expired(session: AsyncSession, limit: int) -> int:
    return await repository.delete_expired_tokens(session, days=KEPT_DAYS, limit=limit)


def _require(token: Token | None) -> Redeemed:
    if token is None:
        raise InvalidTokenError
    return Redeemed(token.user_id, TokenPurpose(token.purpose), token.facts)


def _hash(secret: str) -> bytes:
    # A fast hash will do: the secret has 256 random bits.
    return sha256(secret.encode()).digest()
