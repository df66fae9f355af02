"""The wire: one Redis Stream. Nothing on it is the only copy, the outbox in PostgreSQL is the log."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, NoReturn, cast
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from ticketing_app.core import redis
from ticketing_app.core.logging import get_logger
from ticketing_app.core.outages import is_unavailable
from ticketing_app.messaging.catalog import CATALOG, DomainEvent

STREAM = "ticketing.events"
GROUP = "subscribers"
# All consumer processes use one name in the group: who took an entry matters to nobody, as the
# acknowledgement is the inbox row (NOACK), and names of ended processes need no clearing away.
CONSUMER = "consumer"
MAX_LENGTH = 100_000
FETCH_COUNT = 50
BLOCK_MS = redis.BLOCK_SECONDS * 1000

log = get_logger()


class Envelope(BaseModel):
    """An event and what is known about it, as it travels."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID = Field(description="Id of the event, the same each time it is sent.")
    name: str = Field(description="Which event it is.")
    schema_version: int = Field(description="Version of the payload's fields, from 1.")
    occurred_at: datetime = Field(description="When it was recorded (UTC).")
    aggregate_id: UUID = Field(description="Id of the thing that changed.")
    aggregate_version: int = Field(description="Version of that thing, rising with each change.")
    correlation_id: str | None = Field(description="Id of the request or event that caused it.")
    published_at: datetime | None = Field(description="When it was sent this time (UTC).")
    payload: dict[str, Any] = Field(description="The fields of the event, as below.")

    @property
    def event(self) -> DomainEvent:
        """The event as its class.

        Raises:
            KeyError: this version of the program does not know it.
            ValidationError: the payload is not what the class expects.
        """
        return CATALOG[self.name].model_validate(self.payload)


async def run_forever(name: str, work: Callable[[], Awaitable[None]]) -> NoReturn:
    """Do `work` again, a moment after it ended or failed, until cancelled: outages pass by themselves."""
    while True:
        try:
            await work()
        except Exception as error:  # A loop that ended of a surprise would do more harm.
            surprise = None if is_unavailable(error) else error
            log.warning("loop.interrupted", loop=name, error=repr(error), exc_info=surprise)
        await asyncio.sleep(redis.RECONNECT_SECONDS)


# ---- the relay's side --------------------------------------------------------------------------


async def publish(envelopes: Sequence[Envelope]) -> None:
    """Put the events on the wire in one round trip; the stream forgets the oldest beyond 100,000."""
    async with redis.client().pipeline(transaction=False) as pipe:
        for envelope in envelopes:
            entry = {"event": envelope.model_dump_json()}
            pipe.xadd(STREAM, cast("dict[Any, Any]", entry), maxlen=MAX_LENGTH, approximate=True)
        await pipe.execute()


class Unread(NamedTuple):
    """Events on the stream that no consumer has fetched: their number, and when the oldest was published.

    An event that was published before that and is not acknowledged was lost, rather than not yet read.
    """

    length: int
    oldest_at: datetime | None


async def get_unread() -> Unread:
    """Return what waits on the stream for the consumers."""
    connection = redis.client()
    fetched = "0-0"
    count = None
    try:
        for group in await connection.xinfo_groups(STREAM):
            fetched = group["last-delivered-id"]
            count = group["lag"]
    except ResponseError:  # There is no stream: nobody published yet, or Redis lost everything.
        return Unread(0, None)
    entries = await connection.xrange(STREAM, min=f"({fetched}", count=1)
    if not entries:
        return Unread(0, None)
    # The lag also counts unread events that were pushed out; it is none before the first consumer came.
    length = await connection.xlen(STREAM)
    oldest = _read(entries)
    return Unread(
        length if count is None else min(count, length), oldest[0].published_at if oldest else None
    )


# ---- the consumers' side -----------------------------------------------------------------------


async def fetch(connection: Redis) -> list[Envelope]:
    """Wait for events that no consumer process has fetched yet; each goes to one of them."""
    try:
        answer = await connection.xreadgroup(
            GROUP, CONSUMER, {STREAM: ">"}, count=FETCH_COUNT, block=BLOCK_MS, noack=True
        )
    except ResponseError:
        # No group: the first start, or Redis lost everything; a new group reads all that is there.
        await connection.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
        return []
    return _read(answer[0][1]) if answer else []


# ---- the live pages' side ----------------------------------------------------------------------


async def follow_events(
    on_event: Callable[[Envelope], Awaitable[None]], on_gap: Callable[[], Awaitable[None]]
) -> NoReturn:
    """Call `on_event` for every event from now on, until cancelled.

    `on_gap` is called when events may have been missed: the connection was lost, or Redis lost what
    it had. Events can come twice and out of order; their aggregate_version tells.
    """
    connections = 0

    async def follow() -> None:
        nonlocal connections
        async with redis.blocking_client() as connection:
            place, added = await _end_of_stream(connection)
            connections += 1
            if connections > 1:
                await on_gap()
            while True:
                answer = await connection.xread({STREAM: place}, count=FETCH_COUNT, block=BLOCK_MS)
                entries = answer[0][1] if answer else []
                for envelope in _read(entries):
                    if envelope.name in CATALOG:
                        await on_event(envelope)
                end, added_now = await _end_of_stream(connection)
                place, added = entries[-1][0] if entries else place, added + len(entries)
                if added_now < added:  # The stream began anew: Redis lost what it had.
                    place, added = end, added_now
                    await on_gap()

    await run_forever("bus.follow", follow)


async def _end_of_stream(connection: Redis) -> tuple[str, int]:
    """Return the id of the last entry, and how many were ever added."""
    try:
        stream = await connection.xinfo_stream(STREAM)
    except ResponseError:  # There is no stream yet.
        return "0-0", 0
    return stream["last-generated-id"], stream["entries-added"]


def _read(entries: Sequence[tuple[str, dict[str, str]]]) -> list[Envelope]:
    envelopes: list[Envelope] = []
    for entry_id, fields in entries:
        try:
            envelopes.append(Envelope.model_validate_json(fields.get("event", "")))
        except ValidationError as error:
            log.error("bus.unreadable_entry", entry_id=entry_id, error=str(error))  # noqa: TRY400  # the text says it all.
    return envelopes
