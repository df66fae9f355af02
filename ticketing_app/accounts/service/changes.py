"""Changes of an account by its owner, after a check of the current password."""

from http import HTTPStatus
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts import passwords, repository
from ticketing_app.accounts.models import User
from ticketing_app.accounts.schemas import (
    Caller,
    CheckedUser,
    UserRead,
)
from ticketing_app.accounts.service import addresses, tokens
from ticketing_app.accounts.service.failures import log_failure
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import AppError, NotSignedInError
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import (
    EmailChangeRequested,
    EmailConfirmationRequested,
    PasswordChanged,
    UserUpdated,
)


class WrongPasswordError(AppError):
    message = "This is not your current password."
    field = "currentPassword"


class AccountChangedError(AppError):
    status = HTTPStatus.CONFLICT
    message = "Your account was changed somewhere else a moment ago. Nothing was changed here; please try again."


async def check_password(
    transaction: db.Transaction, *, user_id: UUID, password: str
) -> CheckedUser:
    """Raises WrongPasswordError; holds no connection during the comparison."""
    async with transaction() as session:
        user = await repository.get_user(session, user_id)
    if not await passwords.verify_password(password, user.password_hash):
        log_failure("account.password_check_failed", user_id)
        raise WrongPasswordError
    return CheckedUser(user=UserRead(id=user.id, email=user.email), version=user.version)


async def change_email(
    session: AsyncSession, *, caller: Caller, checked: CheckedUser, email: str
) -> UserRead:
    """Change an address that is not confirmed; a confirmed one stays until the new one is confirmed, too.

    Return the account with its present address. Raises EmailInUseError, AccountChangedError or
    NotSignedInError; see `_lock_own`.
    """
    user = await _lock_own(session, caller, checked)
    if user.email == email:
        return UserRead(id=user.id, email=email)
    await addresses.require_free(session, email, user_id=user.id)
    if user.email_confirmed_at:
        outbox.record(
            session,
            EmailChangeRequested(
                user_id=user.id, user_version=user.version, email=user.email, new_email=email
            ),
        )
        return UserRead(id=user.id, email=user.email)
    await addresses.replace(session, user, email)
    # Links to the address with the typing error.
    await repository.delete_tokens(session, user.id, tokens.BY_MAIL)
    outbox.record(session, UserUpdated(**addresses.facts(user)))
    outbox.record(session, EmailConfirmationRequested(**addresses.facts(user)))
    return UserRead(id=user.id, email=email)


async def change_password(
    session: AsyncSession, *, caller: Caller, checked: CheckedUser, password: str
) -> list[UUID]:
    """Revoke all sessions but the caller's and return their ids.

    Raises InvalidInputError if the password is a common one, and errors as `_lock_own`.
    """
    # Before the first statement, so that no pooled connection is held meanwhile.
    email = checked.user.email
    await passwords.require_uncommon(password, email=email, field="newPassword")
    password_hash = await passwords.hash_password(password)
    user = await _lock_own(session, caller, checked)
    now = utc_now()
    user.password_hash = password_hash
    user.credentials_changed_at = now
    user.version += 1
    await repository.delete_tokens(session, user.id, tokens.BY_MAIL)
    outbox.record(session, UserUpdated(**addresses.facts(user)))
    outbox.record(session, PasswordChanged(**addresses.facts(user), is_reset=False))
    return await repository.revoke_sessions(
        session, user_id=user.id, now=now, except_id=caller.session_id
    )


async def _lock_own(session: AsyncSession, caller: Caller, checked: CheckedUser) -> User:
    """Lock the account and check that nothing changed during the comparison of the password.

    Raises:
        NotSignedInError: the caller's session ended meanwhile.
        AccountChangedError: the account changed since its password was checked.
    """
    user = await repository.get_user_for_update(session, caller.user_id)
    if await repository.get_live_session(session, caller.session_id, utc_now()) is None:
        raise NotSignedInError
    if user.version != checked.version:
        raise AccountChangedError
    return user
