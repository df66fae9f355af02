"""The operators' command line: `python -m ticketing_app --help`."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from uuid import UUID

import alembic.command

from ticketing_app.core import db, logging, redis, schema
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import AppError
from ticketing_app.messaging import inbox
from ticketing_app.payments import gateway
from ticketing_app.payments.jobs import AUDITED
from ticketing_app.payments.service import alerts, audit, refund, webhook

Command = Callable[[argparse.Namespace], Awaitable[None]]


def main(arguments: list[str]) -> None:
    """Run one command; a refusal is a sentence on standard error and exit status 1."""
    chosen = _parser().parse_args(arguments)
    logging.configure()
    asyncio.run(_run(COMMANDS[chosen.command], chosen))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ticketing_app")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help="bring the database to the newest schema")
    wait = commands.add_parser("wait-for-schema", help="end when somebody migrated the database")
    wait.add_argument("--seconds", type=float, default=60, help="give up after this long (60)")
    commands.add_parser("dead-letters", help="list the events that a subscriber could not handle")
    replay = commands.add_parser("replay", help="let a dead letter be tried again")
    replay.add_argument("subscriber", help="as dead-letters prints it")
    replay.add_argument("event_id", type=UUID)
    commands.add_parser("webhooks", help="list Stripe's webhooks that were tried in vain")
    replay_webhook = commands.add_parser("replay-webhook", help="handle a webhook of Stripe again")
    replay_webhook.add_argument("event_id", help="Stripe's id, evt_...")
    give_back = commands.add_parser("refund", help="give the buyer of a paid order the money back")
    give_back.add_argument("order_id", type=UUID)
    give_back.add_argument("--reason", required=True, help="kept with the payment")
    commands.add_parser("alerts", help="list what is wrong with payments and not resolved")
    resolve = commands.add_parser("resolve-alert", help="close an alert that was dealt with")
    resolve.add_argument("alert_id", type=UUID)
    commands.add_parser("audit", help="compare the payments of the last days with Stripe's lists")
    return parser


async def _run(command: Command, chosen: argparse.Namespace) -> None:
    try:
        await command(chosen)
    except AppError as error:
        sys.exit(error.message)
    finally:
        await gateway.dispose()
        await redis.dispose()
        await db.dispose()


async def _migrate(_: argparse.Namespace) -> None:
    if await schema.compare() is schema.SchemaState.AHEAD:
        # As after a step back to this version: newer schemas serve it, and it knows no way there.
        _say("A newer version migrated the database already; it serves this one as well.")
        return
    await db.dispose()
    # Alembic's environment runs a loop of its own.
    await asyncio.to_thread(alembic.command.upgrade, schema.CONFIG, "head")


async def _wait_for_schema(chosen: argparse.Namespace) -> None:
    await schema.wait(chosen.seconds)


async def _list_dead_letters(_: argparse.Namespace) -> None:
    async with db.transaction() as session:
        for entry, event in await inbox.list_dead_letters(session):
            _say(f"{entry.subscriber} {event.id} {event.name} of {event.occurred_at:%F %T %Z}")
            _say(f"    after {entry.attempts} attempts: {entry.last_error}")


async def _replay(chosen: argparse.Namespace) -> None:
    subscriber, event_id = chosen.subscriber, chosen.event_id
    async with db.transaction() as session:
        if not await inbox.replay(session, subscriber=subscriber, event_id=event_id):
            sys.exit(f"{subscriber} has no dead letter {event_id}.")
    _say("It is tried again now, and as often as a new event.")


async def _list_webhooks(_: argparse.Namespace) -> None:
    async with db.transaction() as session:
        for event in await webhook.list_failing(session):
            _say(f"{event.id} {event.kind} of {event.received_at:%F %T %Z}")
            _say(f"    after {event.attempts} attempts: {event.last_error or 'under way'}")


async def _replay_webhook(chosen: argparse.Namespace) -> None:
    async with db.transaction() as session:
        await webhook.replay(session, event_id=chosen.event_id)
    _say("The worker handles it again within half a minute.")


async def _refund(chosen: argparse.Namespace) -> None:
    async with db.transaction() as session:
        charge_id = await refund.request_refund(
            session, order_id=chosen.order_id, reason=chosen.reason
        )
    _say("The refund is recorded: if Stripe does not answer now, the worker asks until it does.")
    await refund.refund(db.transaction, charge_id=charge_id)
    _say("Stripe has it. The order is refunded when the bank has it, too.")


async def _list_alerts(_: argparse.Namespace) -> None:
    async with db.transaction() as session:
        for alert in await alerts.list_open(session):
            _say(f"{alert.id} {alert.kind} {alert.subject}, order {alert.order_id or 'unknown'}")
            _say(f"    {alert.detail} Seen {alert.seen} times, last {alert.last_seen_at:%F %T %Z}.")


async def _resolve_alert(chosen: argparse.Namespace) -> None:
    async with db.transaction() as session:
        await alerts.resolve(session, alert_id=chosen.alert_id)
    _say("It is resolved, until it is seen again.")


async def _audit(_: argparse.Namespace) -> None:
    count = await audit.audit(db.transaction, since=utc_now() - AUDITED)
    _say(f"{count} differences; `alerts` lists them." if count else "Stripe and we agree.")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


COMMANDS: dict[str, Command] = {
    "migrate": _migrate,
    "wait-for-schema": _wait_for_schema,
    "dead-letters": _list_dead_letters,
    "replay": _replay,
    "webhooks": _list_webhooks,
    "replay-webhook": _replay_webhook,
    "refund": _refund,
    "alerts": _list_alerts,
    "resolve-alert": _resolve_alert,
    "audit": _audit,
}


if __name__ == "__main__":
    main(sys.argv[1:])
