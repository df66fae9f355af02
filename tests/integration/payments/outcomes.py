"""Outcomes of a schedule after everything came to its end, read from the database and from Stripe's books."""

import json
from collections import Counter
from collections.abc import Set as AbstractSet
from uuid import UUID

from sqlalchemy import text

from tests.integration.payments import emulator
from ticketing_app.core import db
from ticketing_app.orders.rules import ENDED_UNPAID, OrderStatus
from ticketing_app.payments.rules import AlertKind

NEVER_RAISED = {AlertKind.NO_TICKET, AlertKind.REFUSED, AlertKind.STUCK}


async def check(*, captured_in_dashboard: AbstractSet[str]) -> None:
    """Raises AssertionError if something is unfinished, or came to a wrong end."""
    await _check_orders()
    await _check_charges()
    await _check_alerts(captured_in_dashboard)


async def statuses() -> dict[UUID, str]:
    async with db.autocommit() as connection:
        rows = await connection.execute(text("SELECT id, status FROM orders"))
        return {row.id: row.status for row in rows}


async def _check_orders() -> None:
    """No order or item is unfinished, unless its refund failed and an alert reports that."""
    query = text(
        "SELECT o.status, c.refund_status, c.stripe_id, c.dispute_status, EXISTS (SELECT FROM payment_alerts a"
        " WHERE a.order_id = o.id AND a.kind = 'refund_failed') AS is_known, EXISTS (SELECT FROM order_items i"
        " WHERE i.order_id = o.id AND i.refund_requested_at IS NOT NULL AND i.refunded_at IS NULL) AS has_stuck,"
        " EXISTS (SELECT FROM refunds r WHERE r.charge_id = c.id AND r.status IN ('due', 'pending')) AS is_undone"
        " FROM orders o"
        " LEFT JOIN charges c ON c.order_id = o.id AND c.status = 'completed'"
    )
    async with db.autocommit() as connection:
        orders_ = (await connection.execute(query)).all()
    disputes = {
        row["payment_intent"]: row["status"] for row in (await emulator.books())["disputes"]
    }
    ends = ENDED_UNPAID | {OrderStatus.COMPLETED, OrderStatus.REFUNDED}
    for order in orders_:
        is_stuck = order.status == OrderStatus.REFUNDING and order.refund_status == "failed"
        assert is_stuck or order.status in ends, order
        assert order.is_known or not order.has_stuck, order
        assert not order.is_undone, order
        assert order.dispute_status == disputes.get(order.stripe_id), order


async def _check_charges() -> None:
    """No decline was counted twice, and no key created a second intent."""
    query = text("SELECT stripe_id, id, declines, attempt FROM charges")
    async with db.autocommit() as connection:
        charges = (await connection.execute(query)).all()
    declined = await emulator.events("payment_intent.payment_failed")
    declines = Counter(json.loads(body)["data"]["object"]["id"] for body in declined)
    books = await emulator.books()
    intents = Counter(intent["metadata"]["charge_id"] for intent in books["intents"])
    for charge in charges:
        assert charge.declines <= declines[charge.stripe_id], charge
        assert intents[str(charge.id)] <= 1 + charge.attempt, charge


async def _check_alerts(captured_in_dashboard: AbstractSet[str]) -> None:
    query = text("SELECT kind, subject FROM payment_alerts")
    async with db.autocommit() as connection:
        alerts = (await connection.execute(query)).all()
    too_late = {alert.subject for alert in alerts if alert.kind == AlertKind.PAID_TOO_LATE}
    # The site never captures for an order that is over; only a person can.
    assert too_late <= captured_in_dashboard, too_late
    # Nor for an unavailable ticket, and no payment fails repeatedly.
    assert not [alert for alert in alerts if alert.kind in NEVER_RAISED], alerts
