"""Acknowledgements: the outcome of each event at each subscriber."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, CursorResult, Index, func, text
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.db import Table, utc_datetime
from ticketing_app.messaging.catalog import DomainEvent
from ticketing_app.messaging.outbox import OutboxMessage

# `async def on_order_created(session, event: OrderCreated)`; runs in the inbox row's transaction.
Handler = Callable[[AsyncSession, Any], Awaitable[None]]

# Handlers by event class.
Subscriptions = Mapping[type[DomainEvent], Sequence[Handler]]

RETRIES = 8
FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 300.0


class InboxEntry(Table, table=True):
    """One event at one subscriber: handled (done), waiting for a retry (retrying) or failed (dead)."""

    __tablename__ = "inbox"
    __table_args__ = (
        CheckConstraint("status IN ('done', 'retrying', 'dead')", name="status"),
        CheckConstraint("status <> 'retrying' OR next_attempt_at IS NOT NULL", name="retry_time"),
        Index("ix_inbox_due", "next_attempt_at", postgresql_where=text("status = 'retrying'")),
        Index("ix_inbox_dead", "event_id", postgresql_where=text("status = 'dead'")),
    )

    event_id: UUID = Field(primary_key=True, foreign_key="outbox.id", ondelete="CASCADE")
    subscriber: str = Field(primary_key=True)
    status: str
    attempts: int
    next_attempt_at: datetime | None = Field(default=None, sa_type=utc_datetime())
    last_error: str | None = None
    handled_at: datetime | None = Field(default=None, sa_type=utc_datetime())


class Subscriber(Table, table=True):
    """A handler of one event class; the relay delivers events recorded from `since` on."""

    __tablename__ = "subscribers"

    name: str = Field(primary_key=True)
    event_name: str = Field(primary_key=True)
    since: datetime = Field(sa_type=utc_datetime())


def subscriber_name(handler: Handler) -> str:
    """Return the handler's name in the inbox; renaming a handler makes a new subscriber."""
    return f"{handler.__module__}.{handler.__qualname__}".removeprefix("ticketing_app.")


# The first subscribers of a database get all recorded events, a subscriber added later only those recorded
# from then on. Subscribers removed from the code are deleted.
_REGISTER = """
    WITH of_code AS (
        SELECT * FROM unnest(CAST(:names AS text[]), CAST(:event_names AS text[])) AS c (name, event_name)
    ), gone AS (
        DELETE FROM subscribers WHERE (name, event_name) NOT IN (SELECT name, event_name FROM of_code)
    )
    INSERT INTO subscribers (name, event_name, since)
    SELECT name, event_name, CASE WHEN EXISTS (SELECT FROM subscribers) THEN now() ELSE 'epoch' END
    FROM of_code
    ON CONFLICT (name, event_name) DO NOTHING
"""


async def register(session: AsyncSession, subscriptions: Subscriptions) -> None:
    """Synchronise the table of subscribers with the code."""
    pairs = [
        (subscriber_name(handler), event.__name__)
        for event, handlers in subscriptions.items()
        for handler in handlers
    ]
    await _run(
        session,
        _REGISTER,
        names=[name for name, _ in pairs],
        event_names=[event_name for _, event_name in pairs],
    )


# Makes handlers effective once: the row commits or rolls back together with the handler's changes. A
# concurrent duplicate waits here for the first transaction, then finds the row done. A failed event can be
# claimed again only when its retry is due. Sorted, as duplicates would deadlock otherwise.
_CLAIM = """
    INSERT INTO inbox (event_id, subscriber, status, attempts, handled_at)
    SELECT id, subscriber, 'done', 1, now()
    FROM outbox, unnest(CAST(:subscribers AS text[])) AS subscriber
    WHERE id = ANY(CAST(:event_ids AS uuid[]))
    ORDER BY id, subscriber
    ON CONFLICT (event_id, subscriber) DO UPDATE
    SET status = 'done', attempts = inbox.attempts + 1, handled_at = now(), next_attempt_at = NULL
    WHERE inbox.status = 'retrying' AND inbox.next_attempt_at <= now()
    RETURNING event_id, subscriber
"""


async def claim(
    session: AsyncSession, *, subscribers: Collection[str], event_ids: Collection[UUID]
) -> set[tuple[UUID, str]]:
    """Mark the events as handled; return those that are not yet handled, dead, or due later."""
    claimed = await _run(session, _CLAIM, subscribers=[*subscribers], event_ids=[*event_ids])
    return {(row.event_id, row.subscriber) for row in claimed}


# Exponential backoff with jitter.
_FAIL = """
    INSERT INTO inbox AS i (event_id, subscriber, status, attempts, next_attempt_at, last_error)
    SELECT o.id, :subscriber, 'retrying', 1,
           now() + make_interval(secs => :first_seconds * (0.5 + random() / 2)), :error
    FROM outbox o WHERE o.id = :event_id
    ON CONFLICT (event_id, subscriber) DO UPDATE
    SET status = CASE WHEN i.attempts < :retries THEN 'retrying' ELSE 'dead' END,
        attempts = i.attempts + 1,
        next_attempt_at = now() + make_interval(
          secs => least(:longest_seconds, :first_seconds * 2 ^ i.attempts) * (0.5 + random() / 2)),
        last_error = :error
    WHERE i.status = 'retrying'
"""


async def record_failure(
    session: AsyncSession,
    *,
    subscriber: str,
    event_id: UUID,
    error: str,
    first_retry_seconds: float,
) -> None:
    """Schedule the next attempt; after `RETRIES` of them the event is a dead letter."""
    await _run(
        session,
        _FAIL,
        subscriber=subscriber,
        event_id=event_id,
        error=error[:2000],
        retries=RETRIES,
        first_seconds=first_retry_seconds,
        longest_seconds=LONGEST_RETRY_SECONDS,
    )


async def list_due(
    session: AsyncSession, *, subscribers: Sequence[str], limit: int
) -> list[tuple[str, OutboxMessage]]:
    """Return the due retries of these subscribers, longest overdue first."""
    query = (
        select(InboxEntry.subscriber, OutboxMessage)
        .join(OutboxMessage, col(OutboxMessage.id) == InboxEntry.event_id)
        .where(
            InboxEntry.status == "retrying",
            col(InboxEntry.next_attempt_at) <= func.now(),
            col(InboxEntry.subscriber).in_(subscribers),
        )
        .order_by(col(InboxEntry.next_attempt_at))
        .limit(limit)
    )
    return list((await session.exec(query)).all())


async def list_dead_letters(session: AsyncSession) -> list[tuple[InboxEntry, OutboxMessage]]:
    query = (
        select(InboxEntry, OutboxMessage)
        .join(OutboxMessage, col(OutboxMessage.id) == InboxEntry.event_id)
        .where(InboxEntry.status == "dead")
        .order_by(col(OutboxMessage.position))
    )
    return list((await session.exec(query)).all())


_REPLAY = """
    UPDATE inbox SET status = 'retrying', attempts = 0, next_attempt_at = now()
    WHERE subscriber = :subscriber AND event_id = :event_id AND status = 'dead'
"""


async def replay(session: AsyncSession, *, subscriber: str, event_id: UUID) -> bool:
    """Retry a dead letter with all attempts of a new event; false if there is none."""
    return (await _run(session, _REPLAY, subscriber=subscriber, event_id=event_id)).rowcount == 1


async def _run(session: AsyncSession, statement: str, **values: object) -> CursorResult[Any]:
    return await (await session.connection()).execute(text(statement), values)
