"""Backlogs of the outbox and of each subscriber."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.messaging.bus import Envelope
from ticketing_app.messaging.outbox import OutboxMessage
from ticketing_app.messaging.relay import RELAY_LOCK

COUNTED_AT_MOST = 100_000


class SubscriberBacklog(NamedTuple):
    lag_seconds: float
    retrying: int
    dead: int


class EventBacklog(NamedTuple):
    """`unsent` is counted up to 100,000."""

    unsent: int
    oldest_unsent_seconds: float
    is_relay_alive: bool
    subscribers: dict[str, SubscriberBacklog]


_OUTBOX = text("""
    SELECT
      (SELECT count(*) FROM (SELECT FROM outbox WHERE published_at IS NULL LIMIT :most) waiting) AS unsent,
      coalesce((SELECT extract(epoch FROM clock_timestamp() - occurred_at) FROM outbox
        WHERE published_at IS NULL ORDER BY position LIMIT 1), 0) AS oldest_unsent_seconds,
      EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
        WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.granted
          AND l.classid = 0 AND l.objid = :relay_lock AND l.objsubid = 1) AS is_relay_alive
""")

# Finds the oldest event that a subscriber lacks by the partial index of events that are not settled: those
# of the last seconds or, after a long outage, a range that starts with the missing one. As in the relay, an
# event that a subscriber failed to handle counts as delivered.
_SUBSCRIBERS = text("""
    SELECT s.name,
      max(coalesce(extract(epoch FROM clock_timestamp() - missing.occurred_at), 0)) AS lag_seconds,
      (SELECT count(*) FROM inbox i WHERE i.status = 'retrying' AND i.subscriber = s.name) AS retrying,
      (SELECT count(*) FROM inbox i WHERE i.status = 'dead' AND i.subscriber = s.name) AS dead
    FROM subscribers s LEFT JOIN LATERAL (
      SELECT o.occurred_at FROM outbox o
      WHERE o.settled_at IS NULL AND o.name = s.event_name AND o.occurred_at >= s.since
        AND NOT EXISTS (SELECT FROM inbox i WHERE i.event_id = o.id AND i.subscriber = s.name)
      ORDER BY o.published_at, o.position LIMIT 1
    ) missing ON true
    GROUP BY s.name
""")


async def get_event_backlog(session: AsyncSession) -> EventBacklog:
    values = {"most": COUNTED_AT_MOST, "relay_lock": RELAY_LOCK}
    [outbox] = await _read(session, _OUTBOX, **values)
    subscribers = {
        str(row["name"]): SubscriberBacklog(
            _seconds(row["lag_seconds"]), int(row["retrying"]), int(row["dead"])
        )
        for row in await _read(session, _SUBSCRIBERS)
    }
    return EventBacklog(
        unsent=outbox["unsent"],
        oldest_unsent_seconds=_seconds(outbox["oldest_unsent_seconds"]),
        is_relay_alive=outbox["is_relay_alive"],
        subscribers=subscribers,
    )


async def list_recorded(
    session: AsyncSession,
    *,
    since: datetime,
    names: Collection[str],
    without: Collection[UUID],
    limit: int,
) -> list[Envelope]:
    """Return up to `limit` events recorded since then, oldest first; of `names`, or all if empty."""
    query = select(OutboxMessage).where(
        col(OutboxMessage.occurred_at) >= since, col(OutboxMessage.id).not_in(without)
    )
    if names:
        query = query.where(col(OutboxMessage.name).in_(names))
    query = query.order_by(col(OutboxMessage.occurred_at), col(OutboxMessage.position)).limit(limit)
    return [Envelope.model_validate(row) for row in (await session.exec(query)).all()]


def _seconds(value: Any) -> float:  # noqa: ANN401  # PostgreSQL's numeric.
    # Events carry the time of the process that recorded them, which may be ahead of the database.
    return max(0.0, float(value))


async def _read(session: AsyncSession, query: Any, **values: object) -> list[RowMapping]:  # noqa: ANN401  # a text().
    connection = await session.connection()
    return list((await connection.execute(query, values)).mappings().all())
