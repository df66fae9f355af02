"""Sessions: a sign-in until it is revoked or expires."""

from http import HTTPStatus
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts import repository, rules
from ticketing_app.accounts.models import Method, User, UserSession
from ticketing_app.accounts.schemas import (
    Caller,
    SessionRead,
)
from ticketing_app.core import addresses
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import AppError
from ticketing_app.core.settings import get_settings
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import UserSignedIn

SESSIONS_SHOWN = 100


class SessionNotFoundError(AppError):
    # Also for a session of another user: its existence must not be revealed.
    status = HTTPStatus.NOT_FOUND
    message = "We could not find this sign-in among yours."


async def start_session(
    session: AsyncSession, *, user_id: UUID, device: str, address: str, method: Method = "password"
) -> UserSession:
    """Record a sign-in; `device` and `address` are shown to its owner, cut to the column length."""
    now = utc_now()
    row = UserSession(
        user_id=user_id,
        expires_at=rules.session_expires_at(now, get_settings().session_days),
        method=method,
        proved_at=now,
        device=device[: rules.DEVICE_MAX_LENGTH],
        address=address[: rules.ADDRESS_MAX_LENGTH],
    )
    repository.add(session, row)
    return row


async def record_sign_in(
    session: AsyncSession,
    *,
    user: User,
    method: Method,
    device: str,
    address: str,
    is_known_device: bool,
    is_suspicious: bool,
) -> None:
    """Record UserSignedIn, before the session starts; a cookie of the browser may show that it is known."""
    device = device[: rules.DEVICE_MAX_LENGTH]
    is_known = is_known_device or await _has_seen(session, user, device, address)
    event = UserSignedIn(
        user_id=user.id,
        user_version=user.version,
        email=user.email,
        method=method,
        device=device,
        address=address,
        is_new_device=is_suspicious or not is_known,
    )
    outbox.record(session, event)


async def _has_seen(session: AsyncSession, user: User, device: str, address: str) -> bool:
    """Whether the account used a device of this kind in this network lately."""
    since = utc_now() - rules.KNOWN_DEVICE_LIFETIME
    seen = await repository.list_addresses(session, user_id=user.id, device=device, since=since)
    network = addresses.network(address)
    return any(addresses.network(each) == network for each in seen)


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


async def list_open_ids(session: AsyncSession, *, user_id: UUID) -> list[UUID]:
    rows = await repository.list_open_sessions(
        session, user_id=user_id, now=utc_now(), limit=SESSIONS_SHOWN
    )
    return [row.id for row in rows]


async def get_caller(session: AsyncSession, *, session_id: UUID) -> Caller | None:
    """Return the user of a live session; updates `last_seen_at` once per SEEN_INTERVAL."""
    now = utc_now()
    live = await repository.get_live_session(session, session_id, now)
    if live is None:
        return None
    if rules.must_record_seen(live.last_seen_at, now):
        await repository.record_seen(session, session_id, now)
    return Caller(user_id=live.user_id, email=live.email, session_id=session_id)


async def is_live(session: AsyncSession, *, session_id: UUID) -> bool:
    return await repository.get_live_session(session, session_id, utc_now()) is not None


async def delete_ended_sessions(session: AsyncSession, limit: int) -> int:
    """Delete up to `limit` sessions that expired RETENTION_DAYS ago; return the count."""
    days = get_settings().retention_days
    if days == 0:
        return 0
    return await repository.delete_ended(session, days=days, limit=limit)
