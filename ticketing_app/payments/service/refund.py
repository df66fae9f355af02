"""Refunds: requested by an operator, for an order that was over, or made by hand at Stripe.

A refund is first requested (`due`, committed with its order), then made at Stripe, and succeeds only when
Stripe reports that the bank has the money. A bank may still send it back days later.
"""

from http import HTTPStatus
from uuid import UUID

from prometheus_client import Counter
from sqlalchemy import func
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import metrics
from ticketing_app.core.db import Transaction
from ticketing_app.core.errors import AppError
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import ChargeRefunded
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.service import order_payment
from ticketing_app.payments import repository, rules
from ticketing_app.payments.gateway import intents
from ticketing_app.payments.gateway.client import StripeRefusedError, StripeUnavailableError
from ticketing_app.payments.models import Charge
from ticketing_app.payments.rules import AlertKind, ChargeStatus, RefundStatus
from ticketing_app.payments.schemas import Refund
from ticketing_app.payments.service import alerts, charges, resale

REFUNDS_ENDED = Counter(
    "gittix_refunds_ended_total",
    "Ended refunds: succeeded, or failed because the money came back.",
    ["outcome"],
)
metrics.start_at_zero(REFUNDS_ENDED, [RefundStatus.SUCCEEDED, RefundStatus.FAILED])


class OrderNotRefundableError(AppError):
    status = HTTPStatus.CONFLICT

    def __init__(self, *, is_refunded: bool = False) -> None:
        super().__init__(
            "The money of this order was given back already."
            if is_refunded
            else "Nothing was paid for this order."
        )


async def request_refund(session: AsyncSession, *, order_id: UUID, reason: str) -> UUID:
    """Request a full refund of a paid order; return its charge. The ticket stays off sale.

    Repeating it during a refund has no effect; after a failed one, it starts another attempt.

    Raises:
        OrderNotFoundError: no such order.
        OrderNotRefundableError: nothing was paid, or it is refunded already.
    """
    await order_payment.get_payable(session, order_id=order_id, for_update=True)
    charge = await repository.get_paid_charge(session, order_id)
    if charge is None:
        raise OrderNotRefundableError
    if charge.refund_status == RefundStatus.SUCCEEDED:
        raise OrderNotRefundableError(is_refunded=True)
    if charge.refund_status not in rules.UNDONE_REFUND:
        await order_payment.follow_refund(session, order_id=order_id, to=OrderStatus.REFUNDING)
        await resale.report_double_income(session, order_id=order_id)
        await request_for_charge(session, charge_id=charge.id, reason=reason)
    return charge.id


async def request_for_charge(session: AsyncSession, *, charge_id: UUID, reason: str) -> None:
    """Record that the money must be refunded; the sweep retries until it is."""
    await repository.change(
        session,
        charge_id,
        refund_status=RefundStatus.DUE,
        refund_reason=reason,
        checks=0,
        next_check_at=repository.seconds_from_now(rules.CHECK_AFTER_SECONDS),
        version=col(Charge.version) + 1,
    )


async def execute_refund(transaction: Transaction, *, charge_id: UUID) -> None:
    """Make the refund that is due, or sync one that is pending; ignore any other charge.

    Raises:
        StripeUnavailableError: unknown whether it was made; the sweep retries, with the same key unless
            Stripe stored an error under it.
    """
    async with transaction() as session:
        charge = (await charges.get_charge(session, charge_id=charge_id)).charge
    if charge.refund_status == RefundStatus.PENDING:
        await sync_refund(transaction, charge_id=charge_id)
    if charge.refund_status != RefundStatus.DUE or charge.stripe_id is None:
        return
    try:
        made = await intents.refund_intent(
            charge.stripe_id,
            key=f"refund-{charge.key}-{charge.refund_attempt}",
            charge_id=charge_id,
        )
    except StripeRefusedError as error:
        async with transaction() as session:
            await _record_failed(session, charge, None, f"Stripe refused it: {error.code}.")
        return
    except StripeUnavailableError as error:
        if error.is_answered:
            # Stripe would replay this response under the same key for a day. If it made a refund
            # anyway, the next one is refused, because nothing is left to refund.
            next_attempt = func.greatest(col(Charge.refund_attempt), charge.refund_attempt + 1)
            async with transaction() as session:
                await repository.change(session, charge_id, refund_attempt=next_attempt)
        raise
    await _record(transaction, charge_id, made)


