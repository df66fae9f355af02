"""Use cases of accounts and their sessions."""

from http import HTTPStatus
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts import passwords, repository, rules
from ticketing_app.accounts.models import User, UserSession
from ticketing_app.accounts.schemas import (
    Caller,
    CheckedUser,
    Credentials,
    SessionRead,
    UserCreate,
    UserRead,
)
from ticketing_app.core import db, limits
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import AppError, NotSignedInError
from ticketing_app.core.logging import get_logger
from ticketing_app.core.settings import get_settings
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import UserCreated, UserUpdated

log = get_logger()

SESSIONS_SHOWN = 100


class EmailInUseError(AppError):
    # Reveals that the address has an account; the limit of sign-ups prevents enumeration.
    message = "Email in use"
    field = "email"


class InvalidCredentialsError(AppError):
    # The same for an unknown address and a wrong password.
    message = "Invalid credentials"


class WrongPasswordError(AppError):
    message = "This is not your current password."
    field = "currentPassword"


class AccountChangedError(AppError):
    status = HTTPStatus.CONFLICT
    message = "Your account was changed somewhere else a moment ago. Nothing was changed here; please try again."


class SessionNotFoundError(AppError):
    # Also for a session of another user: its existence must not be revealed.
    status = HTTPStatus.NOT_FOUND
    message = "We could not find this sign-in among yours."


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


async def get_user(session: AsyncSession, *, user_id: UUID) -> User:
    return await repository.get_user(session, user_id)


async def find_user(session: AsyncSession, *, email: str) -> User | None:
    return await repository.get_user_by_email(session, email)


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
        _log_failure("account.sign_in_failed", user.id if user else None)
        raise InvalidCredentialsError
    return CheckedUser(
        user=UserRead(id=user.id, email=user.email), version=user.version, new_hash=new_hash
    )


async def check_password(
    transaction: db.Transaction, *, user_id: UUID, password: str
) -> CheckedUser:
    """Raises WrongPasswordError; holds no connection during the comparison."""
    async with transaction() as session:
        user = await repository.get_user(session, user_id)
    if not await passwords.verify_password(password, user.password_hash):
        _log_failure("account.password_check_failed", user_id)
        raise WrongPasswordError
    return CheckedUser(user=UserRead(id=user.id, email=user.email), version=user.version)


def _log_failure(event: str, user_id: UUID | None) -> None:
    # Never logs the typed address: users type passwords into that field by mistake.
    account = str(user_id) if user_id else None
    log.warning(event, user_id=account, address=limits.client_address())


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


async def change_email(
    session: AsyncSession, *, caller: Caller, checked: CheckedUser, email: str
) -> UserRead:
    """Raises EmailInUseError, AccountChangedError or NotSignedInError; see `_lock_own`."""
    user = await _lock_own(session, caller, checked)
    if user.email == email:
        return UserRead(id=user.id, email=email)
    try:
        async with session.begin_nested():
            user.email = email
            user.version += 1
    except IntegrityError:
        raise EmailInUseError from None
    outbox.record(session, UserUpdated(user_id=user.id, user_version=user.version, email=email))
    return UserRead(id=user.id, email=email)


async def change_password(
    session: AsyncSession, *, caller: Caller, checked: CheckedUser, password: str
) -> list[UUID]:
    """Revoke all sessions but the caller's and return their ids; errors as `_lock_own`."""
    # Hashed before the first statement, so that no pooled connection is held meanwhile.
    password_hash = await passwords.hash_password(password)
    user = await _lock_own(session, caller, checked)
    user.password_hash = password_hash
    user.version += 1
    outbox.record(
        session, UserUpdated(user_id=user.id, user_version=user.version, email=user.email)
    )
    return await repository.revoke_sessions(
        session, user_id=user.id, now=utc_now(), except_id=caller.session_id
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


async def start_session(
    session: AsyncSession, *, user_id: UUID, device: str, address: str
) -> UserSession:
    """Record a sign-in; `device` and `address` are shown to its owner, cut to the column length."""
    now = utc_now()
    row = UserSession(
        user_id=user_id,
        expires_at=rules.session_expires_at(now, get_settings().session_days),
        device=device[: rules.DEVICE_MAX_LENGTH],
        address=address[: rules.ADDRESS_MAX_LENGTH],
    )
    repository.add(session, row)
    return row


async def end_session(session: AsyncSession, *, session_id: UUID) -> None:
    """Revoke a session: its token is refused from now on."""
    await repository.revoke_session(session, session_id, utc_now())


async def end_own_session(session: AsyncSession, *, user_id: UUID, session_id: UUID) -> None:
    """Raises SessionNotFoundError if this user has no session with this id, live or revoked."""
    found = await repository.get_session(session, session_id)
    if found is None or found.user_id != user_id:
        raise SessionNotFoundError
    await end_session(session, session_id=session_id)


async def end_sessions(
    session: AsyncSession, *, user_id: UUID, except_id: UUID | None
) -> list[UUID]:
    """Revoke the sessions of the account but `except_id`; return the revoked ids."""
    # Without this lock, concurrent calls could lock the same sessions in different orders and deadlock.
    await repository.get_user_for_update(session, user_id)
    return await repository.revoke_sessions(
        session, user_id=user_id, now=utc_now(), except_id=except_id
    )


async def list_sessions(session: AsyncSession, *, caller: Caller) -> list[SessionRead]:
    """Return the caller's live sessions, the last seen first."""
    rows = await repository.list_open_sessions(
        session, user_id=caller.user_id, now=utc_now(), limit=SESSIONS_SHOWN
    )
    return [SessionRead(**row.model_dump(), is_current=row.id == caller.session_id) for row in rows]


async def get_caller(session: AsyncSession, *, session_id: UUID) -> Caller | None:
    """Return the user of a live session; updates `last_seen_at` once per SEEN_INTERVAL."""
    now = utc_now()
    live = await repository.get_live_session(session, session_id, now)
    if live is None:
        return None
    if rules.must_record_seen(live.session.last_seen_at, now):
        await repository.record_seen(session, session_id, now)
    return Caller(user_id=live.session.user_id, email=live.email, session_id=session_id)


async def delete_ended_sessions(session: AsyncSession, limit: int) -> int:
    """Delete up to `limit` sessions that expired RETENTION_DAYS ago; return the count."""
    days = get_settings().retention_days
    if days == 0:
        return 0
    return await repository.delete_ended(session, days=days, limit=limit)
