"""Puts recorded events on the wire: one relay at a time, however many run."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn

from sqlalchemy import func, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import db, redis
from ticketing_app.core.logging import get_logger
from ticketing_app.messaging import bus, inbox
from ticketing_app.messaging.bus import Envelope
from ticketing_app.messaging.inbox import Subscriptions
from ticketing_app.messaging.outbox import NUDGE_CHANNEL, OutboxMessage

# Any fixed number will do: whoever holds this lock is the relay.
RELAY_LOCK = 7_231_605
HANG_LIMIT = "10s"
BATCH = 500
KEEP_DAYS = 30
CLEAN_SECONDS = 3600

log = get_logger()


@dataclass(frozen=True)
class Relay:
    """Looks for new events every `poll_seconds`, or when nudged after a commit.

    What some subscriber has not acknowledged `resend_seconds` after it was sent is sent again.
    """

    subscriptions: Subscriptions
    poll_seconds: float = 0.2
    resend_seconds: float = 10.0
    _nudged: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    async def run(self) -> None:
        """Relay until cancelled, or stand by while another relay does."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(redis.follow(NUDGE_CHANNEL, self._on_nudge))
            tasks.create_task(bus.run_forever("relay", self._lead))

    async def _on_nudge(self, _message: str) -> None:
        self._nudged.set()

    async def _lead(self) -> None:
        async with _leadership() as connection:
            if connection is None:
                return
            log.info("relay.leads")
            # Before anything is sent: a subscriber counts as one of the first, which get what was recorded
            # before them, only as long as none is registered.
            async with _transaction(connection) as session:
                await inbox.register(session, self.subscriptions)
            await self._relay(connection)

    async def _relay(self, connection: AsyncConnection) -> NoReturn:
        clock = asyncio.get_running_loop()
        check_at = clean_at = clock.time()
        while True:
            self._nudged.clear()
            is_more = await publish_unsent(connection) == BATCH
            # What waits to be sent takes room on the stream, so that the check comes after it.
            if not is_more and clock.time() >= check_at:
                await self._check_deliveries(connection)
                check_at = clock.time() + self.resend_seconds / 2
            if clock.time() >= clean_at:
                # One batch, then new events go on.
                is_clean = await delete_old(connection) < BATCH
                clean_at = clock.time() + (CLEAN_SECONDS if is_clean else 0)
            if not is_more:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.poll_seconds):
                        await self._nudged.wait()

    async def _check_deliveries(self, connection: AsyncConnection) -> None:
        """Settle or resend, and resend no more than the stream has room for.

        With the consumers away it fills up with unread events. Each one that is sent again then would push
        out another one, which would count as lost in turn, for ever.
        """
        unread = await bus.get_unread()
        room = bus.MAX_LENGTH - unread.length
        is_more = True
        while is_more and room > 0:
            limit = min(BATCH, room)
            judged, resent = await settle_or_resend(
                connection, unread.oldest_at, self.resend_seconds, limit
            )
            room -= resent
            is_more = judged == limit


# A relay that hangs, because its machine is gone or its process stopped, is idle for PostgreSQL,
# which then ends its session, so that another relay takes over within seconds.
_LEAD = text("""
    SELECT pg_try_advisory_lock(:key), set_config('idle_session_timeout', :hang_limit, false),
           set_config('idle_in_transaction_session_timeout', :hang_limit, false)
""")


@asynccontextmanager
async def _leadership() -> AsyncGenerator[AsyncConnection | None]:
    """Open the connection that holds the lock; all of the relay's work is done on it.

    So whoever loses the lock, because the connection broke or PostgreSQL ended it, cannot go on.
    """
    async with db.session_connection() as connection:
        values = {"key": RELAY_LOCK, "hang_limit": HANG_LIMIT}
        is_leader = (await connection.execute(_LEAD, values)).scalar_one()
        await connection.commit()
        yield connection if is_leader else None


@asynccontextmanager
async def _transaction(connection: AsyncConnection) -> AsyncGenerator[AsyncSession]:
    async with AsyncSession(connection, expire_on_commit=False) as session, session.begin():
        yield session


async def publish_unsent(connection: AsyncConnection) -> int:
    """Send up to 500 events that are committed and not sent; return how many.

    They are found by their flag: positions are given before the commit, so that "the next after the
    last one sent" would skip a transaction that took its number first and committed last. When the
    end of this transaction fails, the events are sent twice, which subscribers are made for.
    """
    async with _transaction(connection) as session:
        query = (
            select(OutboxMessage)
            .where(col(OutboxMessage.published_at).is_(None))
            .order_by(col(OutboxMessage.position))
            .limit(BATCH)
            .with_for_update(skip_locked=True, key_share=True)
        )
        rows = (await session.exec(query)).all()
        if rows:
            now = (await session.exec(select(func.now()))).one()
            for row in rows:
                row.published_at = now
            await bus.publish([Envelope.model_validate(row) for row in rows])
        return len(rows)


_SETTLE_OR_RESEND = text("""
    UPDATE outbox o
    SET published_at = CASE WHEN sent.is_missing THEN NULL ELSE o.published_at END,
        settled_at = CASE WHEN sent.is_missing THEN NULL ELSE now() END
    FROM (
        SELECT c.id, EXISTS (
            SELECT FROM subscribers s
            WHERE s.event_name = c.name AND s.since <= c.occurred_at
              AND NOT EXISTS (
                SELECT FROM inbox i WHERE i.event_id = c.id AND i.subscriber = s.name)
          ) AS is_missing
        FROM outbox c
        WHERE c.settled_at IS NULL
          AND c.published_at < now() - make_interval(secs => :resend_seconds)
          AND c.published_at < coalesce(:waiting, now())
        ORDER BY c.published_at
        LIMIT :limit
        FOR NO KEY UPDATE SKIP LOCKED
    ) sent
    WHERE o.id = sent.id
    RETURNING sent.is_missing
""")


async def settle_or_resend(
    connection: AsyncConnection, waiting: datetime | None, resend_seconds: float, limit: int
) -> tuple[int, int]:
    """Judge up to `limit` events sent long enough ago and before `waiting`; return how many, and how many are resent.

    An event that every subscriber has is settled; one that somebody lacks waits to be sent again.
    Events that still wait on the wire (from `waiting` on) are not lost: with the consumers away for
    an hour, sending them again would only fill the stream.
    """
    values = {"waiting": waiting, "resend_seconds": resend_seconds, "limit": limit}
    async with connection.begin():
        missing = (await connection.execute(_SETTLE_OR_RESEND, values)).scalars().all()
    if any(missing):
        log.warning("relay.sends_again", count=sum(missing))
    return len(missing), sum(missing)


# Kept whatever its age: an event that was never sent or that a subscriber still lacks, and a dead letter.
_DELETE_OLD = text("""
    DELETE FROM outbox WHERE id IN (
        SELECT o.id FROM outbox o
        WHERE o.occurred_at < now() - make_interval(days => :days)
          AND o.settled_at IS NOT NULL
          AND NOT EXISTS (SELECT FROM inbox i WHERE i.event_id = o.id AND i.status <> 'done')
        ORDER BY o.occurred_at
        LIMIT :limit
        FOR UPDATE OF o SKIP LOCKED)
""")


async def delete_old(connection: AsyncConnection) -> int:
    """Delete up to 500 events older than 30 days with their inbox rows; return how many."""
    async with connection.begin():
        done = await connection.execute(_DELETE_OLD, {"days": KEEP_DAYS, "limit": BATCH})
    return done.rowcount
