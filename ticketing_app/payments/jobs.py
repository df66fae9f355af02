"""Jobs of payments: webhooks, voids, sweeps, the audit. All of them call Stripe."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from ticketing_app.core import db, queues
from ticketing_app.core.clock import utc_now
from ticketing_app.core.logging import get_logger
from ticketing_app.payments import rules
from ticketing_app.payments.gateway.client import StripeUnavailableError
from ticketing_app.payments.schemas import WebhookEvent
from ticketing_app.payments.service import audit, retention, sweep, webhook

SWEEP_LIMIT = 100
SWEEP_WIDTH = 4
"""Rows that one run of a sweep has in hand at once."""

AUDITED = timedelta(days=2)
AUDIT_PAUSE = timedelta(minutes=5)
AUDIT_PATIENCE = timedelta(hours=12)
AUDIT_TRIES = 3
"""Of one slice, should its worker die or be stopped."""

log = get_logger()


@queues.job(
    "payments.check_charge",
    queue=queues.OUTSIDE_LATER,
    formerly="ticketing_app.payments.jobs.check_charge",
)
async def check_charge(charge_id: str) -> None:
    """Do what this open charge needs now."""
    # Here and below: what Stripe did not answer has its next turn noted in its row.
    with suppress(StripeUnavailableError):
        await sweep.check_charge(db.transaction, charge_id=UUID(charge_id))


@queues.job(
    "payments.handle_webhook",
    queue=queues.OUTSIDE,
    formerly="ticketing_app.payments.jobs.handle_stripe_event",
)
async def handle_webhook(event_id: str) -> None:
    """Handle this stored webhook."""
    with suppress(StripeUnavailableError):
        await webhook.handle_webhook(db.transaction, event_id=event_id)


async def handle_soon(event: WebhookEvent) -> None:
    """Have a stored webhook handled: at once if a buyer may wait for it, or else with the voids.

    Each void makes a webhook of its own, which must not stand before that of a payment.
    """
    is_urgent = event.kind in rules.PAYING_KINDS
    lane = queues.OUTSIDE if is_urgent else queues.OUTSIDE_LATER
    await queues.nudge(handle_webhook, event.id, queue=lane)


@queues.job(
    "payments.sweep_charges",
    queue=queues.OUTSIDE_LATER,
    formerly="ticketing_app.payments.jobs.sweep_open_charges",
)
async def sweep_charges() -> None:
    """Look at open charges and refunds that are due."""
    await _sweep(sweep.check_charge)


@queues.job(
    "payments.sweep_webhooks",
    queue=queues.OUTSIDE_LATER,
    formerly="ticketing_app.payments.jobs.sweep_stripe_events",
)
async def sweep_webhooks() -> None:
    """Handle webhooks that are due."""
    await _sweep(webhook.handle_webhook)


@queues.job(
    "payments.audit",
    queue=queues.OUTSIDE_LATER,
    formerly="ticketing_app.payments.jobs.audit_payments",
)
async def audit_payments(since: str = "", after: str = "", made_at: str = "") -> None:
    """Compare a slice of what was paid lately with Stripe's list, and queue the next one.

    Each day is looked at twice. A slice that Stripe does not answer about is begun again later, until
    it is the turn of the next audit.
    """
    begin = datetime.fromisoformat(since) if since else utc_now() - AUDITED
    place = audit.Place(after, datetime.fromisoformat(made_at)) if after else None
    try:
        found = await audit.audit_slice(db.transaction, since=begin, place=place)
    except StripeUnavailableError:
        if utc_now() - begin > AUDITED + AUDIT_PATIENCE:
            raise
        await _audit_soon(begin, place, at=utc_now() + AUDIT_PAUSE)
    else:
        if found.rest:
            await _audit_soon(begin, found.rest)


async def _audit_soon(
    since: datetime, place: audit.Place | None, *, at: datetime | None = None
) -> None:
    made_at = place.made_at.isoformat() if place else ""
    following = (since.isoformat(), place.after if place else "", made_at)
    if at is None:
        await asyncio.to_thread(queues.enqueue, audit_payments, *following, tries=AUDIT_TRIES)
        return
    job_id = f"audit-{int(since.timestamp())}-{following[1]}"
    await asyncio.to_thread(queues.schedule, audit_payments, *following, at=at, job_id=job_id)


async def _sweep(handle_next: Callable[[db.Transaction], Awaitable[bool]]) -> None:
    """Handle what is due, a few rows at once, up to a limit.

    Each row moves its own next turn on before anything can fail, so that the others go on after a
    failure. A silent Stripe costs a run no more rows than it has in hand at once.
    """
    turns = iter(range(SWEEP_LIMIT))
    async with asyncio.TaskGroup() as tasks:
        for _ in range(SWEEP_WIDTH):
            tasks.create_task(_take_turns(turns, handle_next))


async def _take_turns(
    turns: Iterator[int], handle_next: Callable[[db.Transaction], Awaitable[bool]]
) -> None:
    for _ in turns:
        try:
            if not await handle_next(db.transaction):
                return
        except StripeUnavailableError:
            return
        except Exception:
            log.exception("payments.row_failed", sweep=handle_next.__qualname__)


@queues.job("payments.delete_old_rows", queue=queues.DEFAULT)
async def delete_old_rows() -> None:
    """Delete handled webhooks and resolved alerts of long ago."""
    await db.delete_in_batches(retention.delete_handled_webhooks)
    await db.delete_in_batches(retention.delete_resolved_alerts)
