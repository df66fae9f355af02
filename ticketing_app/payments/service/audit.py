"""Nightly comparison of Stripe's list with ours: repairs some differences, raises alerts for the rest."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import NamedTuple

from prometheus_client import Counter, Gauge

from ticketing_app.core import metrics
from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import Transaction
from ticketing_app.core.logging import get_logger
from ticketing_app.payments import repository
from ticketing_app.payments.gateway import intents, webhooks
from ticketing_app.payments.gateway.client import StripeRefusedError, StripeUnavailableError
from ticketing_app.payments.models import Charge
from ticketing_app.payments.rules import AlertKind, ChargeStatus, RefundStatus
from ticketing_app.payments.schemas import ListedIntent
from ticketing_app.payments.service import alerts, refund_record, webhook
from ticketing_app.payments.service.settle import settle_charge

SLICE = 1_000  # Intents: few enough to stay far below the time limit of a job.
WIDTH = 8  # Intents that one slice compares concurrently.

log = get_logger()

# Longer than a hold with its grace at the default settings; an older authorisation was never voided.
LONGEST_AUTHORISATION = timedelta(hours=1)

DIFFERENCES = Counter(
    "gittix_audit_differences_total",
    "Differences between Stripe and us, counted again in each audit.",
    ["kind"],
)
metrics.start_at_zero(DIFFERENCES, AlertKind)
AUDITED_AT = Gauge(
    "gittix_audit_last_success_timestamp_seconds",
    "Time of the last audit that this process finished.",
)


class Difference(NamedTuple):
    kind: AlertKind
    subject: str
    detail: str  # A sentence for operators.


class Place(NamedTuple):
    # Position in Stripe's list: after this intent, which was created then.
    after: str
    made_at: datetime


class Slice(NamedTuple):
    differences: int
    rest: Place | None  # Position of the next slice.


async def run_audit(transaction: Transaction, *, since: datetime) -> int:
    count = 0
    place = None
    while True:
        found = await audit_slice(transaction, since=since, place=place)
        count += found.differences
        place = found.rest
        if place is None:
            return count


async def audit_slice(
    transaction: Transaction, *, since: datetime, place: Place | None = None
) -> Slice:
    """Compare the next intents of Stripe's list, which starts with the newest; may be repeated.

    First stores webhooks that never arrived, settles captured payments and syncs refunds made by hand;
    the remaining differences become alerts.
    """
    listed = await _list_slice(since=since, place=place)
    is_last = len(listed) < SLICE
    begin = since if is_last else listed[-1].created_at
    end = place.made_at if place else None
    await _fetch_missed_events(transaction, since=begin, until=end)
    count = await _compare_all(transaction, listed)
    count += await _find_unlisted(transaction, listed, since=begin, until=end)
    if is_last:
        AUDITED_AT.set_to_current_time()
        return Slice(count, None)
    return Slice(count, Place(listed[-1].id, listed[-1].created_at))


async def _list_slice(*, since: datetime, place: Place | None) -> list[ListedIntent]:
    found: list[ListedIntent] = []
    after = place.after if place else None
    async with aclosing(intents.list_intents(since=since, after=after)) as pages:
        async for intent in pages:
            found.append(intent)
            if len(found) == SLICE:
                break
    return found


async def _compare_all(transaction: Transaction, listed: list[ListedIntent]) -> int:
    # If Stripe does not answer for one intent, the slice fails once the other intents are compared.
    rest = iter(listed)

    async def compare_some() -> int:
        return sum([await _repair_and_compare(transaction, intent) for intent in rest])

    counts = await asyncio.gather(*(compare_some() for _ in range(WIDTH)), return_exceptions=True)
    for failure in counts:
        if isinstance(failure, BaseException):
            raise failure
    return sum(count for count in counts if isinstance(count, int))


async def _find_unlisted(
    transaction: Transaction,
    listed: list[ListedIntent],
    *,
    since: datetime,
    until: datetime | None,
) -> int:
    # Stripe's clock differs from ours and payments go on meanwhile, so unlisted ones are read by id.
    listed_ids = {intent.id for intent in listed}
    async with transaction() as session:
        completed = await repository.list_completed(session, since=since, until=until)
    count = 0
    for charge in completed:
        if charge.stripe_id in listed_ids or await _is_known(str(charge.stripe_id)):
            continue
        detail = "Stripe does not know the payment of a ticket that was given away."
        kind = AlertKind.TICKET_WITHOUT_MONEY
        await _report(transaction, Difference(kind, str(charge.stripe_id), detail), charge)
        count += 1
    return count


async def _is_known(stripe_id: str) -> bool:
    try:
        await intents.get_intent(stripe_id)
    except StripeRefusedError:
        return False
    return True


def compare(
    intent: ListedIntent, charge: Charge | None, *, refunded_cents: int = 0, now: datetime
) -> Iterator[Difference]:
    """Yield the differences between an intent at Stripe and our charge of it, if any.

    `refunded_cents` is the sum of our refunds that succeeded.
    """
    is_paid = charge is not None and charge.status == ChargeStatus.COMPLETED
    kept_cents = intent.taken_cents - intent.refunded_cents
    if charge is not None and intent.taken_cents not in {0, charge.amount_cents}:
        yield Difference(
            AlertKind.AMOUNT_DIFFERS,
            intent.id,
            f"Stripe took {intent.taken_cents}, the price was {charge.amount_cents} (cents).",
        )
    if kept_cents > 0 and not is_paid:
        yield Difference(
            AlertKind.MONEY_WITHOUT_TICKET,
            intent.id,
            f"{kept_cents} cents were taken, and no ticket was given for them.",
        )
    if is_paid and not intent.taken_cents:
        yield Difference(
            AlertKind.TICKET_WITHOUT_MONEY,
            intent.id,
            f"A ticket was given away, and its payment is {intent.status} at Stripe.",
        )
    if charge and charge.refund_status == RefundStatus.SUCCEEDED:
        refunded_cents = charge.amount_cents
    missing_cents = min(refunded_cents - intent.refunded_cents, kept_cents)
    if missing_cents > 0:
        yield Difference(
            AlertKind.REFUND_FAILED,
            intent.id,
            f"Tickets of the order count as refunded, and {missing_cents} cents are still here.",
        )
    if intent.status == "requires_capture" and now - intent.created_at > LONGEST_AUTHORISATION:
        yield Difference(
            AlertKind.OPEN_AUTHORISATION,
            intent.id,
            "Money is reserved on a card for longer than any order lives. Cancel it at Stripe.",
        )


async def _fetch_missed_events(
    transaction: Transaction, *, since: datetime, until: datetime | None
) -> None:
    undelivered = webhooks.list_undelivered(kinds=webhook.HANDLERS, since=since, until=until)
    async for event in undelivered:
        async with transaction() as session:
            await webhook.store_webhook(session, event=event)


async def _repair_and_compare(transaction: Transaction, intent: ListedIntent) -> int:
    try:
        charge, refunded_cents = await _repair(transaction, intent)
        found = compare(intent, charge, refunded_cents=refunded_cents, now=utc_now())
        differences = list(found)
    except StripeUnavailableError:
        raise
    except Exception as error:
        log.exception("payments.audit_failed", intent=intent.id)
        # One broken payment must not end the audit of the others.
        charge = None
        detail = f"The audit cannot compare this payment: {error!r}."
        differences = [Difference(AlertKind.STUCK, intent.id, detail)]
    for difference in differences:
        await _report(transaction, difference, charge)
    return len(differences)


async def _repair(transaction: Transaction, intent: ListedIntent) -> tuple[Charge | None, int]:
    """Bring our charge of this intent to Stripe's state; return it with the sum of its refunds."""
    async with transaction() as session:
        charge = await repository.get_by_stripe_id(session, intent.id)
    if charge is None:
        return None, 0
    if charge.status == ChargeStatus.CREATED and intent.taken_cents:
        await settle_charge(transaction, charge_id=charge.id)
    elif intent.refunded_cents and charge.refund_status != RefundStatus.SUCCEEDED:
        await refund_record.sync_refunds(transaction, charge_id=charge.id)
    async with transaction() as session:
        refunds = await repository.list_refunds(session, charge.id)
        done = (each.amount_cents for each in refunds if each.status == RefundStatus.SUCCEEDED)
        return await repository.get_charge(session, charge.id), sum(done)


async def _report(transaction: Transaction, difference: Difference, charge: Charge | None) -> None:
    async with transaction() as session:
        await alerts.raise_alert(
            session,
            difference.kind,
            subject=difference.subject,
            order_id=charge.order_id if charge else None,
            detail=difference.detail,
        )
        metrics.count_after_commit(session, DIFFERENCES.labels(difference.kind))
