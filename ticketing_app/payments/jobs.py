import asyncio
from datetime import datetime, timedelta
from uuid import UUID

from ticketing_app.core import db, queues
from ticketing_app.core.clock import utc_now
from ticketing_app.payments import rules
from ticketing_app.payments.gateway.client import StripeUnavailableError
from ticketing_app.payments.service import audit, cancelled_event
from ticketing_app.work import due as work
from ticketing_app.work import jobs as work_jobs

AUDITED = timedelta(days=2)  # Audits are daily: every payment is compared twice.
AUDIT_PAUSE = timedelta(minutes=5)
AUDIT_PATIENCE = timedelta(hours=12)
AUDIT_TRIES = 3  # Runs of one slice, if its worker dies or is stopped.


# ---- jobs of the previous version, until the next release --------------------------------------


@queues.job(
    "payments.check_charge",
    queue=queues.OUTSIDE_LATER,
    formerly="ticketing_app.payments.jobs.check_charge",
)
async def check_charge(charge_id: str) -> None:
    async with db.transaction() as session:
        await work.want(session, rules.CHARGE_WORK, charge_id)


@queues.job(
    "payments.handle_webhook",
    queue=queues.OUTSIDE,
    formerly="ticketing_app.payments.jobs.handle_stripe_event",
)
async def handle_webhook(event_id: str) -> None:
    async with db.transaction() as session:
        await work.want(session, rules.WEBHOOK_WORK, event_id)


@queues.job(
    "payments.sweep_charges",
    queue=queues.OUTSIDE_LATER,
    formerly="ticketing_app.payments.jobs.sweep_open_charges",
)
async def sweep_charges() -> None:
    # While both versions run, rows of one are found by the other: a worker of the previous version that
    # takes this job sweeps all rows itself.
    await work_jobs.adopt()


@queues.job(
    "payments.sweep_webhooks",
    queue=queues.OUTSIDE_LATER,
    formerly="ticketing_app.payments.jobs.sweep_stripe_events",
)
async def sweep_webhooks() -> None:
    await work_jobs.adopt()


# ------------------------------------------------------------------------------------------------


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


@queues.job("payments.refund_event", queue=queues.DEFAULT)
async def refund_event(event_id: str) -> None:
    await cancelled_event.refund_event(db.transaction, event_id=UUID(event_id))


@queues.job("payments.refund_cancelled_events", queue=queues.DEFAULT)
async def refund_cancelled_events() -> None:
    # If the job of one was lost.
    async with db.transaction() as session:
        event_ids = await cancelled_event.list_cancelled(session)
    for event_id in event_ids:
        await cancelled_event.refund_event(db.transaction, event_id=event_id)
