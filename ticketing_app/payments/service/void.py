"""Void a payment whose order is over: the intent is closed at Stripe, so that it can never be paid."""

from uuid import UUID

from ticketing_app.core.db import Transaction
from ticketing_app.payments.gateway import intents
from ticketing_app.payments.gateway.client import StripeRefusedError, StripeUnavailableError
from ticketing_app.payments.rules import AlertKind, Reason
from ticketing_app.payments.service import alerts, charges, refund


async def void_charge(transaction: Transaction, *, charge_id: UUID) -> None:
    """Close the intent and the charge of an order that is over; any other order is left alone.

    The order has let go of its ticket first. From then on no claim can succeed, so that nothing is
    captured, and the cancelled intent refuses a card or a 3-D Secure that comes later.

    Raises:
        ChargeNotFoundError: none with this id.
        StripeUnavailableError: unknown whether it is closed; the sweep asks again.
    """
    async with transaction() as session:
        found = await charges.get_charge(session, charge_id=charge_id, for_update=True)
        if not (found.is_open and found.is_over):
            return
        stripe_id = found.charge.stripe_id
        if stripe_id is None:
            await charges.fail(
                session, charge_id=charge_id, reason=Reason.HOLD_OVER, is_unopened=True
            )
            return
    try:
        await intents.cancel_intent(stripe_id)
    except StripeRefusedError as refusal:
        intent = await intents.get_intent(stripe_id)
        if intent.status == "succeeded":
            await refund_late_payment(transaction, charge_id=charge_id, stripe_id=stripe_id)
            return
        if intent.status != "canceled":
            # It is moving at this moment; how it ends is not known yet.
            raise StripeUnavailableError from refusal
    async with transaction() as session:
        await charges.fail(session, charge_id=charge_id, reason=Reason.HOLD_OVER)


async def refund_late_payment(transaction: Transaction, *, charge_id: UUID, stripe_id: str) -> None:
    """Refund money that was taken, by hand or by accident, for an order that was over.

    Raises:
        ChargeNotFoundError: none with this id.
        StripeUnavailableError: unknown whether it is given back; the sweep asks again.
    """
    async with transaction() as session:
        found = await charges.get_charge(session, charge_id=charge_id, for_update=True)
        if not (found.is_open and found.is_over):
            return
        await charges.fail(session, charge_id=charge_id, reason=Reason.PAID_TOO_LATE)
        await refund.request_for_charge(session, charge_id=charge_id, reason=Reason.PAID_TOO_LATE)
        await alerts.raise_alert(
            session,
            AlertKind.PAID_TOO_LATE,
            subject=stripe_id,
            order_id=found.order.id,
            # Only somebody in Stripe's Dashboard can have captured without a claim.
            detail="Money was taken for an order that was over; it is given back.",
        )
    await refund.execute_refund(transaction, charge_id=charge_id)
