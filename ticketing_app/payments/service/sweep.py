"""Look after charges that nobody ends: the tab was closed, a worker died, Stripe was away."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.db import Transaction
from ticketing_app.orders.service import order_payment
from ticketing_app.payments import repository, rules
from ticketing_app.payments.gateway.client import StripeUnavailableError
from ticketing_app.payments.rules import Work
from ticketing_app.payments.service import failures
from ticketing_app.payments.service.opening import EXPIRY_MARGIN
from ticketing_app.payments.service.refund import execute_refund
from ticketing_app.payments.service.settle import settle_charge
from ticketing_app.payments.service.void import void_charge


async def make_due(session: AsyncSession, *, order_id: UUID) -> UUID | None:
    """Record that the open charge of this order needs a look now; return its id, if there is one."""
    return await repository.make_due(session, order_id)


async def check_charge(transaction: Transaction, *, charge_id: UUID | None = None) -> bool:
    """Do what a charge needs: this one, or the one due for longest. False when there is none.

    Its next turn is moved on before Stripe is asked, so that whatever fails comes up again later
    and holds up no other; any number of workers may do this at once.

    Raises:
        StripeUnavailableError: unknown what became of it; its next turn is noted.
        Exception: this charge cannot be looked after; an alert is raised, and the next one can.
    """
    async with transaction() as session:
        charge = await repository.get_due_charge_for_update(session, charge_id)
        if charge is None:
            return False
        order = await order_payment.get_payable(session, order_id=charge.order_id)
        work = rules.due_work(
            order.status, is_running=order.is_running, refund_status=charge.refund_status
        )
        next_turn = (
            order.expires_at + EXPIRY_MARGIN
            if work is Work.WAIT
            else repository.after(rules.backoff_seconds(charge.checks))
        )
        await repository.change(
            session, charge.id, checks=charge.checks + 1, next_check_at=next_turn
        )
    try:
        await _do(work, transaction, charge.id)
    except StripeUnavailableError:
        raise
    except Exception as error:
        await failures.follow_up(transaction, charge_id=charge.id, error=error)
        raise
    return True


async def _do(work: Work, transaction: Transaction, charge_id: UUID) -> None:
    if work is Work.VOID:
        await void_charge(transaction, charge_id=charge_id)
    elif work is Work.SETTLE:
        await settle_charge(transaction, charge_id=charge_id)
    elif work is Work.REFUND:
        await execute_refund(transaction, charge_id=charge_id)
