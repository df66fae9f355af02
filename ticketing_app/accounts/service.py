"""Use cases of accounts: sign up, sign in, sign out, who is it."""

from http import HTTPStatus
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts import passwords, repository, rules
from ticketing_app.accounts.models import Session, User
from ticketing_app.accounts.schemas import Caller, Credentials, UserCreate, UserRead
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import AppError
from ticketing_app.core.settings import get_settings
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import UserCreated


class EmailInUseError(AppError):
    """The address has an account; told openly, and throttled at the edge."""

    def __init__(self) -> None:
        """Say it in the words of the contract."""
        super().__init__("Email in use", field="email")


class InvalidCredentialsError(AppError):
    """E-mail or password is wrong; never told which."""

    status = HTTPStatus.BAD_REQUEST

    def __init__(self) -> None:
        """Say it in the words of the contract."""
        super().__init__("Invalid credentials")


async def sign_up(session: AsyncSession, *, user: UserCreate) -> UserRead:
    """Create an account.

    Raises:
        EmailInUseError: somebody has this address, in any case.
    """
    # Hashed before the first statement: only that takes a connection out of the pool.
    row = User(email=user.email, password_hash=await passwords.hash_password(user.password))
    try:
        async with session.begin_nested():
            repository.add(session, row)
    except IntegrityError:
        raise EmailInUseError from None
    outbox.record(session, UserCreated(user_id=row.id, user_version=row.version, email=row.email))
    return UserRead(id=row.id, email=row.email)


async def check_credentials(transaction: db.Transaction, *, credentials: Credentials) -> UserRead:
    """Return the account that these belong to; takes the same time whether or not it exists.

    The comparison may queue for a thread, and holds no connection meanwhile.

    Raises:
        InvalidCredentialsError: no such account, or another password.
    """
    async with transaction() as session:
        user = await repository.get_user_by_email(session, credentials.email)
    is_right = await passwords.verify_password(
        credentials.password, user.password_hash if user else None
    )
    if user is None or not is_right:
        raise InvalidCredentialsError
    return UserRead(id=user.id, email=user.email)


async def start_session(session: AsyncSession, *, user_id: UUID, device: str) -> Session:
    """Record a sign-in; `device` is a hint for people, cut to 200 characters."""
    now = utc_now()
    row = Session(
        user_id=user_id,
        expires_at=rules.session_expires_at(now, get_settings().session_days),
        device=device[:200],
    )
    repository.add(session, row)
    return row


async def end_session(session: AsyncSession, *, session_id: UUID) -> None:
    """End one sign-in; its token is refused from now on."""
    await repository.revoke_session(session, session_id, utc_now())


async def get_caller(session: AsyncSession, *, session_id: UUID) -> Caller | None:
    """Return who owns this session, if it is still live; notes now and then when it was last seen."""
    now = utc_now()
    live = await repository.get_live_session(session, session_id, now)
    if live is None:
        return None
    if rules.must_note_seen(live.session.last_seen_at, now):
        await repository.note_seen(session, session_id, now)
    return Caller(user_id=live.session.user_id, email=live.email, session_id=session_id)
