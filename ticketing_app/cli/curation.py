"""Commands that correct events and venues."""

import argparse
from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from pydantic import ValidationError

from ticketing_app.cli.terminal import Commands, write_line
from ticketing_app.core import db
from ticketing_app.core.errors import InvalidInputError
from ticketing_app.core.validation import describe_error
from ticketing_app.events.schemas import EventRead, VenueUpdate
from ticketing_app.events.service import curation, events
from ticketing_app.events.service import venues as venue_service

BATCH = 100
TICKETS_FOLLOW = "Its tickets follow within seconds."

Run = Callable[[argparse.Namespace], Awaitable[None]]


class LocalTimeError(argparse.ArgumentTypeError):
    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is no local time; write it like 2027-05-01T20:00.")


def add_commands(commands: Commands) -> None:
    event = commands.add_parser("event", help="correct an event, named by its id or slug")
    actions = event.add_subparsers(required=True)
    show = _add(actions, "show", "print an event", _show_event)
    show.add_argument("event")
    move = _add(actions, "move", "move an event to another time", _move_event)
    move.add_argument("event")
    move.add_argument("starts_local", type=read_local_time, help="local time, 2027-05-01T20:00")
    cancel = _add(actions, "cancel", "cancel an event for good and refund it", _cancel_event)
    cancel.add_argument("event")
    merge = _add(actions, "merge", "merge a double into another event", _merge_events)
    merge.add_argument("event")
    merge.add_argument("into")
    venue = commands.add_parser("venue", help="correct a venue, named by its id or slug")
    actions = venue.add_subparsers(required=True)
    correct = _add(actions, "correct", "correct a venue and its events", _correct_venue)
    correct.add_argument("venue")
    correct.add_argument("--name")
    correct.add_argument("--city-id", type=int, help="as /api/cities has it")
    correct.add_argument("--timezone", help="IANA name, like Europe/Berlin")
    merge = _add(actions, "merge", "merge a double into another venue", _merge_venues)
    merge.add_argument("venue")
    merge.add_argument("into")


def _add(actions: Commands, name: str, words: str, run: Run) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=words)
    parser.set_defaults(run=run)
    return parser


def read_local_time(text: str) -> datetime:
    """Parse a time without an offset; raises LocalTimeError for any other text."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise LocalTimeError(text) from None
    if moment.tzinfo:
        raise LocalTimeError(text)
    return moment


async def _show_event(options: argparse.Namespace) -> None:
    async with db.transaction() as session:
        event_id = await events.find_id(session, text=options.event)
        event = await events.get_event(session, event_id=event_id)
    write_line(_describe(event))


async def _move_event(options: argparse.Namespace) -> None:
    async with db.transaction() as session:
        event_id = await events.find_id(session, text=options.event)
        event = await curation.move_event(
            session, event_id=event_id, starts_local=options.starts_local
        )
    write_line(f"{_describe(event)}\n{TICKETS_FOLLOW}")


async def _cancel_event(options: argparse.Namespace) -> None:
    async with db.transaction() as session:
        event_id = await events.find_id(session, text=options.event)
        event = await curation.cancel_event(session, event_id=event_id)
    write_line(f"{_describe(event)}\nUnsold tickets are withdrawn, paid orders refunded.")


async def _merge_events(options: argparse.Namespace) -> None:
    async with db.transaction() as session:
        event_id = await events.find_id(session, text=options.event)
        into_id = await events.find_id(session, text=options.into)
        event = await curation.merge_events(session, event_id=event_id, into_id=into_id)
    write_line(f"{_describe(event)}\n{TICKETS_FOLLOW}")


async def _correct_venue(options: argparse.Namespace) -> None:
    try:
        changes = VenueUpdate(name=options.name, city_id=options.city_id, timezone=options.timezone)
    except ValidationError as error:
        raise InvalidInputError([describe_error(item) for item in error.errors()]) from None
    async with db.transaction() as session:
        venue_id = await venue_service.find_id(session, text=options.venue)
        await curation.correct_venue(session, venue_id=venue_id, changes=changes)
    await _refresh(venue_id)


async def _merge_venues(options: argparse.Namespace) -> None:
    async with db.transaction() as session:
        venue_id = await venue_service.find_id(session, text=options.venue)
        into_id = await venue_service.find_id(session, text=options.into)
        await curation.merge_venues(session, venue_id=venue_id, into_id=into_id)
    await _refresh(venue_id)


async def _refresh(venue_id: UUID) -> None:
    """Correct the events of the venue; after an interruption, the same command goes on."""
    count = 0
    while True:
        async with db.transaction() as session:
            done = await curation.refresh_events(session, venue_id=venue_id, limit=BATCH)
        count += done
        if done < BATCH:
            write_line(f"{count} events were corrected. Their tickets follow within seconds.")
            return


def _describe(event: EventRead) -> str:
    place = f"{event.venue.name}, {event.venue.city}"
    time = f"{event.starts_local:%F %H:%M} {event.venue.timezone}"
    return f"{event.id} {event.slug}\n    {event.title}, {place}, {time}, {event.status}"
