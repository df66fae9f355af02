"""Checks the credentials of a sign-in."""

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts import passwords, repository
from ticketing_app.accounts.schemas import (
    CheckedUser,
    Credentials,
    UserRead,
)
from ticketing_app.accounts.service.failures import log_failure
from ticketing_app.core import db
from ticketing_app.core.errors import AppError


class InvalidCredentialsError(AppError):
    # The same for an unknown address and a wrong password.
    message = "Invalid credentials"


async def check_credentials(
    transaction: db.Transaction, *, credentials: Credentials
) -> CheckedUser:
    """Raises InvalidCredentialsError, in the same time whether or not the account exists."""
    # The comparison may wait for a thread; it must not hold a connection meanwhile.
    async with transaction() as session:
        user = await repository.get_user_by_email(session, credentials.email)
    is_right, new_hash = await passwords.verify_and_update(
        credentials.password, user.password_hash if user else None
    )
    if user is None or not is_right:
        log_failure("account.sign_in_failed", user.id if user else None)
        raise InvalidCredentialsError
    return CheckedUser(
        user=UserRead(id=user.id, email=user.email), version=user.version, new_hash=new_hash
    )


async def confirm_credentials(session: AsyncSession, *, checked: CheckedUser) -> None:
    """Lock the account before a session of it starts, and save the new hash, if there is one."""
    user = await repository.get_user_for_update(session, checked.user.id)
    if user.version != checked.version:
        # The password may have changed since the check.
        raise InvalidCredentialsError
    if checked.new_hash:
        # The password is the same, so the version stays. Devices become unknown until their next
        # sign-in, because their cookies depend on the hash.
        user.password_hash = checked.new_hash
