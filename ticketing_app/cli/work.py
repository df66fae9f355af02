"""Commands for deferred work that failed."""

import argparse

from ticketing_app.cli.terminal import Commands, write_line
from ticketing_app.core import db
from ticketing_app.core.errors import AppError
from ticketing_app.monitoring.work import list_failing
from ticketing_app.work import due
from ticketing_app.work.jobs import KINDS


class FailedWorkNotFoundError(AppError):
    def __init__(self, kind: str, key: str) -> None:
        super().__init__(f"There is no failed work {kind} {key}.")


def add_commands(commands: Commands) -> None:
    work = commands.add_parser("work", help="look after deferred work that failed")
    actions = work.add_subparsers(required=True)
    listing = actions.add_parser("list", help="list the work that failed, dead or to be retried")
    listing.set_defaults(run=_list)
    retry = actions.add_parser("retry", help="do failed work again, now")
    retry.add_argument("kind", help="as `work list` prints it")
    retry.add_argument("key")
    retry.set_defaults(run=_retry)


async def _list(_: argparse.Namespace) -> None:
    async with db.transaction() as session:
        for work in await list_failing(session):
            next_try = f"next {work.due_at:%F %T %Z}" if work.due_at else "dead"
            write_line(f"{work.kind} {work.key} of {work.created_at:%F %T %Z}, {next_try}")
            write_line(f"    after {work.tries} tries: {work.last_error}")


async def _retry(options: argparse.Namespace) -> None:
    async with db.transaction() as session:
        failing = {(work.kind, work.key) for work in await list_failing(session)}
        if (options.kind, options.key) not in failing or options.kind not in KINDS:
            raise FailedWorkNotFoundError(options.kind, options.key)
        await due.want(session, options.kind, options.key)
    write_line("It is tried again now, and as often as new work.")
