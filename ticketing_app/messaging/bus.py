"""Transport of domain events: one Redis Stream, a copy of the outbox."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, NoReturn, cast
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from ticketing_app.core import redis
from ticketing_app.core.changes import Keys
from ticketing_app.core.logging import get_logger
from ticketing_app.core.outages import is_unavailable
from ticketing_app.messaging.catalog import CATALOG, DomainEvent

STREAM = "ticketing.events"
GROUP = "subscribers"
# All consumer processes share one name in the group: entries are acknowledged by inbox rows (NOACK),
# and names of ended processes would have to be removed.
CONSUMER = "consumer"
MAX_LENGTH = 100_000
FETCH_COUNT = 50
BLOCK_MS = redis.BLOCK_SECONDS * 1000
# While events arrive, a lost stream is noticed after this time; asking after each costs as much as reading.
GAP_CHECK_MS = 500
# Events that arrive within this time after others are read together: a read costs more than ten events.
GATHER_SECONDS = 0.03

log = get_logger()


class Envelope(BaseModel):
    """A domain event with its metadata, as published."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID = Field(description="Id of the event, the same each time it is sent.")
    name: str = Field(description="Name of the event.")
    schema_version: int = Field(description="Version of the payload's fields, from 1.")
    occurred_at: datetime = Field(description="Time of recording (UTC).")
    aggregate_id: UUID = Field(description="Id of the object that changed.")
    aggregate_version: int = Field(description="Version of that object, rising with each change.")
    correlation_id: str | None = Field(description="Id of the request or event that caused it.")
    published_at: datetime | None = Field(description="Time of this publication (UTC).")
    payload: dict[str, Any] = Field(description="The fields of the event, as below.")

    @property
    def event(self) -> DomainEvent:
        """Return the payload as an instance of its class.

        Raises:
            KeyError: this version of the program has no such event.
            ValidationError: the payload does not fit the class.
        """
        return CATALOG[self.name].model_validate(self.payload)

    @property
    def affected(self) -> Keys | None:
        """Return the keys of `core.changes` that it changed; None for all, or if the name is unknown."""
        kind = CATALOG.get(self.name)
        return kind.affected(self.payload) if kind else None


async def run_forever(name: str, work: Callable[[], Awaitable[None]]) -> NoReturn:
    """Run `work` until cancelled; restart it shortly after it returns or fails."""
    while True:
        try:
            await work()
        except Exception as error:  # A bug in one round must not stop the process.
            bug = None if is_unavailable(error) else error
            log.warning("loop.interrupted", loop=name, error=repr(error), exc_info=bug)
        await asyncio.sleep(redis.RECONNECT_SECONDS)


# ---- publishing --------------------------------------------------------------------------------


async def publish(envelopes: Sequence[Envelope]) -> None:
    """Append the events in one round trip; the stream is trimmed to about 100,000 entries."""
    async with redis.client().pipeline(transaction=False) as pipe:
        for envelope in envelopes:
            entry = {"event": envelope.model_dump_json()}
            pipe.xadd(STREAM, cast("dict[Any, Any]", entry), maxlen=MAX_LENGTH, approximate=True)
        await pipe.execute()


class Unread(NamedTuple):
    """Events that no consumer has fetched yet.

    An unacknowledged event published before `oldest_at` was fetched and lost.
    """

    length: int
    oldest_at: datetime | None


async def get_unread() -> Unread:
    connection = redis.client()
    fetched = "0-0"
    count = None
    try:
        for group in await connection.xinfo_groups(STREAM):
            fetched = group["last-delivered-id"]
            count = group["lag"]
    except ResponseError:  # No stream: nothing published yet, or Redis lost its data.
        return Unread(0, None)
    entries = await connection.xrange(STREAM, min=f"({fetched}", count=1)
    if not entries:
        return Unread(0, None)
    # The lag includes trimmed entries, and is missing before the first consumer started.
    length = await connection.xlen(STREAM)
    if count is not None:
        length = min(count, length)
    oldest = _read(entries)
    return Unread(length, oldest[0].published_at if oldest else None)


# ---- consuming ---------------------------------------------------------------------------------


async def fetch(connection: Redis) -> list[Envelope]:
    """Wait up to BLOCK_MS for events; each goes to one consumer process."""
    try:
        answer = await connection.xreadgroup(
            GROUP, CONSUMER, {STREAM: ">"}, count=FETCH_COUNT, block=BLOCK_MS, noack=True
        )
    except ResponseError:
        # No group: the first start, or Redis lost its data. A new group reads the whole stream.
        await connection.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
        return []
    return _read(answer[0][1]) if answer else []


# ---- broadcasting to web processes -------------------------------------------------------------


async def follow_events(
    on_event: Callable[[Envelope], Awaitable[None]], on_gap: Callable[[], Awaitable[None]]
) -> NoReturn:
    """Call `on_event` for every event from now on, also of unknown names, until cancelled.

    `on_gap` is called when events may have been missed: before the first one, after the connection broke, or when
    Redis lost its data. Events can arrive twice and out of order; compare their aggregate_version.
    """

    async def follow() -> None:
        async with redis.blocking_client() as connection:
            place, added = await _end_of_stream(connection)
            checked_at = time.monotonic()
            block_ms = BLOCK_MS
            await on_gap()
            while True:
                answer = await connection.xread({STREAM: place}, count=FETCH_COUNT, block=block_ms)
                entries = answer[0][1] if answer else []
                for envelope in _read(entries):
                    await on_event(envelope)
                if entries:
                    place = entries[-1][0]
                    added += len(entries)
                    if len(entries) < FETCH_COUNT:
                        await asyncio.sleep(GATHER_SECONDS)
                    if time.monotonic() < checked_at + GAP_CHECK_MS / 1000:
                        block_ms = GAP_CHECK_MS
                        continue
                end, added_now = await _end_of_stream(connection)
                checked_at = time.monotonic()
                block_ms = BLOCK_MS
                if added_now < added:  # The stream restarted: Redis lost its data.
                    place = end
                    added = added_now
                    await on_gap()

    await run_forever("bus.follow", follow)


async def _end_of_stream(connection: Redis) -> tuple[str, int]:
    """Return the id of the last entry, and the number of entries ever added."""
    try:
        stream = await connection.xinfo_stream(STREAM)
    except ResponseError:  # No stream yet.
        return "0-0", 0
    return stream["last-generated-id"], stream["entries-added"]


def _read(entries: Sequence[tuple[str, dict[str, str]]]) -> list[Envelope]:
    envelopes: list[Envelope] = []
    for entry_id, fields in entries:
        try:
            envelopes.append(Envelope.model_validate_json(fields.get("event", "")))
        except ValidationError as error:
            log.error("bus.unreadable_entry", entry_id=entry_id, error=str(error))  # noqa: TRY400  # the traceback adds nothing.
    return envelopes
