import argparse

from ticketing_app.cli.terminal import Commands, write_line
from ticketing_app.core import db
from ticketing_app.orders.service import backfill

BATCH = 5_000


def add_commands(commands: Commands) -> None:
    items = commands.add_parser(
        "backfill-order-items",
        help="add the items of older orders in batches; run it between migrations 0012 and 0013",
    )
    items.add_argument("--batch", type=int, default=BATCH, help=f"orders per transaction ({BATCH})")
    items.set_defaults(run=_backfill_items)


async def _backfill_items(options: argparse.Namespace) -> None:
    async for progress in backfill.add_items(db.transaction, batch=options.batch):
        write_line(f"{progress.seen} of {progress.total} orders, {progress.added} items added")
