from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts.models import (
    Challenge,
    FormerEmail,
    Passkey,
    Purpose,
    Token,
    User,
    UserSession,
)
from ticketing_app.accounts.rules import TokenPurpose
from ticketing_app.core import db


class LiveSession(NamedTuple):
    user_id: UUID
    email: str
    last_seen_at: datetime
    proved_at: datetime | None


async def get_user_by_email(session: AsyncSession, email: str) -> User | None:
    return (await session.exec(select(User).where(User.email == email))).one_or_none()


async def get_user_for_update(session: AsyncSession, user_id: UUID) -> User:
    """Lock the account: until the transaction ends, no session of it starts and nothing changes."""
    query = select(User).where(User.id == user_id).with_for_update()
    return (await session.exec(query.execution_options(populate_existing=True))).one()


async def get_user(session: AsyncSession, user_id: UUID) -> User:
    return (await session.exec(select(User).where(User.id == user_id))).one()


async def insert_user(session: AsyncSession, user: User) -> bool:
    """Insert an account; false if another one has its address."""
    # A violated constraint would put the address into PostgreSQL's log.
    row = insert(User).values(user.model_dump()).on_conflict_do_nothing(index_elements=["email"])
    return (await session.exec(row)).rowcount == 1


def add(session: AsyncSession, row: User | UserSession | Token | Passkey | Challenge) -> None:
    session.add(row)


# Built once and run without the ORM: every request may pay for it.
_LIVE_SESSION = (
    select(UserSession.user_id, User.email, UserSession.last_seen_at, UserSession.proved_at)
    .join(User, col(User.id) == UserSession.user_id)
    .where(
        UserSession.id == bindparam("session_id"),
        col(UserSession.revoked_at).is_(None),
        UserSession.expires_at > bindparam("now"),
    )
)


async def get_live_session(
    session: AsyncSession, session_id: UUID, now: datetime
) -> LiveSession | None:
    connection = await session.connection()
    found = await connection.execute(_LIVE_SESSION, {"session_id": session_id, "now": now})
    row = found.one_or_none()
    return LiveSession(*row) if row else None


async def list_open_sessions(
    session: AsyncSession, *, user_id: UUID, now: datetime, limit: int
) -> list[UserSession]:
    """Return up to `limit` live sessions, the last seen first."""
    query = (
        select(UserSession)
        .where(
            UserSession.user_id == user_id,
            col(UserSession.revoked_at).is_(None),
            UserSession.expires_at > now,
        )
        .order_by(col(UserSession.last_seen_at).desc(), col(UserSession.id).desc())
    )
    return list((await session.exec(query.limit(limit))).all())


async def list_addresses(
    session: AsyncSession, *, user_id: UUID, device: str, since: datetime
) -> Sequence[str]:
    """Return the addresses from which the user signed in on devices of this kind."""
    query = (
        select(UserSession.address)
        .where(
            UserSession.user_id == user_id,
            UserSession.device == device,
            UserSession.last_seen_at > since,
        )
        .distinct()
    )
    return (await session.exec(query)).all()


async def get_session(session: AsyncSession, session_id: UUID) -> UserSession | None:
    return (
        await session.exec(select(UserSession).where(UserSession.id == session_id))
    ).one_or_none()


async def record_seen(session: AsyncSession, session_id: UUID, now: datetime) -> None:
    await session.exec(
        update(UserSession).where(col(UserSession.id) == session_id).values(last_seen_at=now)
    )


async def record_proof(session: AsyncSession, session_id: UUID, now: datetime) -> None:
    await session.exec(
        update(UserSession).where(col(UserSession.id) == session_id).values(proved_at=now)
    )


async def revoke_session(session: AsyncSession, session_id: UUID, now: datetime) -> None:
    """Revoking again keeps the first time."""
    await session.exec(
        update(UserSession)
        .where(col(UserSession.id) == session_id, col(UserSession.revoked_at).is_(None))
        .values(revoked_at=now)
    )


