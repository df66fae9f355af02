"""SQL of accounts."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts.models import User, UserSession


class LiveSession(NamedTuple):
    """A session that counts, and its owner's address."""

    session: UserSession
    email: str


async def get_user_by_email(session: AsyncSession, email: str) -> User | None:
    """Return the account with this lower-case address."""
    return (await session.exec(select(User).where(User.email == email))).one_or_none()


async def get_user_for_update(session: AsyncSession, user_id: UUID) -> User:
    """Lock the account; no session of it starts and nothing of it changes to the end of the transaction."""
    query = select(User).where(User.id == user_id).with_for_update()
    return (await session.exec(query.execution_options(populate_existing=True))).one()


async def get_user(session: AsyncSession, user_id: UUID) -> User:
    """Return the account."""
    return (await session.exec(select(User).where(User.id == user_id))).one()


def add(session: AsyncSession, row: User | UserSession) -> None:
    """Add a new row."""
    session.add(row)


async def get_live_session(
    session: AsyncSession, session_id: UUID, now: datetime
) -> LiveSession | None:
    """Return the session unless it was ended or is over."""
    query = (
        select(UserSession, User.email)
        .join(User, col(User.id) == UserSession.user_id)
        .where(
            UserSession.id == session_id,
            col(UserSession.revoked_at).is_(None),
            UserSession.expires_at > now,
        )
    )
    row = (await session.exec(query)).one_or_none()
    return LiveSession(*row) if row else None


async def list_open_sessions(
    session: AsyncSession, *, user_id: UUID, now: datetime, limit: int
) -> list[UserSession]:
    """Return up to `limit` sessions that count, the last seen first."""
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


async def get_session(session: AsyncSession, session_id: UUID) -> UserSession | None:
    """Return the session, ended or not."""
    return (
        await session.exec(select(UserSession).where(UserSession.id == session_id))
    ).one_or_none()


async def note_seen(session: AsyncSession, session_id: UUID, now: datetime) -> None:
    """Write when the session was last used."""
    await session.exec(
        update(UserSession).where(col(UserSession.id) == session_id).values(last_seen_at=now)
    )


async def revoke_session(session: AsyncSession, session_id: UUID, now: datetime) -> None:
    """End the session; ending it again changes nothing."""
    await session.exec(
        update(UserSession)
        .where(col(UserSession.id) == session_id, col(UserSession.revoked_at).is_(None))
        .values(revoked_at=now)
    )


async def revoke_sessions(
    session: AsyncSession, *, user_id: UUID, now: datetime, keep: UUID | None
) -> list[UUID]:
    """End all open sessions of the account but `keep`; return which."""
    ended = (
        update(UserSession)
        .where(
            col(UserSession.user_id) == user_id,
            col(UserSession.revoked_at).is_(None),
            *([col(UserSession.id) != keep] if keep else []),
        )
        .values(revoked_at=now)
        .returning(col(UserSession.id))
    )
    return list((await session.exec(ended)).scalars().all())


async def delete_ended(session: AsyncSession, *, days: int, limit: int) -> int:
    """Delete up to `limit` sessions that would have ended that long ago at the latest; return how many."""
    old = (
        select(UserSession.id)
        .where(UserSession.expires_at < func.now() - timedelta(days=days))
        .order_by(col(UserSession.expires_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.exec(delete(UserSession).where(col(UserSession.id).in_(old)))).rowcount
