import argparse

from ticketing_app.cli.terminal import Commands, write_line
from ticketing_app.core import db
from ticketing_app.events.service import city_data


def add_commands(commands: Commands) -> None:
    cities = commands.add_parser("cities", help="the cities that venues can be in")
    load = cities.add_subparsers(required=True).add_parser(
        "load", help="insert or update the cities of the data set (GeoNames, CC BY 4.0)"
    )
    load.add_argument("--if-missing", action="store_true", help="do nothing if all are there")
    load.set_defaults(run=_load)


async def _load(options: argparse.Namespace) -> None:
    async with db.transaction() as session:
        if options.if_missing and await city_data.are_loaded(session):
            write_line("All cities are there already.")
            return
        count = await city_data.load_cities(session)
    write_line(f"{count} cities from GeoNames, CC BY 4.0")
