"""Reads of accounts, for the other use cases and for auth."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts import repository
from ticketing_app.accounts.models import User


async def get_user(session: AsyncSession, *, user_id: UUID) -> User:
    return await repository.get_user(session, user_id)


async def find_user(session: AsyncSession, *, email: str) -> User | None:
    return await repository.get_user_by_email(session, email)


async def is_confirmed(session: AsyncSession, *, user_id: UUID) -> bool:
    """Whether a mailed link proved the account's address."""
    return (await repository.get_user(session, user_id)).email_confirmed_at is not None
