"""Commands about money: webhooks, refunds, alerts, the audit."""

import argparse
from uuid import UUID

from ticketing_app.cli.terminal import Commands, say
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.payments.jobs import AUDITED
from ticketing_app.payments.service import alerts, audit, refund, rescue, webhook


def add_commands(commands: Commands) -> None:
    """Add them to the command line."""
    listed = commands.add_parser("webhooks", help="list Stripe's webhooks that were tried in vain")
    listed.set_defaults(run=_list_webhooks)
    replay = commands.add_parser("replay-webhook", help="handle a webhook of Stripe again")
    replay.add_argument("event_id", help="Stripe's id, evt_...")
    replay.set_defaults(run=_replay_webhook)
    give_back = commands.add_parser(
        "refund", help="give the buyer of an order whose money was taken the money back"
    )
    give_back.add_argument("order_id", type=UUID)
    give_back.add_argument("--reason", required=True, help="kept with the payment")
    give_back.set_defaults(run=_refund)
    wrong = commands.add_parser("alerts", help="list what is wrong with payments and not resolved")
    wrong.set_defaults(run=_list_alerts)
    resolve = commands.add_parser("resolve-alert", help="close an alert that was dealt with")
    resolve.add_argument("alert_id", type=UUID)
    resolve.set_defaults(run=_resolve_alert)
    compare = commands.add_parser(
        "audit", help="compare the payments of the last days with Stripe's lists"
    )
    compare.set_defaults(run=_audit)


async def _list_webhooks(_: argparse.Namespace) -> None:
    async with db.transaction() as session:
        for event in await webhook.list_failing(session):
            say(f"{event.id} {event.kind} of {event.received_at:%F %T %Z}")
            say(f"    after {event.attempts} attempts: {event.last_error or 'under way'}")


async def _replay_webhook(chosen: argparse.Namespace) -> None:
    async with db.transaction() as session:
        await webhook.replay(session, event_id=chosen.event_id)
    say("The worker handles it again within half a minute.")


async def _refund(chosen: argparse.Namespace) -> None:
    if await rescue.end_unfinished(db.transaction, order_id=chosen.order_id, reason=chosen.reason):
        say("Stripe does not know its payment, so no money is there: the order is cancelled.")
        return
    async with db.transaction() as session:
        charge_id = await refund.request_refund(
            session, order_id=chosen.order_id, reason=chosen.reason
        )
    say("The refund is recorded: if Stripe does not answer now, the worker asks until it does.")
    await refund.execute_refund(db.transaction, charge_id=charge_id)
    say("Stripe has it. The order is refunded when the bank has it, too.")


async def _list_alerts(_: argparse.Namespace) -> None:
    async with db.transaction() as session:
        for alert in await alerts.list_open(session):
            say(f"{alert.id} {alert.kind} {alert.subject}, order {alert.order_id or 'unknown'}")
            say(f"    {alert.detail} Seen {alert.seen} times, last {alert.last_seen_at:%F %T %Z}.")


async def _resolve_alert(chosen: argparse.Namespace) -> None:
    async with db.transaction() as session:
        await alerts.resolve(session, alert_id=chosen.alert_id)
    say("It is resolved, until it is seen again.")


async def _audit(_: argparse.Namespace) -> None:
    count = await audit.run_audit(db.transaction, since=utc_now() - AUDITED)
    say(f"{count} differences; `alerts` lists them." if count else "Stripe and we agree.")