async def revoke_sessions(
    session: AsyncSession, *, user_id: UUID, now: datetime, except_id: UUID | None
) -> list[UUID]:
    """Revoke the sessions of an account but `except_id`; return the revoked ids."""
    ended = (
        update(UserSession)
        .where(
            col(UserSession.user_id) == user_id,
            col(UserSession.revoked_at).is_(None),
            *([col(UserSession.id) != except_id] if except_id else []),
        )
        .values(revoked_at=now)
        .returning(col(UserSession.id))
    )
    return list((await session.exec(ended)).scalars().all())


async def list_sessions(session: AsyncSession, user_id: UUID) -> list[UserSession]:
    """Return all sessions that are kept, also ended ones, newest first."""
    query = select(UserSession).where(UserSession.user_id == user_id)
    return list((await session.exec(query.order_by(col(UserSession.id).desc()))).all())


async def get_last_sign_in(session: AsyncSession, user_id: UUID) -> datetime | None:
    query = select(func.max(UserSession.created_at)).where(UserSession.user_id == user_id)
    return (await session.exec(query)).one()


async def delete_keys(session: AsyncSession, user_id: UUID) -> None:
    """Delete everything that lets its owner in: sessions, passkeys, links, former addresses."""
    for table in (UserSession, Passkey, Challenge, Token, FormerEmail):
        await session.exec(delete(table).where(col(table.user_id) == user_id))


async def delete_ended(session: AsyncSession, *, days: int, limit: int) -> int:
    """Delete up to `limit` sessions that expired `days` ago; return the count."""
    is_old = col(UserSession.expires_at) < func.now() - timedelta(days=days)
    return await db.delete_batch(session, UserSession, is_old, limit=limit)


def _live_token(
    secret_hash: bytes, purposes: frozenset[TokenPurpose]
) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Token.secret_hash) == secret_hash,
        col(Token.purpose).in_(purposes),
        col(Token.used_at).is_(None),
        col(Token.expires_at) > func.now(),
    )


async def get_live_token(
    session: AsyncSession, secret_hash: bytes, purposes: frozenset[TokenPurpose]
) -> Token | None:
    query = select(Token).where(*_live_token(secret_hash, purposes))
    return (await session.exec(query)).one_or_none()


async def use_token(
    session: AsyncSession, secret_hash: bytes, purposes: frozenset[TokenPurpose]
) -> Token | None:
    """Mark a live token as used, in one statement: of two requests at once only one gets it."""
    use = update(Token).where(*_live_token(secret_hash, purposes)).values(used_at=func.now())
    return (await session.exec(use.returning(Token))).scalar_one_or_none()


async def delete_old_tokens(
    session: AsyncSession, user_id: UUID, purpose: TokenPurpose, *, keep: int
) -> None:
    newest = (
        select(Token.id)
        .where(Token.user_id == user_id, Token.purpose == purpose)
        .order_by(col(Token.id).desc())
        .limit(keep)
    )
    await session.exec(
        delete(Token).where(
            col(Token.user_id) == user_id,
            col(Token.purpose) == purpose,
            col(Token.id).not_in(newest),
        )
    )


async def delete_tokens(
    session: AsyncSession, user_id: UUID, purposes: frozenset[TokenPurpose]
) -> None:
    await session.exec(
        delete(Token).where(col(Token.user_id) == user_id, col(Token.purpose).in_(purposes))
    )


async def is_reserved(session: AsyncSession, email: str, *, user_id: UUID) -> bool:
    """Whether another account can still get this address back."""
    query = select(FormerEmail.email).where(
        FormerEmail.email == email,
        FormerEmail.user_id != user_id,
        FormerEmail.expires_at > func.now(),
    )
    return (await session.exec(query)).first() is not None


