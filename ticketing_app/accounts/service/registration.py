"""Creates an account."""

from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts import passwords, repository
from ticketing_app.accounts.models import User
from ticketing_app.accounts.schemas import (
    UserCreate,
    UserRead,
)
from ticketing_app.core.errors import AppError
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import UserCreated


class EmailInUseError(AppError):
    # Reveals that the address has an account; the limit of sign-ups prevents enumeration.
    message = "Email in use"
    field = "email"


async def sign_up(session: AsyncSession, *, user: UserCreate) -> UserRead:
    """Raises EmailInUseError if another account has this address."""
    # Hashed before the first statement, so that no pooled connection is held meanwhile.
    row = User(email=user.email, password_hash=await passwords.hash_password(user.password))
    try:
        async with session.begin_nested():
            repository.add(session, row)
    except IntegrityError:
        raise EmailInUseError from None
    outbox.record(session, UserCreated(user_id=row.id, user_version=row.version, email=row.email))
    return UserRead(id=row.id, email=row.email)
