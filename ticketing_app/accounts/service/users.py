"""Reads of accounts, for the other use cases and for auth."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts import repository
from ticketing_app.accounts.models import User


async def get_user(session: AsyncSession, *, user_id: UUID) -> User:
    return await repository.get_user(session, user_id)


async def find_user(session: AsyncSession, *, email: str) -> User | None:
    return await repository.get_user_by_email(session, email)
