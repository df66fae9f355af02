from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.notices.models import Notice, NoticeChoice, PushSubscription, Send, Suppression
from ticketing_app.notices.rules import Channel, SendStatus
from ticketing_app.notices.schemas import Bell, DueMail

# Without values, so that SQLAlchemy compiles it once.
_INSERT = insert(Notice).on_conflict_do_nothing()


async def insert_notice(session: AsyncSession, notice: Notice) -> bool:
    """Insert the notice; false if there is one with its key."""
    connection = await session.connection()
    return (await connection.execute(_INSERT, notice.model_dump())).rowcount == 1


async def list_told(session: AsyncSession, keys: Collection[str]) -> set[str]:
    """Return those of these keys that have a notice."""
    return set((await session.exec(select(Notice.key).where(col(Notice.key).in_(keys)))).all())


def add_send(session: AsyncSession, send: Send) -> None:
    session.add(send)


_LIST_CHOICES = text(
    "SELECT channel, is_wanted FROM notice_choices WHERE user_id = :user_id AND kind = :kind"
)


# Like `list_push_subscription_ids` without flushing: the events of many notices are then written at once.
async def list_choices(session: AsyncSession, user_id: UUID, kind: str) -> dict[Channel, bool]:
    values = {"user_id": user_id, "kind": kind}
    rows = await (await session.connection()).execute(_LIST_CHOICES, values)
    return {Channel(channel): is_wanted for channel, is_wanted in rows}


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


# ---- the bell --------------------------------------------------------------------------------

_BELL = text("""
    SELECT
      (SELECT count(*) FROM (
        SELECT FROM notices WHERE user_id = :user_id AND read_at IS NULL AND is_shown LIMIT :most
      ) unread) AS unread,
      EXISTS (SELECT FROM suppressions WHERE address = :address) AS is_suppressed
""")


async def get_bell(session: AsyncSession, *, user_id: UUID, address: str, most: int) -> Bell:
    values = {"user_id": user_id, "address": address, "most": most}
    row = (await (await session.connection()).execute(_BELL, values)).one()
    return Bell(unread=row.unread, is_suppressed=row.is_suppressed)


def _is_unread(user_ids: Collection[UUID]) -> tuple[ColumnElement[bool], ...]:
    # In the words of the index.
    return (
        col(Notice.user_id).in_(user_ids),
        col(Notice.read_at).is_(None),
        cast("ColumnElement[bool]", col(Notice.is_shown)),
    )


async def count_unread(session: AsyncSession, user_ids: Collection[UUID]) -> dict[UUID, int]:
    query = (
        select(Notice.user_id, func.count())
        .where(*_is_unread(user_ids))
        .group_by(col(Notice.user_id))
    )
    return {user_id: count for user_id, count in (await session.exec(query)).all() if user_id}


async def list_notices(
    session: AsyncSession, *, user_id: UUID, limit: int, before_id: UUID | None
) -> list[Notice]:
    query = select(Notice).where(Notice.user_id == user_id, col(Notice.is_shown))
    if before_id:
        query = query.where(col(Notice.id) < before_id)
    return list((await session.exec(query.order_by(col(Notice.id).desc()).limit(limit))).all())


async def get_notice(session: AsyncSession, notice_id: UUID) -> Notice | None:
    return await session.get(Notice, notice_id)


async def mark_read(session: AsyncSession, *, user_id: UUID, notice_id: UUID) -> bool:
    """Return whether it was unread."""
    return await _mark_read(session, user_id, col(Notice.id) == notice_id)


async def mark_read_up_to(session: AsyncSession, *, user_id: UUID, up_to: UUID) -> bool:
    """Return whether one of them was unread."""
    return await _mark_read(session, user_id, col(Notice.id) <= up_to)


async def _mark_read(session: AsyncSession, user_id: UUID, which: ColumnElement[bool]) -> bool:
    statement = update(Notice).where(*_is_unread([user_id]), which).values(read_at=func.now())
    return (await session.exec(statement)).rowcount > 0


# ---- choices ---------------------------------------------------------------------------------


async def list_all_choices(session: AsyncSession, user_id: UUID) -> dict[str, dict[Channel, bool]]:
    """Return the choices of an account by kind."""
    query = select(NoticeChoice).where(NoticeChoice.user_id == user_id)
    found: dict[str, dict[Channel, bool]] = {}
    for choice in (await session.exec(query)).all():
        found.setdefault(choice.kind, {})[Channel(choice.channel)] = choice.is_wanted
    return found


