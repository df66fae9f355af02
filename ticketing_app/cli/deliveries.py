import argparse

from ticketing_app.cli.terminal import Commands, write_line
from ticketing_app.core import db
from ticketing_app.deliveries.service import backfill


def add_commands(commands: Commands) -> None:
    deliveries = commands.add_parser("deliveries", help="look after the deliveries of paid orders")
    actions = deliveries.add_subparsers(required=True)
    missing = actions.add_parser(
        "backfill", help="begin those that orders of the version before lack; a job repeats it"
    )
    missing.add_argument(
        "--batch", type=int, default=backfill.BATCH, help=f"orders per query ({backfill.BATCH})"
    )
    missing.set_defaults(run=_backfill)


async def _backfill(options: argparse.Namespace) -> None:
    async for progress in backfill.begin_missing(db.transaction, batch=options.batch):
        write_line(f"{progress.seen} of {progress.total} orders, {progress.begun} begun")
