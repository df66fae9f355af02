"""The operators' command line."""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

from ticketing_app.cli import (
    cases,
    cities,
    curation,
    data,
    deliveries,
    doctor,
    events,
    files,
    orders,
    payments,
    tickets,
    work,
)
from ticketing_app.core import db, logging, redis
from ticketing_app.core.errors import AppError
from ticketing_app.core.settings import InvalidSettingsError
from ticketing_app.messaging import outbox
from ticketing_app.payments.gateway import client
from ticketing_app.subscriptions import WORK
from ticketing_app.work import jobs as work_jobs
from ticketing_app.work import nudge

Command = Callable[[argparse.Namespace], Awaitable[None]]


def main(arguments: list[str]) -> None:
    """Run one command; an error is a sentence on standard error and exit status 1."""
    options = _parser().parse_args(arguments)
    try:
        logging.configure()
        work_jobs.register(WORK)
        asyncio.run(_run(options.run, options))
    except InvalidSettingsError as error:
        sys.exit(str(error))
    except BrokenPipeError:
        # The reader closed the pipe, as in `events tail | head`. Without this, Python fails again
        # when it flushes standard output at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ticketing_app")
    commands = parser.add_subparsers(dest="command", required=True)
    families = (
        data,
        cases,
        cities,
        curation,
        deliveries,
        doctor,
        events,
        files,
        orders,
        payments,
        tickets,
        work,
    )
    for family in families:
        family.add_commands(commands)
    return parser


async def _run(command: Command, options: argparse.Namespace) -> None:
    try:
        await command(options)
    except AppError as error:
        sys.exit(error.message)
    finally:
        await outbox.finish_nudges()
        await nudge.finish()
        await client.dispose()
        await redis.dispose()
        await db.dispose()
