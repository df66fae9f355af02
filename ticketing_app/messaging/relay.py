"""Publishes recorded events; of several relays one is the leader."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import NoReturn

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import db, redis
from ticketing_app.core.logging import get_logger
from ticketing_app.messaging import bus, inbox
from ticketing_app.messaging.bus import Envelope
from ticketing_app.messaging.inbox import Subscriptions
from ticketing_app.messaging.outbox import NUDGE_CHANNEL

# Key of the advisory lock that the leader holds.
RELAY_LOCK = 7_231_605
HANG_LIMIT = "10s"
BATCH = 500
# After a batch, so that the events of a busy moment form the next one.
PAUSE_SECONDS = 0.02
KEEP_DAYS = 30
CLEAN_SECONDS = 3600

log = get_logger()


@dataclass(frozen=True)
class Relay:
    """Polls for new events every `poll_seconds`, and when nudged after a commit.

    Resends events that a subscriber has not acknowledged within `resend_seconds`.
    """

    subscriptions: Subscriptions
    poll_seconds: float = 0.2
    resend_seconds: float = 10.0
    _nudged: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    async def run(self) -> None:
        """Publish until cancelled; stand by while another relay leads."""
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
            # Before publishing: subscribers of an empty table get the events recorded before them, too.
            async with AsyncSession(connection) as session, session.begin():
                await inbox.register(session, self.subscriptions)
            await self._relay(connection)

    async def _relay(self, connection: AsyncConnection) -> NoReturn:
        clock = asyncio.get_running_loop()
        check_at = clock.time()
        clean_at = clock.time()
        while True:
            self._nudged.clear()
            published = await publish_unsent(connection)
            is_more = published == BATCH
            # After publishing, as pending events need room on the stream as well.
            if not is_more and clock.time() >= check_at:
                await self._check_deliveries(connection)
                check_at = clock.time() + self.resend_seconds / 2
            if clock.time() >= clean_at:
                # One batch at a time: new events come first.
                is_clean = await delete_old(connection) < BATCH
                clean_at = clock.time() + (CLEAN_SECONDS if is_clean else 0)
            if not is_more:
                if published:
                    await asyncio.sleep(PAUSE_SECONDS)
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.poll_seconds):
                        await self._nudged.wait()

    async def _check_deliveries(self, connection: AsyncConnection) -> None:
        # Resend at most as many events as the stream has room for. Without consumers it fills up, and each
        # resent event would evict another one, which would be resent in turn, endlessly.
        unread = await bus.get_unread()
        room = bus.MAX_LENGTH - unread.length
        is_more = True
        while is_more and room > 0:
            limit = min(BATCH, room)
            checked, resent = await settle_or_resend(
                connection, unread.oldest_at, self.resend_seconds, limit
            )
            room -= resent
            is_more = checked == limit


# PostgreSQL ends the idle session of a relay with a lost machine or a hung process; another
# relay then takes over within seconds.
_LEAD = text("""
    SELECT pg_try_advisory_lock(:key), set_config('idle_session_timeout', :hang_limit, false),
           set_config('idle_in_transaction_session_timeout', :hang_limit, false)
""")


@asynccontextmanager
async def _leadership() -> AsyncGenerator[AsyncConnection | None]:
    """Open the connection that holds the leader's lock; yields None if another relay holds it."""
    # The leader works on this connection only: if it breaks, the lock is lost and the work stops.
    async with db.session_connection() as connection:
        values = {"key": RELAY_LOCK, "hang_limit": HANG_LIMIT}
        is_leader = (await connection.execute(_LEAD, values)).scalar_one()
        await connection.commit()
        yield connection if is_leader else None


# Unsent events are found by `published_at`, not by position: positions are assigned before the commit, so
# "after the last one sent" would skip a transaction that commits late.
_TAKE_UNSENT = text("""
    UPDATE outbox o SET published_at = now()
    FROM (
        SELECT id FROM outbox WHERE published_at IS NULL ORDER BY position LIMIT :limit
        FOR NO KEY UPDATE SKIP LOCKED
    ) unsent
    WHERE o.id = unsent.id
    RETURNING o.id, o.position, o.name, o.schema_version, o.occurred_at, o.aggregate_id, o.aggregate_version,
              o.correlation_id, o.published_at, o.payload
""").columns(payload=JSONB)


async def publish_unsent(connection: AsyncConnection) -> int:
    """Publish up to 500 committed events; return the number."""
    # If this transaction fails to commit, its events are published again; the inbox discards duplicates.
    async with connection.begin():
        rows = (await connection.execute(_TAKE_UNSENT, {"limit": BATCH})).all()
        if rows:
            in_order = sorted(rows, key=attrgetter("position"))
            await bus.publish([Envelope.model_validate(row) for row in in_order])
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
    """Check up to `limit` events published `resend_seconds` ago; return the numbers checked and resent.

    An event acknowledged by every subscriber is settled; any other becomes unsent again. Events
    published from `waiting` on are still unread on the stream: resending them would only fill it.
    """
    values = {"waiting": waiting, "resend_seconds": resend_seconds, "limit": limit}
    async with connection.begin():
        missing = (await connection.execute(_SETTLE_OR_RESEND, values)).scalars().all()
    if any(missing):
        log.warning("relay.resent", count=sum(missing))
    return len(missing), sum(missing)


# Unsettled events and dead letters are never deleted.
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
    """Delete up to 500 events older than 30 days with their inbox rows; return the number."""
    async with connection.begin():
        done = await connection.execute(_DELETE_OLD, {"days": KEEP_DAYS, "limit": BATCH})
    return done.rowcount
