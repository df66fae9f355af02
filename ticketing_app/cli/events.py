"""Commands for domain events: dead letters, and `events tail`."""

import argparse
import asyncio
import re
import signal
from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing, suppress
from datetime import datetime, timedelta
from uuid import UUID

from ticketing_app.cli.terminal import Commands, write_line
from ticketing_app.core import db, outages
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import AppError
from ticketing_app.core.logging import get_logger
from ticketing_app.messaging import inbox
from ticketing_app.messaging.bus import Envelope
from ticketing_app.messaging.catalog import CATALOG
from ticketing_app.monitoring.events import list_recorded

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
POLL_SECONDS = 0.5
BATCH = 500
# An event is committed at most this long after its own time: no statement takes longer.
LATE = timedelta(seconds=db.COMMAND_TIMEOUT_SECONDS)

log = get_logger()


class AgeError(argparse.ArgumentTypeError):
    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is no age; write 30s, 10m, 2h or 7d.")


class DeadLetterNotFoundError(AppError):
    def __init__(self, subscriber: str, event_id: UUID) -> None:
        super().__init__(f"{subscriber} has no dead letter {event_id}.")


def add_commands(commands: Commands) -> None:
    dead = commands.add_parser(
        "dead-letters", help="list the events that a subscriber could not handle"
    )
    dead.set_defaults(run=_list_dead_letters)
    replay = commands.add_parser("replay", help="retry a dead letter")
    replay.add_argument("subscriber", help="as dead-letters prints it")
    replay.add_argument("event_id", type=UUID)
    replay.set_defaults(run=_replay)
    events = commands.add_parser("events", help="read domain events")
    tail = events.add_subparsers(required=True).add_parser(
        "tail", help="print events as JSON lines as they are recorded, until Ctrl-C"
    )
    tail.add_argument(
        "--name", action="append", default=[], choices=sorted(CATALOG), metavar="NAME",
        help="only these, as OrderCreated; may be repeated",
    )  # fmt: skip
    tail.add_argument(
        "--since", type=read_age, default=timedelta(), metavar="AGE", help="begin earlier, as 10m"
    )
    tail.set_defaults(run=_tail)


def read_age(text: str) -> timedelta:
    """Parse 30s, 10m, 2h or 7d; raises AgeError for any other text."""
    found = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if not found:
        raise AgeError(text)
    return timedelta(**{UNITS[found[2]]: int(found[1])})


async def _list_dead_letters(_: argparse.Namespace) -> None:
    async with db.transaction() as session:
        for entry, event in await inbox.list_dead_letters(session):
            write_line(
                f"{entry.subscriber} {event.id} {event.name} of {event.occurred_at:%F %T %Z}"
            )
            write_line(f"    after {entry.attempts} attempts: {entry.last_error}")


async def _replay(options: argparse.Namespace) -> None:
    async with db.transaction() as session:
        is_found = await inbox.replay(
            session, subscriber=options.subscriber, event_id=options.event_id
        )
        if not is_found:
            raise DeadLetterNotFoundError(options.subscriber, options.event_id)
    write_line("It is tried again now, and as often as a new event.")


async def _tail(options: argparse.Namespace) -> None:
    # Ctrl-C is the normal end. A handler also works where the shell started us with SIGINT ignored.
    if task := asyncio.current_task():
        for signum in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(signum, task.cancel)
    with suppress(asyncio.CancelledError):
        async with aclosing(follow(utc_now() - options.since, options.name)) as events:
            async for envelope in events:
                write_line(envelope.model_dump_json())


async def follow(since: datetime, names: Collection[str] = ()) -> AsyncGenerator[Envelope]:
    """Yield each event recorded since then, once, and wait for more; outages only interrupt it.

    Reads the outbox rather than the stream, so it works while the relay or Redis is down. An event
    becomes visible with its commit, some time after `occurred_at`, so each poll reads the last half
    minute again and skips the events it has already yielded.
    """
    yielded: dict[UUID, datetime] = {}
    while True:
        try:
            async with db.transaction() as session:
                found = await list_recorded(
                    session, since=since, names=names, without=yielded.keys(), limit=BATCH
                )
        except Exception as error:
            if not outages.is_unavailable(error):
                raise
            log.warning("events.interrupted", error=repr(error))
            found = []
        for envelope in found:
            yielded[envelope.id] = envelope.occurred_at
            yield envelope
        since = max([since, *(at - LATE for at in yielded.values())])
        yielded = {event_id: at for event_id, at in yielded.items() if at >= since}
        if len(found) < BATCH:
            await asyncio.sleep(POLL_SECONDS)
