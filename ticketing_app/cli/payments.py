import argparse
from uuid import UUID

from ticketing_app.cli.terminal import Commands, write_line
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.payments.jobs import AUDITED
from ticketing_app.payments.service import alerts, audit, refund, rescue, webhook


def add_commands(commands: Commands) -> None:
    replay = commands.add_parser("replay-webhook", help="handle a webhook of Stripe again")
    replay.add_argument("event_id", help="Stripe's id, evt_...")
    replay.set_defaults(run=_replay_webhook)
    refund_order = commands.add_parser("refund", help="refund a captured payment to its buyer")
    refund_order.add_argument("order_id", type=UUID)
    refund_order.add_argument("--reason", required=True, help="stored with the payment")
    refund_order.add_argument(
        "--ticket",
        type=UUID,
        action="append",
        dest="ticket_ids",
        metavar="ID",
        help="refund this ticket only; may be repeated",
    )
    refund_order.set_defaults(run=_refund)
    open_alerts = commands.add_parser("alerts", help="list the open alerts of payments")
    open_alerts.set_defaults(run=_list_alerts)
    resolve = commands.add_parser("resolve-alert", help="close an alert")
    resolve.add_argument("alert_id", type=UUID)
    resolve.set_defaults(run=_resolve_alert)
    compare = commands.add_parser(
        "audit", help="compare the payments of the last days with Stripe's lists"
    )
    compare.set_defaults(run=_audit)


async def _replay_webhook(options: argparse.Namespace) -> None:
    async with db.transaction() as session:
        await webhook.replay(session, event_id=options.event_id)
    write_line("The worker handles it again.")


async def _refund(options: argparse.Namespace) -> None:
    if await rescue.end_unfinished(
        db.transaction, order_id=options.order_id, reason=options.reason
    ):
        write_line(
            "Stripe does not know its payment, so no money is there: the order is cancelled."
        )
        return
    async with db.transaction() as session:
        charge_id = await refund.request_refund(
            session,
            order_id=options.order_id,
            reason=options.reason,
            ticket_ids=options.ticket_ids,
        )
    write_line(
        "The refund is recorded: if Stripe does not answer now, the worker retries until it does."
    )
    await refund.execute_refund(db.transaction, charge_id=charge_id)
    write_line("Stripe has it. It is refunded when the bank has it, too; `alerts` lists failures.")


async def _list_alerts(_: argparse.Namespace) -> None:
    async with db.transaction() as session:
        for alert in await alerts.list_open(session):
            write_line(
                f"{alert.id} {alert.kind} {alert.subject}, order {alert.order_id or 'unknown'}"
            )
            write_line(
                f"    {alert.detail} Seen {alert.seen} times, last {alert.last_seen_at:%F %T %Z}."
            )


async def _resolve_alert(options: argparse.Namespace) -> None:
    async with db.transaction() as session:
        await alerts.resolve(session, alert_id=options.alert_id)
    write_line("It is resolved, until it is seen again.")


async def _audit(_: argparse.Namespace) -> None:
    count = await audit.run_audit(db.transaction, since=utc_now() - AUDITED)
    write_line(f"{count} differences; `alerts` lists them." if count else "Stripe and we agree.")
