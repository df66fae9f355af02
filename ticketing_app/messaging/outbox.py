"""The log of domain events, written in the transaction of the change."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import BigInteger, Column, Identity, Index, insert, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import changes, db, redis
from ticketing_app.core.changes import Keys
from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import Table, utc_datetime
from ticketing_app.core.logging import correlation_id
from ticketing_app.messaging.catalog import DomainEvent

NUDGE_CHANNEL = "ticketing.outbox"
NUDGE_DELAY_SECONDS = 0.005
NUDGE_PAUSE_SECONDS = 0.02


class OutboxMessage(Table, table=True):
    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_unsent", "position", postgresql_where=text("published_at IS NULL")),
        Index("ix_outbox_occurred_at", "occurred_at"),
        Index("ix_outbox_unsettled", "published_at", postgresql_where=text("settled_at IS NULL")),
    )

    id: UUID = Field(default_factory=db.new_id, primary_key=True)
    position: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), nullable=False)
    )
    name: str
    schema_version: int
    occurred_at: datetime = Field(sa_type=utc_datetime())
    aggregate_id: UUID
    aggregate_version: int
    correlation_id: str | None = None
    payload: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    # Time of the last publication; None while it is pending.
    published_at: datetime | None = Field(default=None, sa_type=utc_datetime())
    # Time at which the relay found it handled by every subscriber; settled rows are not checked again.
    settled_at: datetime | None = Field(default=None, sa_type=utc_datetime())


def record(session: AsyncSession, event: DomainEvent) -> None:
    """Write `event` in the caller's transaction and nudge the relay after the commit."""
    session.add(OutboxMessage(**_make_row(session, event)))


async def record_all(session: AsyncSession, events: Sequence[DomainEvent]) -> None:
    """Write many events, as `record` does, without a row of the ORM for each."""
    if events:
        rows = [{"id": db.new_id(), **_make_row(session, event)} for event in events]
        await (await session.connection()).execute(insert(OutboxMessage), rows)


def _make_row(session: AsyncSession, event: DomainEvent) -> dict[str, Any]:
    payload = event.model_dump(mode="json")
    affected = session.info.setdefault("outbox.affected", [])
    affected.append(event.affected(payload))
    db.after_commit(session, "outbox.nudge", partial(_announce, affected))
    return {
        "name": type(event).__name__,
        "schema_version": event.schema_version,
        "occurred_at": utc_now(),
        "aggregate_id": event.aggregate_id,
        "aggregate_version": event.aggregate_version,
        "correlation_id": correlation_id(),
        "payload": payload,
    }


async def _announce(affected: Sequence[Keys | None]) -> None:
    for keys in affected:
        changes.note(keys)
    await nudge()


_ERASE = text("""
    UPDATE outbox SET payload = payload || (
      SELECT coalesce(jsonb_object_agg(name, ''), '{}') FROM jsonb_object_keys(payload) AS name
      WHERE name = ANY(:names)
    )
    WHERE aggregate_id = :aggregate_id AND payload ?| :names
""")


async def erase(session: AsyncSession, *, aggregate_id: UUID, names: Collection[str]) -> None:
    """Empty these fields in the events of an aggregate."""
    values = {"aggregate_id": aggregate_id, "names": list(names)}
    await (await session.connection()).execute(_ERASE, values)


# When each event loop sends or sent its newest nudge, and the tasks that send them.
_sent_at: WeakKeyDictionary[asyncio.AbstractEventLoop, float] = WeakKeyDictionary()
_nudges: set[asyncio.Task[None]] = set()


async def nudge() -> None:
    """Wake the relay, debounced: after 5 ms, and at most once per process and 20 ms."""
    loop = asyncio.get_running_loop()
    now = loop.time()
    newest = _sent_at.get(loop, 0)
    if newest <= now:
        _sent_at[loop] = max(now + NUDGE_DELAY_SECONDS, newest + NUDGE_PAUSE_SECONDS)
        task = loop.create_task(_publish_nudge(_sent_at[loop] - now))
        _nudges.add(task)
        task.add_done_callback(_nudges.discard)


async def finish_nudges() -> None:
    """Wait for those of the running loop: later they would open another connection to Redis."""
    loop = asyncio.get_running_loop()
    await asyncio.gather(*(task for task in list(_nudges) if task.get_loop() is loop))


async def _publish_nudge(delay: float) -> None:
    await asyncio.sleep(delay)
    await redis.publish(NUDGE_CHANNEL, "")
