"""SQL of gifts."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.orders.models import Gift
from ticketing_app.orders.rules import GiftStatus

NOW = func.clock_timestamp()
_IS_OPEN = col(Gift.status) == GiftStatus.OFFERED
_IS_RUNNING = col(Gift.expires_at) > NOW


class GiftNow(NamedTuple):
    gift: Gift
    is_running: bool  # Its end lies ahead on the database clock.


_GIFTS: Any = select(Gift, _IS_RUNNING).execution_options(populate_existing=True)


async def get_gift(session: AsyncSession, gift_id: UUID) -> GiftNow | None:
    row = (await session.exec(_GIFTS.where(Gift.id == gift_id))).one_or_none()
    return GiftNow(*row) if row else None


async def list_by_tickets(session: AsyncSession, ticket_ids: Collection[UUID]) -> list[Gift]:
    """Return the gifts of these tickets that are open or were taken, in the order of their ends."""
    is_offer = _IS_OPEN & _IS_RUNNING
    query = select(Gift).where(
        col(Gift.ticket_id).in_(ticket_ids), or_(is_offer, col(Gift.status) == GiftStatus.TAKEN)
    )
    rows = await session.exec(query.order_by(col(Gift.ended_at).nulls_last()))
    return list(rows.all())


async def list_taken_by(session: AsyncSession, user_id: UUID) -> list[Gift]:
    """Return the gifts that this user took, the last one first."""
    query = select(Gift).where(Gift.to_id == user_id).order_by(col(Gift.ended_at).desc())
    return list((await session.exec(query)).all())


async def list_of_person(session: AsyncSession, user_id: UUID, address: str) -> list[Gift]:
    """Return the gifts from this user, and those to them or their address."""
    is_theirs = or_(
        col(Gift.from_id) == user_id, col(Gift.to_id) == user_id, col(Gift.to_email) == address
    )
    return list((await session.exec(select(Gift).where(is_theirs).order_by(col(Gift.id)))).all())


async def add_gift(session: AsyncSession, gift: Gift) -> None:
    session.add(gift)
    await session.flush()


async def end_gift(
    session: AsyncSession, gift_id: UUID, *, to: GiftStatus, to_id: UUID | None = None
) -> Gift | None:
    """Move an open gift to its end; None if it has one, or if it is too late, or too early to lapse."""
    is_in_time = ~_IS_RUNNING if to is GiftStatus.LAPSED else _IS_RUNNING
    ended = await _end(session, col(Gift.id) == gift_id, is_in_time, to=to, to_id=to_id)
    return ended[0] if ended else None


async def end_lapsed(session: AsyncSession, file_id: UUID) -> list[Gift]:
    """Close the offer of this file that nobody took in time."""
    return await _end(session, col(Gift.file_id) == file_id, ~_IS_RUNNING, to=GiftStatus.LAPSED)


async def withdraw_open(session: AsyncSession, *, gift_ids: Collection[UUID]) -> list[Gift]:
    """Withdraw the open ones among these gifts."""
    return await _end(session, col(Gift.id).in_(gift_ids), to=GiftStatus.WITHDRAWN)


async def withdraw_from(session: AsyncSession, user_id: UUID) -> list[Gift]:
    """Withdraw all open gifts from this user."""
    return await _end(session, col(Gift.from_id) == user_id, to=GiftStatus.WITHDRAWN)


async def _end(
    session: AsyncSession,
    *conditions: ColumnElement[bool],
    to: GiftStatus,
    to_id: UUID | None = None,
) -> list[Gift]:
    statement = (
        update(Gift)
        .where(_IS_OPEN, *conditions)
        .values(status=to, to_id=to_id, ended_at=NOW, version=Gift.version + 1)
        .returning(Gift)
    )
    rows = await session.exec(statement, execution_options={"populate_existing": True})
    return list(rows.scalars().all())


async def decline_to(session: AsyncSession, address: str) -> list[Gift]:
    """Decline all open gifts to this address."""
    return await _end(session, col(Gift.to_email) == address, to=GiftStatus.DECLINED)


async def erase_address(session: AsyncSession, address: str) -> None:
    statement = update(Gift).where(col(Gift.to_email) == address)
    await session.exec(statement.values(to_email=None))


async def erase_old_addresses(session: AsyncSession, *, kept: timedelta, limit: int) -> int:
    """Erase up to `limit` addresses of gifts that ended this long ago; return the count."""
    is_old = (col(Gift.to_email).is_not(None), col(Gift.ended_at) < func.now() - kept)
    old = select(Gift.id).where(*is_old).limit(limit).with_for_update(skip_locked=True).cte()
    statement = update(Gift).where(col(Gift.id).in_(select(old.c.id))).values(to_email=None)
    return (await session.exec(statement)).rowcount
