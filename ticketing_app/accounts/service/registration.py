"""Creates an account."""

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts import passwords, repository
from ticketing_app.accounts.models import User
from ticketing_app.accounts.schemas import UserCreate, UserRead
from ticketing_app.core.errors import AppError
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import UserCreated


class EmailInUseError(AppError):
    # Reveals that the address has an account; the limit of sign-ups prevents enumeration.
    message = "Email in use"
    field = "email"


async def sign_up(session: AsyncSession, *, user: UserCreate) -> UserRead:
    """Create an account.

    Raises:
        EmailInUseError: another account has this address, or can still get it back.
        InvalidInputError: the password is a common one.
    """
    # Before the first statement, so that no pooled connection is held meanwhile.
    await passwords.require_uncommon(user.password, email=user.email, field="password")
    password_hash = await passwords.hash_password(user.password)
    row = User(email=user.email, password_hash=password_hash)
    if await repository.is_reserved(session, user.email, user_id=row.id):
        raise EmailInUseError
    if not await repository.insert_user(session, row):
        raise EmailInUseError
    outbox.record(session, UserCreated(user_id=row.id, user_version=row.version, email=row.email))
    return UserRead(id=row.id, email=row.email)
