"""Void a payment whose order is over: close its intent at Stripe, so that it can never be paid."""

from uuid import UUID

from ticketing_app.core.db import Transaction
from ticketing_app.payments.gateway import intents
from ticketing_app.payments.gateway.client import StripeRefusedError, StripeUnavailableError
from ticketing_app.payments.rules import AlertKind, Reason
from ticketing_app.payments.service import alerts, charges, refund


async def void_charge(transaction: Transaction, *, charge_id: UUID) -> None:
    """Close intent and charge of an order that is over; ignore any other order.

    Raises:
        StripeUnavailableError: unknown whether it is closed; the caller retries.
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
    # The order has released its ticket: no claim can succeed any more, so nothing is captured, and the
    # cancelled intent rejects a later card or 3-D Secure check.
    try:
        await intents.cancel_intent(stripe_id)
    except StripeRefusedError as refusal:
        intent = await intents.get_intent(stripe_id)
        if intent.status == "succeeded":
            await refund_late_payment(transaction, charge_id=charge_id, stripe_id=stripe_id)
            return
        if intent.status != "canceled":
            # It is changing right now; its end is unknown.
            raise StripeUnavailableError from refusal
    async with transaction() as session:
        await charges.fail(session, charge_id=charge_id, reason=Reason.HOLD_OVER)


async def refund_late_payment(transaction: Transaction, *, charge_id: UUID, stripe_id: str) -> None:
    """Refund money that was captured, by hand or by accident, for an order that was over."""
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
            # Without a claim, it can only have been captured in Stripe's Dashboard.
            detail="Money was taken for an order that was over; it is given back.",
        )
    await refund.execute_refund(transaction, charge_id=charge_id)
