"""Commands about the database as a whole: its schema, and demo data."""

import argparse
import asyncio

import alembic.command

from ticketing_app import demo
from ticketing_app.cli.terminal import Commands, say
from ticketing_app.core import db, schema
from ticketing_app.core.errors import AppError
from ticketing_app.core.settings import get_settings


class DemoInProductionError(AppError):
    """Accounts whose password everybody knows do not belong into production."""

    def __init__(self) -> None:
        """Say what it takes."""
        super().__init__(
            "This is production, and the demo accounts have a password that everybody knows. "
            "Pass --in-production if this installation is for trying out."
        )


def add_commands(commands: Commands) -> None:
    """Add them to the command line."""
    migrate = commands.add_parser("migrate", help="bring the database to the newest schema")
    migrate.set_defaults(run=_migrate)
    wait = commands.add_parser("wait-for-schema", help="end when somebody migrated the database")
    wait.add_argument("--seconds", type=float, default=60, help="give up after this long (60)")
    wait.set_defaults(run=_wait_for_schema)
    seed = commands.add_parser(
        "seed-demo", help="fill an empty market with invented listings and three accounts"
    )
    seed.add_argument("--in-production", action="store_true", help="even there")
    seed.add_argument(
        "--if-empty", action="store_true", help="leave a market with tickets as it is, and say so"
    )
    seed.set_defaults(run=_seed_demo)


async def _migrate(_: argparse.Namespace) -> None:
    if await schema.compare() is schema.SchemaState.AHEAD:
        # As after a step back to this version: newer schemas serve it, and it knows no way there.
        say("A newer version migrated the database already; it serves this one as well.")
        return
    await db.dispose()
    # Migrations run an event loop of their own.
    await asyncio.to_thread(alembic.command.upgrade, schema.CONFIG, "head")


async def _wait_for_schema(chosen: argparse.Namespace) -> None:
    await schema.wait(chosen.seconds)


async def _seed_demo(chosen: argparse.Namespace) -> None:
    if get_settings().is_production and not chosen.in_production:
        raise DemoInProductionError
    try:
        async with db.transaction() as session:
            count = await demo.seed(session)
    except demo.MarketNotEmptyError as error:
        if not chosen.if_empty:
            raise
        say(error.message)
        return
    say(f"{count} listings; sign in as {', '.join(demo.EMAILS)}, password {demo.PASSWORD}")
