"""End of a captured payment: the buyer gets the ticket or a refund. Called inside a transaction."""

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.deliveries.service import begin
from ticketing_app.orders.rules import PAID, OrderStatus
from ticketing_app.orders.service import order_payment
from ticketing_app.payments.models import Charge
from ticketing_app.payments.rules import AlertKind, Reason
from ticketing_app.payments.service import alerts, cancelled_event, charges, refund, resale


async def complete_payment(session: AsyncSession, *, charge: Charge) -> OrderStatus:
    """Hand the ticket over, or request a refund if it is unavailable; return the order's present status.

    An order that was over before stays unchanged; its money is refunded by the caller.
    """
    status = await order_payment.complete_order(session, order_id=charge.order_id)
    if status in PAID and await charges.complete(session, charge_id=charge.id):
        if status is OrderStatus.COMPLETED:
            await begin.begin(session, order_id=charge.order_id)
            order = await order_payment.get_payable(session, order_id=charge.order_id)
            await resale.report_double_income(
                session, order_id=order.id, ticket_ids=order.ticket_ids
            )
            # Cancelled after the order was claimed.
            status = await cancelled_event.refund_if_cancelled(session, order=order)
        else:
            await _request_refund(session, charge, Reason.NO_TICKET)
    return status


async def give_up(session: AsyncSession, *, charge: Charge, reason: str) -> None:
    """End a captured order that cannot be completed, with a refund; ignore any other order."""
    status = await order_payment.give_up_captured(session, order_id=charge.order_id)
    if status is OrderStatus.REFUNDING and await charges.complete(session, charge_id=charge.id):
        await _request_refund(session, charge, reason)


async def _request_refund(session: AsyncSession, charge: Charge, reason: str) -> None:
    await refund.request_for_charge(session, charge_id=charge.id, reason=reason)
    await alerts.raise_alert(
        session,
        AlertKind.NO_TICKET,
        subject=str(charge.stripe_id),
        order_id=charge.order_id,
        detail="Money was taken and its ticket could not be given; the money goes back by itself.",
    )
