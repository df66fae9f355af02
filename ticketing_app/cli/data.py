import argparse
import asyncio

import alembic.command
import httpx

from ticketing_app import demo, demo_deliveries, demo_sales
from ticketing_app.cli.terminal import Commands, write_line
from ticketing_app.core import db, schema
from ticketing_app.core.errors import AppError
from ticketing_app.core.settings import get_settings


class DemoInProductionError(AppError):
    message = (
        "This is production, and the demo accounts have a public password. "
        "Pass --in-production if this installation is for trying out."
    )


def add_commands(commands: Commands) -> None:
    migrate = commands.add_parser("migrate", help="bring the database to the newest schema")
    migrate.set_defaults(run=_migrate)
    wait = commands.add_parser("wait-for-schema", help="wait until the database is migrated")
    wait.add_argument("--seconds", type=float, default=60, help="give up after this long (60)")
    wait.set_defaults(run=_wait_for_schema)
    seed = commands.add_parser(
        "seed-demo", help="fill an empty market with invented listings and three accounts"
    )
    seed.add_argument("--in-production", action="store_true", help="also in production")
    seed.add_argument(
        "--if-empty", action="store_true", help="do nothing if there are tickets already"
    )
    seed.set_defaults(run=_seed_demo)


async def _migrate(_: argparse.Namespace) -> None:
    if await schema.compare() is schema.SchemaState.AHEAD:
        # After a rollback: this version works on a newer schema, but does not contain its migrations.
        write_line("A newer version migrated the database already; it serves this one as well.")
        return
    await db.dispose()
    # Alembic's environment runs its own event loop.
    await asyncio.to_thread(alembic.command.upgrade, schema.CONFIG, "head")


async def _wait_for_schema(options: argparse.Namespace) -> None:
    await schema.wait(options.seconds)


async def _seed_demo(options: argparse.Namespace) -> None:
    if get_settings().is_production and not options.in_production:
        raise DemoInProductionError
    try:
        async with db.transaction() as session:
            seeded = await demo.seed(session)
    except demo.MarketNotEmptyError as error:
        if not options.if_empty:
            raise
        write_line(error.message)
        return
    try:
        await demo_deliveries.promise(seeded.listed)
    except AppError as error:
        write_line(f"Some listings lack their delivery: {error.message}")
    if demo_sales.can_sell():
        try:
            await demo_sales.sell(seeded)
        except (AppError, OSError, httpx.HTTPError):
            write_line("Stripe's stand-in does not answer, so nothing is sold.")
    write_line(
        f"{seeded.tickets} tickets; sign in as {', '.join(demo.EMAILS)}, password {demo.PASSWORD}"
    )
