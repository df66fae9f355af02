"""Sweep of unfinished charges: the tab was closed, a worker died, or Stripe was down."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.db import Transaction
from ticketing_app.orders.service import order_payment
from ticketing_app.payments import repository, rules
from ticketing_app.payments.gateway.client import StripeUnavailableError
from ticketing_app.payments.rules import Work
from ticketing_app.payments.service import failures
from ticketing_app.payments.service.opening import EXPIRY_MARGIN
from ticketing_app.payments.service.refund import execute_refund, make_refund
from ticketing_app.payments.service.settle import settle_charge
from ticketing_app.payments.service.void import void_charge


async def make_due(session: AsyncSession, *, order_id: UUID) -> UUID | None:
    return await repository.make_due(session, order_id)


async def check_charge(transaction: Transaction, *, charge_id: UUID | None = None) -> bool:
    """Perform the next action of this charge or the longest overdue one; false if there is none.

    Any number of workers may call this concurrently.

    Raises:
        Exception: the check failed and is retried later; an alert reports persistent failures.
    """
    async with transaction() as session:
        charge = await repository.get_due_charge_for_update(session, charge_id)
        if charge is None:
            return False
        order = await order_payment.get_payable(session, order_id=charge.order_id)
        work = rules.due_work(
            order.status, is_running=order.is_running, refund_status=charge.refund_status
        )
        # Scheduled before the call to Stripe: a failure is retried later and does not delay other rows.
        next_check_at = (
            order.expires_at + EXPIRY_MARGIN
            if work is Work.WAIT
            else repository.seconds_from_now(rules.backoff_seconds(charge.checks))
        )
        await repository.change(
            session, charge.id, checks=charge.checks + 1, next_check_at=next_check_at
        )
    try:
        await _perform(work, transaction, charge.id)
    except StripeUnavailableError:
        raise
    except Exception as error:
        await failures.follow_up(transaction, charge_id=charge.id, error=error)
        raise
    return True


async def check_refund(transaction: Transaction) -> bool:
    """Make or sync the refund that is overdue for longest; as `check_charge`."""
    async with transaction() as session:
        refund = await repository.get_due_refund_for_update(session)
        if refund is None:
            return False
        next_check_at = repository.seconds_from_now(rules.backoff_seconds(refund.checks))
        await repository.change_refund(
            session, refund.id, checks=refund.checks + 1, next_check_at=next_check_at
        )
    try:
        await make_refund(transaction, refund_id=refund.id)
    except StripeUnavailableError:
        raise
    except Exception as error:
        await failures.follow_up_refund(transaction, refund=refund, error=error)
        raise
    return True


async def _perform(work: Work, transaction: Transaction, charge_id: UUID) -> None:
    if work is Work.VOID:
        await void_charge(transaction, charge_id=charge_id)
    elif work is Work.SETTLE:
        await settle_charge(transaction, charge_id=charge_id)
    elif work is Work.REFUND:
        await execute_refund(transaction, charge_id=charge_id)
