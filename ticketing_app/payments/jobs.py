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
from ticketing_app.payments.service import audit, cancelled_event, sweep, webhook

SWEEP_LIMIT = 100
SWEEP_WIDTH = 4  # Rows that one run handles concurrently.

AUDITED = timedelta(days=2)  # Audits are daily: every payment is compared twice.
AUDIT_PAUSE = timedelta(minutes=5)
AUDIT_PATIENCE = timedelta(hours=12)
AUDIT_TRIES = 3  # Runs of one slice, if its worker dies or is stopped.

log = get_logger()


@queues.job(
    "payments.check_charge",
    queue=queues.OUTSIDE_LATER,
    formerly="ticketing_app.payments.jobs.check_charge",
)
async def check_charge(charge_id: str) -> None:
    # The next attempt is already scheduled in the row, here and for webhooks.
    with suppress(StripeUnavailableError):
        await sweep.check_charge(db.transaction, charge_id=UUID(charge_id))


@queues.job(
    "payments.handle_webhook",
    queue=queues.OUTSIDE,
    formerly="ticketing_app.payments.jobs.handle_stripe_event",
)
async def handle_webhook(event_id: str) -> None:
    with suppress(StripeUnavailableError):
        await webhook.handle_webhook(db.transaction, event_id=event_id)


async def enqueue_webhook(event: WebhookEvent) -> None:
    # Each voided intent causes a webhook, which must not delay that of a payment with a waiting buyer.
    is_urgent = event.kind in rules.PAYING_KINDS
    queue = queues.OUTSIDE if is_urgent else queues.OUTSIDE_LATER
    await queues.nudge(handle_webhook, event.id, queue=queue)


@queues.job(
    "payments.sweep_charges",
    queue=queues.OUTSIDE_LATER,
    formerly="ticketing_app.payments.jobs.sweep_open_charges",
)
async def sweep_charges() -> None:
    await _sweep(sweep.check_charge)
    await _sweep(sweep.check_refund)


@queues.job(
    "payments.sweep_webhooks",
    queue=queues.OUTSIDE_LATER,
    formerly="ticketing_app.payments.jobs.sweep_stripe_events",
)
async def sweep_webhooks() -> None:
    await _sweep(webhook.handle_webhook)


@queues.job(
    "payments.audit",
    queue=queues.OUTSIDE_LATER,
    formerly="ticketing_app.payments.jobs.audit_payments",
)
async def audit_payments(since: str = "", after: str = "", made_at: str = "") -> None:
    """Audit a slice of the last two days, then enqueue the next slice."""
    begin = datetime.fromisoformat(since) if since else utc_now() - AUDITED
    place = audit.Place(after, datetime.fromisoformat(made_at)) if after else None
    try:
        found = await audit.audit_slice(db.transaction, since=begin, place=place)
    except StripeUnavailableError:
        # Retry this slice until the next audit is due.
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
    # A row's next attempt is scheduled before anything can fail, so one failure does not stop the
    # others. During an outage of Stripe a run ends after the rows in progress.
    turns = iter(range(SWEEP_LIMIT))
    async with asyncio.TaskGroup() as tasks:
        for _ in range(SWEEP_WIDTH):
            tasks.create_task(_handle_rows(turns, handle_next))


async def _handle_rows(
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


@queues.job("payments.refund_event", queue=queues.DEFAULT)
async def refund_event(event_id: str) -> None:
    await cancelled_event.refund_event(db.transaction, event_id=UUID(event_id))


@queues.job("payments.refund_cancelled_events", queue=queues.DEFAULT)
async def refund_cancelled_events() -> None:
    # If the job of one was lost. The sweep makes the refunds.
    async with db.transaction() as session:
        event_ids = await cancelled_event.list_cancelled(session)
    for event_id in event_ids:
        await cancelled_event.refund_event(db.transaction, event_id=event_id)