async def get_former_email(
    session: AsyncSession, email: str, *, user_id: UUID
) -> FormerEmail | None:
    query = select(FormerEmail).where(
        FormerEmail.email == email,
        FormerEmail.user_id == user_id,
        FormerEmail.expires_at > func.now(),
    )
    return (await session.exec(query)).one_or_none()


async def reserve_email(
    session: AsyncSession, *, email: str, user_id: UUID, user_version: int, expires_at: datetime
) -> None:
    """Keep an address for its account, instead of an earlier reservation."""
    values = {"user_id": user_id, "user_version": user_version, "expires_at": expires_at}
    row = insert(FormerEmail).values(email=email, **values)
    await session.exec(row.on_conflict_do_update(index_elements=["email"], set_=values))


async def delete_expired_emails(session: AsyncSession, *, limit: int) -> int:
    """Delete up to `limit` former addresses that can no longer be restored; return the count."""
    is_old = col(FormerEmail.expires_at) < func.now()
    return await db.delete_batch(session, FormerEmail, is_old, limit=limit)


async def release_emails(session: AsyncSession, user_id: UUID, *, from_version: int) -> None:
    """Give up the addresses that the account left at this version or later."""
    await session.exec(
        delete(FormerEmail).where(
            col(FormerEmail.user_id) == user_id, col(FormerEmail.user_version) >= from_version
        )
    )


async def list_passkeys(session: AsyncSession, user_id: UUID) -> list[Passkey]:
    query = select(Passkey).where(Passkey.user_id == user_id).order_by(col(Passkey.id))
    return list((await session.exec(query)).all())


async def get_passkey(session: AsyncSession, credential_id: bytes) -> Passkey | None:
    query = select(Passkey).where(Passkey.credential_id == credential_id)
    return (await session.exec(query)).one_or_none()


async def record_passkey_use(
    session: AsyncSession, passkey_id: UUID, *, sign_count: int, is_backed_up: bool, now: datetime
) -> bool:
    """Return whether the passkey still exists."""
    used = (
        update(Passkey)
        .where(col(Passkey.id) == passkey_id)
        .values(sign_count=sign_count, is_backed_up=is_backed_up, last_used_at=now)
    )
    return (await session.exec(used)).rowcount == 1


async def delete_passkeys(session: AsyncSession, user_id: UUID) -> None:
    await session.exec(delete(Passkey).where(col(Passkey.user_id) == user_id))


async def delete_passkey(session: AsyncSession, *, user_id: UUID, passkey_id: UUID) -> str | None:
    """Return the name of the deleted passkey; None if the user has none with this id."""
    deleted = (
        delete(Passkey)
        .where(col(Passkey.id) == passkey_id, col(Passkey.user_id) == user_id)
        .returning(col(Passkey.name))
    )
    return (await session.exec(deleted)).scalar_one_or_none()


async def delete_challenge(
    session: AsyncSession,
    digest: bytes,
    purpose: Purpose,
    *,
    session_id: UUID | None,
    now: datetime,
) -> bool:
    """Return whether there was such a challenge: of concurrent answers, one gets it."""
    deleted = delete(Challenge).where(
        col(Challenge.hash) == digest,
        col(Challenge.purpose) == purpose,
        col(Challenge.session_id).is_not_distinct_from(session_id),
        col(Challenge.expires_at) > now,
    )
    return (await session.exec(deleted)).rowcount == 1


async def delete_expired_challenges(session: AsyncSession, *, now: datetime, limit: int) -> int:
    return await db.delete_batch(session, Challenge, col(Challenge.expires_at) <= now, limit=limit)


async def delete_expired_tokens(session: AsyncSession, *, days: int, limit: int) -> int:
    """Delete up to `limit` tokens that expired `days` ago, used or not; return the count."""
    is_old = col(Token.expires_at) < func.now() - timedelta(days=days)
    return await db.delete_batch(session, Token, is_old, limit=limit)
