"""The log of events: a row in the same transaction as the change it tells of."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import db, redis
from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import Table, utc_datetime
from ticketing_app.core.logging import correlation_id
from ticketing_app.messaging.catalog import DomainEvent

NUDGE_CHANNEL = "ticketing.outbox"
NUDGE_DELAY_SECONDS = 0.005


class OutboxMessage(Table, table=True):
    """One recorded event.

    `published_at` is when it was last put on the wire, none while it waits for that; `settled_at`
    when the relay saw that every subscriber has it, so that it need not be looked at again.
    """

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
    published_at: datetime | None = Field(default=None, sa_type=utc_datetime())
    settled_at: datetime | None = Field(default=None, sa_type=utc_datetime())


def record(session: AsyncSession, event: DomainEvent) -> None:
    """Write `event` in the caller's transaction; the relay is nudged once that is committed."""
    session.add(
        OutboxMessage(
            name=type(event).__name__,
            schema_version=event.schema_version,
            occurred_at=utc_now(),
            aggregate_id=event.aggregate_id,
            aggregate_version=event.aggregate_version,
            correlation_id=correlation_id(),
            payload=event.model_dump(mode="json"),
        )
    )
    db.after_commit(session, "outbox.nudge", nudge)


_nudges: dict[asyncio.AbstractEventLoop, asyncio.Task[None]] = {}


async def nudge() -> None:
    """Wake the relay soon: at most one message per process and 5 ms, however many commits."""
    loop = asyncio.get_running_loop()
    if loop not in _nudges:
        _nudges[loop] = loop.create_task(_publish_nudge(loop))


async def _publish_nudge(loop: asyncio.AbstractEventLoop) -> None:
    await asyncio.sleep(NUDGE_DELAY_SECONDS)
    del _nudges[loop]
    await redis.publish(NUDGE_CHANNEL, "")
