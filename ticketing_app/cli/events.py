"""Commands about domain events: dead letters, and a look at what happens."""

import argparse
import asyncio
import re
import signal
from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing, suppress
from datetime import datetime, timedelta
from uuid import UUID

from ticketing_app.cli.terminal import Commands, say
from ticketing_app.core import db, outages
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import AppError
from ticketing_app.core.logging import get_logger
from ticketing_app.messaging import inbox
from ticketing_app.messaging.bus import Envelope
from ticketing_app.messaging.catalog import CATALOG
from ticketing_app.monitoring.events import list_recorded

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
LOOK_SECONDS = 0.5
BATCH = 500
LATE = timedelta(seconds=db.COMMAND_TIMEOUT_SECONDS)
"""How long after its own time an event may be committed: no statement takes longer."""

log = get_logger()


class AgeError(argparse.ArgumentTypeError):
    """This says no length of time."""

    def __init__(self, words: str) -> None:
        """Say how it is written."""
        super().__init__(f"{words!r} is no age; write 30s, 10m, 2h or 7d.")


class DeadLetterNotFoundError(AppError):
    """This subscriber has no such dead letter."""

    def __init__(self, subscriber: str, event_id: UUID) -> None:
        """Name both."""
        super().__init__(f"{subscriber} has no dead letter {event_id}.")


def add_commands(commands: Commands) -> None:
    """Add them to the command line."""
    dead = commands.add_parser(
        "dead-letters", help="list the events that a subscriber could not handle"
    )
    dead.set_defaults(run=_list_dead_letters)
    replay = commands.add_parser("replay", help="let a dead letter be tried again")
    replay.add_argument("subscriber", help="as dead-letters prints it")
    replay.add_argument("event_id", type=UUID)
    replay.set_defaults(run=_replay)
    events = commands.add_parser("events", help="look at domain events")
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


def read_age(words: str) -> timedelta:
    """Read 30s, 10m, 2h or 7d.

    Raises:
        AgeError: it is something else.
    """
    found = re.fullmatch(r"(\d{1,6})([smhd])", words)
    if not found:
        raise AgeError(words)
    return timedelta(**{UNITS[found[2]]: int(found[1])})


async def _list_dead_letters(_: argparse.Namespace) -> None:
    async with db.transaction() as session:
        for entry, event in await inbox.list_dead_letters(session):
            say(f"{entry.subscriber} {event.id} {event.name} of {event.occurred_at:%F %T %Z}")
            say(f"    after {entry.attempts} attempts: {entry.last_error}")


async def _replay(chosen: argparse.Namespace) -> None:
    subscriber, event_id = chosen.subscriber, chosen.event_id
    async with db.transaction() as session:
        if not await inbox.replay(session, subscriber=subscriber, event_id=event_id):
            raise DeadLetterNotFoundError(subscriber, event_id)
    say("It is tried again now, and as often as a new event.")


async def _tail(chosen: argparse.Namespace) -> None:
    # Ctrl-C is how one ends this, and no failure; it works where a shell has switched it off, too.
    if task := asyncio.current_task():
        for signum in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(signum, task.cancel)
    with suppress(asyncio.CancelledError):
        async with aclosing(follow(utc_now() - chosen.since, chosen.name)) as events:
            async for envelope in events:
                say(envelope.model_dump_json())


async def follow(since: datetime, names: Collection[str] = ()) -> AsyncGenerator[Envelope]:
    """Yield each event recorded since then, once, and go on as more are; outages pass.

    The log is asked and not the wire, so that events are seen while the relay or Redis is away.
    An event becomes visible with its commit, a while after its own time: the last half minute is
    looked at again and again, without what was told.
    """
    told: dict[UUID, datetime] = {}
    while True:
        try:
            async with db.transaction() as session:
                found = await list_recorded(
                    session, since=since, names=names, without=told.keys(), limit=BATCH
                )
        except Exception as error:
            if not outages.is_unavailable(error):
                raise
            log.warning("events.interrupted", error=repr(error))
            found = []
        for envelope in found:
            told[envelope.id] = envelope.occurred_at
            yield envelope
        since = max([since, *(at - LATE for at in told.values())])
        told = {event_id: at for event_id, at in told.items() if at >= since}
        if len(found) < BATCH:
            await asyncio.sleep(LOOK_SECONDS)
