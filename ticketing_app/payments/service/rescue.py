"""An operator's refund of an order whose payment never finished."""

from uuid import UUID

from ticketing_app.core.db import Transaction
from ticketing_app.core.logging import get_logger
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.service import order_payment, release
from ticketing_app.payments import repository
from ticketing_app.payments.gateway.client import StripeRefusedError, StripeUnavailableError
from ticketing_app.payments.rules import Reason
from ticketing_app.payments.service import charges, failures
from ticketing_app.payments.service.settle import settle_charge

log = get_logger()


async def end_unfinished(transaction: Transaction, *, order_id: UUID, reason: str) -> bool:
    """Bring a claimed order to a refundable state; true if Stripe does not know its payment.

    Completes it if possible, otherwise gives it up with a refund that is due; cancels it if Stripe does not
    know its payment. Ignores any other order.
    """
    async with transaction() as session:
        order = await order_payment.get_payable(session, order_id=order_id)
        charge = await repository.get_open_charge(session, order_id)
    if order.status is not OrderStatus.CAPTURING or charge is None:
        return False
    try:
        await settle_charge(transaction, charge_id=charge.id)
    except StripeUnavailableError:
        raise
    except StripeRefusedError:
        await _cancel_unknown(transaction, charge.id)
        return True
    except Exception as error:  # noqa: BLE001  # refund it whatever the reason.
        log.warning("payment.not_completed", charge_id=str(charge.id), error=repr(error))
        await failures.end_captured(transaction, charge_id=charge.id, reason=reason)
    return False


async def _cancel_unknown(transaction: Transaction, charge_id: UUID) -> None:
    async with transaction() as session:
        found = await charges.get_charge(session, charge_id=charge_id, for_update=True)
        await release.cancel_unpaid(
            session, order_id=found.order.id, is_void_at_stripe=True, is_excused=True
        )
        await charges.fail(session, charge_id=charge_id, reason=Reason.UNKNOWN_AT_STRIPE)
