from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import func, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import db
from ticketing_app.notices.models import Notice, NoticeChoice, Send, Suppression
from ticketing_app.notices.rules import Channel, SendStatus
from ticketing_app.notices.schemas import DueMail


async def insert_notice(session: AsyncSession, notice: Notice) -> bool:
    """Insert the notice; false if there is one with its key."""
    statement = insert(Notice).values(**notice.model_dump()).on_conflict_do_nothing()
    return (await session.exec(statement)).rowcount == 1


async def list_told(session: AsyncSession, keys: Collection[str]) -> set[str]:
    """Return those of these keys that have a notice."""
    return set((await session.exec(select(Notice.key).where(col(Notice.key).in_(keys)))).all())


def add_send(session: AsyncSession, send: Send) -> None:
    session.add(send)


async def list_choices(session: AsyncSession, user_id: UUID, kind: str) -> dict[Channel, bool]:
    query = select(NoticeChoice.channel, NoticeChoice.is_wanted).where(
        NoticeChoice.user_id == user_id, NoticeChoice.kind == kind
    )
    return {Channel(channel): is_wanted for channel, is_wanted in (await session.exec(query)).all()}


async def get_due_mail(session: AsyncSession, send_id: UUID) -> DueMail | None:
    """Return the mail unless it has a final status."""
    query = (
        select(Send, Notice, func.now() - col(Send.created_at))
        .join(Notice, col(Notice.id) == Send.notice_id)
        .where(Send.id == send_id, Send.status == SendStatus.DUE)
    )
    row = (await session.exec(query)).one_or_none()
    if row is None:
        return None
    send, notice, age = row
    return DueMail(
        **send.model_dump(include={"id", "notice_id", "address", "language"}),
        **notice.model_dump(include={"user_id", "kind", "facts"}),
        age=age,
    )


async def set_address(session: AsyncSession, send_id: UUID, address: str) -> None:
    await session.exec(update(Send).where(col(Send.id) == send_id).values(address=address))


async def close_send(
    session: AsyncSession, send_id: UUID, status: SendStatus, reason: str | None
) -> None:
    await session.exec(
        update(Send).where(col(Send.id) == send_id).values(status=status, reason=reason)
    )


# The mail provider may have reported the delivery already.
_MARK_SENT = text("""
    UPDATE sends SET sent_at = clock_timestamp(),
      status = CASE WHEN status = 'due' THEN 'sent' ELSE status END
    WHERE id = :id
""")


async def mark_sent(send_id: UUID) -> None:
    # A process that ends between the reply of the mail server and this commit sends the mail again.
    async with db.autocommit() as connection:
        await connection.execute(_MARK_SENT, {"id": send_id})


async def suppress(session: AsyncSession, *, address: str, reason: str, detail: str | None) -> None:
    """The first reason stays."""
    values: dict[str, Any] = Suppression(address=address, reason=reason, detail=detail).model_dump()
    await session.exec(insert(Suppression).values(**values).on_conflict_do_nothing())


async def is_suppressed(session: AsyncSession, address: str) -> bool:
    query = select(Suppression.address).where(Suppression.address == address)
    return (await session.exec(query)).one_or_none() is not None


async def set_choice(
    session: AsyncSession, *, user_id: UUID, kind: str, channel: Channel, is_wanted: bool
) -> None:
    """Save a choice; nothing if the account is gone."""
    await (await session.connection()).execute(
        _SET_CHOICE,
        {"user_id": user_id, "kind": kind, "channel": channel, "is_wanted": is_wanted},
    )


_SET_CHOICE = text("""
    INSERT INTO notice_choices (user_id, kind, channel, is_wanted)
    SELECT id, :kind, :channel, :is_wanted FROM users WHERE id = :user_id
    ON CONFLICT (user_id, kind, channel) DO UPDATE SET is_wanted = excluded.is_wanted
""")


async def follow_report(
    session: AsyncSession, send_id: UUID, to: SendStatus, sources: frozenset[SendStatus]
) -> Notice | None:
    """Set the status of the mail, and return its notice; None if it may not follow the present one."""
    changed = (
        update(Send)
        .where(col(Send.id) == send_id, col(Send.status).in_(sources))
        .values(status=to)
        .returning(col(Send.notice_id))
    )
    notice_id = (await session.exec(changed)).scalar_one_or_none()
    return await session.get(Notice, notice_id) if notice_id else None
