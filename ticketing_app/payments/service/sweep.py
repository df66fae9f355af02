"""Checks of unfinished payments: the tab was closed, a worker died, or Stripe was down."""

from datetime import timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import Transaction
from ticketing_app.orders.service import order_payment
from ticketing_app.payments import repository, rules
from ticketing_app.payments.gateway.client import StripeUnavailableError
from ticketing_app.payments.models import Refund
from ticketing_app.payments.rules import CHARGE_WORK, UNDONE_REFUND, Work
from ticketing_app.payments.service import failures
from ticketing_app.payments.service.opening import EXPIRY_MARGIN
from ticketing_app.payments.service.refund import execute_refund, make_refund
from ticketing_app.payments.service.settle import settle_charge
from ticketing_app.payments.service.void import void_charge
from ticketing_app.work import due as work


async def check_order(session: AsyncSession, *, order_id: UUID) -> None:
    """Check the open charge of this order now, if it has one."""
    charge_id = await repository.reset_checks(session, order_id)
    if charge_id:
        await work.want(session, CHARGE_WORK, charge_id)


async def list_unfinished(session: AsyncSession) -> list[UUID]:
    return await repository.list_unfinished(session)


async def list_undone_refunds(session: AsyncSession) -> list[UUID]:
    return await repository.list_undone_refunds(session)


async def check_charge(transaction: Transaction, key: str) -> timedelta | None:
    """Perform the next action of this charge; return the time until its next check.

    Raises:
        Exception: the check failed; an alert reports persistent failures.
    """
    charge_id = UUID(key)
    async with transaction() as session:
        charge = await repository.get_unfinished(session, charge_id)
        if charge is None:
            return None
        order = await order_payment.get_payable(session, order_id=charge.order_id)
        action = rules.due_work(
            order.status, is_running=order.is_running, refund_status=charge.refund_status
        )
        if action is Work.WAIT:
            # Not shorter, although our clock may be ahead of the database's.
            return max(order.expires_at - utc_now() + EXPIRY_MARGIN, EXPIRY_MARGIN)
        wait = rules.backoff(charge.checks)
        await repository.change(session, charge_id, checks=charge.checks + 1)
    try:
        await _perform(action, transaction, charge_id)
    except StripeUnavailableError:
        raise
    except Exception as error:
        await failures.follow_up(transaction, charge_id=charge_id, error=error)
        raise
    async with transaction() as session:
        is_unfinished = await repository.get_unfinished(session, charge_id)
    return wait if is_unfinished else None


async def _perform(action: Work, transaction: Transaction, charge_id: UUID) -> None:
    if action is Work.VOID:
        await void_charge(transaction, charge_id=charge_id)
    elif action is Work.SETTLE:
        await settle_charge(transaction, charge_id=charge_id)
    elif action is Work.REFUND:
        await execute_refund(transaction, charge_id=charge_id)


async def check_refund(transaction: Transaction, key: str) -> timedelta | None:
    """Make or sync this refund; as `check_charge`."""
    refund_id = UUID(key)
    async with transaction() as session:
        refund = await _get_undone(session, refund_id)
        if refund is None:
            return None
        wait = rules.backoff(refund.checks)
        refund = await repository.change_refund(session, refund_id, checks=refund.checks + 1)
    try:
        await make_refund(transaction, refund_id=refund_id)
    except StripeUnavailableError:
        raise
    except Exception as error:
        await failures.follow_up_refund(transaction, refund=refund, error=error)
        raise
    async with transaction() as session:
        is_undone = await _get_undone(session, refund_id)
    return wait if is_undone else None


async def _get_undone(session: AsyncSession, refund_id: UUID) -> Refund | None:
    found = await repository.get_refund(session, refund_id)
    return found[0] if found and found[0].status in UNDONE_REFUND else None
