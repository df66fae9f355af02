"""End of a payment whose money was taken: the ticket is the buyer's, or the money goes back.

Called inside a transaction, so that order and charge end together.
"""

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.orders.rules import PAID, OrderStatus
from ticketing_app.orders.service import order_payment
from ticketing_app.payments.models import Charge
from ticketing_app.payments.rules import AlertKind, Reason
from ticketing_app.payments.service import alerts, charges, refund, resale


async def complete_payment(session: AsyncSession, *, charge: Charge) -> OrderStatus:
    """Give the ticket to the buyer who paid; return the status of the order now.

    It is refunding when the ticket cannot be given any more: then a refund is due. When the order was
    over before, nothing is changed.
    """
    # Captured by hand in time is as good as by us: the claim is made here then.
    await order_payment.claim_for_capture(session, order_id=charge.order_id)
    status = await order_payment.complete_order(session, order_id=charge.order_id)
    if status in PAID and await charges.complete(session, charge_id=charge.id):
        if status is OrderStatus.COMPLETED:
            await resale.report_double_income(session, order_id=charge.order_id)
        else:
            await _give_money_back(session, charge, Reason.NO_TICKET)
    return status


async def give_up(session: AsyncSession, *, charge: Charge, reason: str) -> None:
    """End a captured order that cannot be completed: a refund is due. Any other order is left alone."""
    status = await order_payment.give_up_captured(session, order_id=charge.order_id)
    if status is OrderStatus.REFUNDING and await charges.complete(session, charge_id=charge.id):
        await _give_money_back(session, charge, reason)


async def _give_money_back(session: AsyncSession, charge: Charge, reason: str) -> None:
    await refund.request_for_charge(session, charge_id=charge.id, reason=reason)
    await alerts.raise_alert(
        session,
        AlertKind.NO_TICKET,
        subject=str(charge.stripe_id),
        order_id=charge.order_id,
        detail="Money was taken and its ticket could not be given; the money goes back by itself.",
    )
