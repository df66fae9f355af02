"""The operators' command line: `python -m ticketing_app --help`."""

import argparse
import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any
from uuid import UUID

import alembic.command
import alembic.config

from ticketing_app.core import db
from ticketing_app.messaging import inbox

ALEMBIC_INI = Path(__file__).parents[1] / "alembic.ini"


def main(arguments: list[str]) -> None:
    """Run one command; a refusal is a sentence on standard error and exit status 1."""
    parser = argparse.ArgumentParser(prog="python -m ticketing_app")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help="bring the database to the newest schema")
    commands.add_parser("dead-letters", help="list the events that a subscriber could not handle")
    replay = commands.add_parser("replay", help="let a dead letter be tried again")
    replay.add_argument("subscriber", help="as dead-letters prints it")
    replay.add_argument("event_id", type=UUID)
    chosen = parser.parse_args(arguments)
    match chosen.command:
        case "migrate":
            alembic.command.upgrade(alembic.config.Config(ALEMBIC_INI), "head")
        case "dead-letters":
            asyncio.run(_with_database(_list_dead_letters()))
        case _:
            asyncio.run(_with_database(_replay(chosen.subscriber, chosen.event_id)))


async def _with_database(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    finally:
        await db.dispose()


async def _list_dead_letters() -> None:
    async with db.transaction() as session:
        for entry, event in await inbox.list_dead_letters(session):
            _say(f"{entry.subscriber} {event.id} {event.name} of {event.occurred_at:%F %T %Z}")
            _say(f"    after {entry.attempts} attempts: {entry.last_error}")


async def _replay(subscriber: str, event_id: UUID) -> None:
    async with db.transaction() as session:
        if not await inbox.replay(session, subscriber=subscriber, event_id=event_id):
            sys.exit(f"{subscriber} has no dead letter {event_id}.")
    _say("It is tried again now, and as often as a new event.")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
