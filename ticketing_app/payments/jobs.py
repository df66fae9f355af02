"""Jobs of payments on RQ, and the nudges that start them at once. A lost nudge is swept up."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from functools import lru_cache
from uuid import UUID

from rq import Queue

from ticketing_app.core import db, redis
from ticketing_app.core.clock import utc_now
from ticketing_app.core.logging import get_logger
from ticketing_app.payments.gateway import StripeUnavailableError
from ticketing_app.payments.service import audit, sweep, webhook

SWEEP_LIMIT = 100
AUDITED = timedelta(days=2)
FAILURE_TTL_SECONDS = 86_400

log = get_logger()


async def check_charge(charge_id: str) -> None:
    """Do what this open charge needs now."""
    # Here and below: what Stripe did not answer has its next turn noted in its row.
    with suppress(StripeUnavailableError):
        await sweep.check_charge(db.transaction, charge_id=UUID(charge_id))


async def handle_stripe_event(event_id: str) -> None:
    """Handle this stored webhook."""
    with suppress(StripeUnavailableError):
        await webhook.handle_event(db.transaction, event_id=event_id)


async def sweep_open_charges() -> None:
    """Look at open charges and refunds whose turn has come; a silent Stripe ends this run, not the next."""
    with suppress(StripeUnavailableError):
        await _repeat(sweep.check_charge)


async def sweep_stripe_events() -> None:
    """Handle webhooks whose turn has come; a silent Stripe ends this run, not the next."""
    with suppress(StripeUnavailableError):
        await _repeat(webhook.handle_event)


async def audit_payments() -> None:
    """Compare what was paid lately with Stripe's lists; each day is looked at twice."""
    with suppress(StripeUnavailableError):
        await audit.audit(db.transaction, since=utc_now() - AUDITED)


async def _repeat(handle_next: Callable[[db.Transaction], Awaitable[bool]]) -> None:
    for _ in range(SWEEP_LIMIT):
        if not await handle_next(db.transaction):
            return


async def nudge(job: Callable[[str], Awaitable[None]], work_id: str) -> None:
    """Start the job soon; called after the commit, so that it finds what it works on."""
    try:
        await asyncio.to_thread(
            _queue().enqueue, job, work_id, result_ttl=0, failure_ttl=FAILURE_TTL_SECONDS
        )
    except redis.RedisError as error:
        log.warning("payments.nudge_failed", job=job.__name__, error=repr(error))


@lru_cache(maxsize=1)
def _queue() -> Queue:
    """Return the queue of this process, made on first use; RQ keeps a script for each client."""
    return Queue(connection=redis.sync_client())
