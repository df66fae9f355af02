"""Commands about tickets."""

import argparse

from ticketing_app.cli.terminal import Commands, write_line
from ticketing_app.core import db
from ticketing_app.tickets.rules import describe_seat
from ticketing_app.tickets.service import offers

LIMIT = 1000


def add_commands(commands: Commands) -> None:
    listed = commands.add_parser(
        "listed-twice", help="list seats of coming events that several sellers offer"
    )
    listed.set_defaults(run=_list_listed_twice)


async def _list_listed_twice(_: argparse.Namespace) -> None:
    async with db.transaction() as session:
        found = await offers.list_listed_twice(session, limit=LIMIT)
    for twice in found:
        place = describe_seat(twice.section, twice.row, twice.seat)
        write_line(
            f"event {twice.event_id}: {place}: tickets {', '.join(map(str, twice.ticket_ids))}"
        )
    if not found:
        write_line("No seat is offered by several sellers.")