async def sync_refund(transaction: Transaction, *, charge_id: UUID) -> None:
    """Copy refunds, ours or made in the Dashboard, from Stripe to charge and order."""
    async with transaction() as session:
        charge = (await charges.get_charge(session, charge_id=charge_id)).charge
    if charge.stripe_id is None:
        return
    refunds = await intents.list_refunds(charge.stripe_id)
    kept = [refund for refund in refunds if refund.status is not RefundStatus.FAILED]
    failed = [refund for refund in refunds if refund.status is RefundStatus.FAILED]
    if sum(refund.amount_cents for refund in kept) >= charge.amount_cents:
        if await _record(transaction, charge_id, kept[0]):
            # Read again: if the refund failed meanwhile, the webhook of that failure came before this record
            # and had no effect.
            await sync_refund(transaction, charge_id=charge_id)
    elif failed and await _record(transaction, charge_id, failed[0]):
        return
    elif kept and charge.refund_status is None:
        async with transaction() as session:
            await alerts.raise_alert(
                session,
                AlertKind.PARTIAL_REFUND,
                subject=kept[0].id,
                order_id=charge.order_id,
                detail="Only a part of the price was given back; the order stays paid.",
            )


async def _record(transaction: Transaction, charge_id: UUID, made: Refund) -> bool:
    """Bring charge and order to the state of this refund; false if that changes nothing."""
    async with transaction() as session:
        # The lock of the ticket row serialises all changes of this order.
        charge, order = await charges.get_charge(session, charge_id=charge_id, for_update=True)
        if charge.status != ChargeStatus.COMPLETED and charge.refund_status is None:
            # The payment is not recorded yet: it has to be settled before this refund.
            return False
        is_known = charge.stripe_refund_id == made.id
        if not rules.advances_refund(charge.refund_status, made.status, is_known=is_known):
            return False
        if made.status is RefundStatus.FAILED:
            await _record_failed(session, charge, made.id, "The bank sent the money back to us.")
            return True
        if charge.refund_status is None:
            await alerts.raise_alert(
                session,
                AlertKind.REFUNDED_BY_HAND,
                subject=made.id,
                order_id=order.id,
                detail="The money was given back in Stripe's Dashboard; the order follows.",
            )
        await order_payment.follow_refund(session, order_id=order.id, to=OrderStatus.REFUNDING)
        if charge.refund_status is None:
            await resale.report_double_income(session, order_id=order.id)
        refunded = await repository.change(
            session,
            charge_id,
            stripe_refund_id=made.id,
            refund_status=made.status,
            version=col(Charge.version) + 1,
        )
        if made.status is RefundStatus.SUCCEEDED:
            await order_payment.follow_refund(session, order_id=order.id, to=OrderStatus.REFUNDED)
            facts = charges.facts(refunded)
            outbox.record(session, ChargeRefunded(stripe_refund_id=made.id, **facts))
            metrics.count_after_commit(session, REFUNDS_ENDED.labels(RefundStatus.SUCCEEDED))
        return True


async def _record_failed(
    session: AsyncSession, charge: Charge, refund_id: str | None, detail: str
) -> None:
    # The buyer does not have the money, so the order must not count as refunded.
    await order_payment.follow_refund(session, order_id=charge.order_id, to=OrderStatus.REFUNDING)
    await repository.change(
        session,
        charge.id,
        stripe_refund_id=refund_id or charge.stripe_refund_id,
        refund_status=RefundStatus.FAILED,
        # Stripe replays the failed refund under the old key for a day.
        refund_attempt=col(Charge.refund_attempt) + 1,
        version=col(Charge.version) + 1,
    )
    metrics.count_after_commit(session, REFUNDS_ENDED.labels(RefundStatus.FAILED))
    await alerts.raise_alert(
        session,
        AlertKind.REFUND_FAILED,
        subject=refund_id or str(charge.id),
        order_id=charge.order_id,
        detail=f"{detail} Refund it again, or pay the buyer in another way.",
    )