async def delete_choices(
    session: AsyncSession, user_id: UUID, channels: Collection[Channel]
) -> None:
    await session.exec(
        delete(NoticeChoice).where(
            col(NoticeChoice.user_id) == user_id, col(NoticeChoice.channel).in_(channels)
        )
    )


# ---- push ------------------------------------------------------------------------------------


async def save_push_subscription(session: AsyncSession, subscription: PushSubscription) -> None:
    """The browser may have been another account's before."""
    values = subscription.model_dump()
    statement = insert(PushSubscription).values(**values)
    del values["endpoint"]
    await session.exec(statement.on_conflict_do_update(index_elements=["endpoint"], set_=values))


async def get_push_subscription(
    session: AsyncSession, subscription_id: UUID
) -> PushSubscription | None:
    return await session.get(PushSubscription, subscription_id)


async def list_push_subscription_ids(session: AsyncSession, user_id: UUID) -> list[UUID]:
    query = select(PushSubscription.id).where(PushSubscription.user_id == user_id)
    return list((await (await session.connection()).execute(query)).scalars())


async def has_push_subscription(session: AsyncSession, session_id: UUID) -> bool:
    query = select(PushSubscription.id).where(PushSubscription.session_id == session_id)
    return (await session.exec(query.limit(1))).first() is not None


async def delete_push_subscription(session: AsyncSession, subscription_id: UUID) -> None:
    await session.exec(delete(PushSubscription).where(col(PushSubscription.id) == subscription_id))


async def delete_push_subscriptions(session: AsyncSession, *, session_id: UUID) -> None:
    await session.exec(
        delete(PushSubscription).where(col(PushSubscription.session_id) == session_id)
    )


# ---- personal data ---------------------------------------------------------------------------


async def list_all_notices(session: AsyncSession, user_id: UUID) -> list[Notice]:
    """Return all notices of the account, oldest first."""
    query = select(Notice).where(Notice.user_id == user_id).order_by(col(Notice.id))
    return list((await session.exec(query)).all())


async def delete_of_user(session: AsyncSession, user_id: UUID) -> None:
    """Delete notices with their mails, choices and push subscriptions."""
    for table in (Notice, NoticeChoice, PushSubscription):
        await session.exec(delete(table).where(col(table.user_id) == user_id))
    await _delete_about(session, "user_id", str(user_id))


async def delete_of_address(session: AsyncSession, address: str) -> None:
    """Delete mails to this address that belong to no account, and its suppression."""
    sent = select(Send.notice_id).where(Send.address == address)
    await session.exec(delete(Notice).where(col(Notice.id).in_(sent)))
    await _delete_about(session, "email", address)
    await session.exec(delete(Suppression).where(col(Suppression.address) == address))


async def _delete_about(session: AsyncSession, fact: str, value: str) -> None:
    """Delete notices of the operator about messages of this person."""
    of_nobody = col(Notice.user_id).is_(None)
    about = col(Notice.facts)[fact].astext == value
    await session.exec(delete(Notice).where(of_nobody, about))


async def get_last_digest(session: AsyncSession, user_id: UUID, kind: str) -> datetime | None:
    """Return the end of the last digest of this kind."""
    query = select(func.max(Notice.created_at)).where(
        Notice.user_id == user_id,
        Notice.kind == "digest",
        col(Notice.facts)["kind"].astext == kind,
    )
    return (await session.exec(query)).one()


async def list_between(
    session: AsyncSession, user_id: UUID, kind: str, since: datetime, until: datetime
) -> list[Notice]:
    """Return the notices of a kind made after `since`, until `until`, newest first."""
    query = select(Notice).where(
        Notice.user_id == user_id,
        Notice.kind == kind,
        Notice.created_at > since,
        Notice.created_at <= until,
    )
    return list((await session.exec(query.order_by(col(Notice.id).desc()))).all())


async def delete_old(session: AsyncSession, *, days: int, limit: int) -> int:
    """Delete up to `limit` notices that are this old, with their mails; return the count."""
    is_old = col(Notice.id) < db.oldest_id(utc_now() - timedelta(days=days))
    return await db.delete_batch(session, Notice, is_old, limit=limit)
