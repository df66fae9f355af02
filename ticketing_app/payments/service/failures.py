"""Payments that fail repeatedly: first an alert, then an end."""

from http import HTTPStatus
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.db import Transaction
from ticketing_app.core.errors import AppError
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.payments.gateway import intents
from ticketing_app.payments.gateway.client import StripeRefusedError
from ticketing_app.payments.models import Charge, Refund
from ticketing_app.payments.rules import AlertKind, Reason
from ticketing_app.payments.service import alerts, charges, complete
from ticketing_app.work.due import HopelessError

ALERT_CHECKS = 3  # Failed checks before an error counts as persistent.
LAST_CHECKS = 8  # Failed checks, over about an hour, before the payment is ended.


class PaymentRefusedError(AppError):
    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self, code: str | None) -> None:
        super().__init__(
            "The price of this ticket is too low to be paid by card. You were not charged."
            if code == "amount_too_small"
            else "The payment service does not accept this payment right now. You were not charged. "
            "We have been notified and look into it."
        )


class UnknownPaymentError(AppError):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    message = (
        "We cannot find this payment at the payment service. Please do not pay again. "
        "We have been notified and look into it."
    )


async def report_refusal(
    transaction: Transaction, *, charge_id: UUID, refusal: StripeRefusedError
) -> AppError:
    """Raise an alert for an intent that Stripe refused to make or show; return the buyer's error."""
    async with transaction() as session:
        charge = (await charges.get_charge(session, charge_id=charge_id)).charge
        await alerts.raise_alert(
            session,
            AlertKind.REFUSED,
            # If Stripe refuses to create intents: one alert for all orders with the same reason.
            subject=charge.stripe_id or str(refusal.code),
            order_id=charge.order_id,
            detail=f"Stripe refuses this payment: {refusal.code}.",
        )
    if charge.stripe_id:
        return UnknownPaymentError()
    return PaymentRefusedError(refusal.code)


async def follow_up(transaction: Transaction, *, charge_id: UUID, error: Exception) -> None:
    """Raise the alert for a failed check of this charge, and end the charge after the last check.

    Raises:
        HopelessError: it was the last check, and only an operator can end the charge.
    """
    async with transaction() as session:
        charge = (await charges.get_charge(session, charge_id=charge_id)).charge
        if charge.checks >= ALERT_CHECKS and not isinstance(error, StripeRefusedError):
            await _report_stuck(session, charge, charge.checks, error)
    if isinstance(error, StripeRefusedError):
        await report_refusal(transaction, charge_id=charge_id, refusal=error)
    if charge.checks < LAST_CHECKS:
        return
    if isinstance(error, StripeRefusedError):
        await _end_unknown(transaction, charge_id)
    else:
        await end_captured(transaction, charge_id=charge_id, reason=Reason.NO_TICKET)


async def follow_up_refund(transaction: Transaction, *, refund: Refund, error: Exception) -> None:
    """Raise the alert for a failed check of this refund; it is retried without an end."""
    if isinstance(error, StripeRefusedError):
        await report_refusal(transaction, charge_id=refund.charge_id, refusal=error)
        return
    if refund.checks < ALERT_CHECKS:
        return
    async with transaction() as session:
        charge = (await charges.get_charge(session, charge_id=refund.charge_id)).charge
        await _report_stuck(session, charge, refund.checks, error)


async def _report_stuck(
    session: AsyncSession, charge: Charge, checks: int, error: Exception
) -> None:
    await alerts.raise_alert(
        session,
        AlertKind.STUCK,
        subject=str(charge.id),
        order_id=charge.order_id,
        detail=f"{checks} checks of this payment failed, the last with {error!r}.",
    )


async def _end_unknown(transaction: Transaction, charge_id: UUID) -> None:
    async with transaction() as session:
        found = await charges.get_charge(session, charge_id=charge_id, for_update=True)
        if found.is_over:
            await charges.fail(session, charge_id=charge_id, reason=Reason.UNKNOWN_AT_STRIPE)
        else:
            # Stripe may know it under another API key: the checks stop, while webhooks, the audit and
            # operators can still end it.
            raise HopelessError


async def end_captured(transaction: Transaction, *, charge_id: UUID, reason: str) -> None:
    """Request the refund of a captured order that cannot be completed."""
    async with transaction() as session:
        charge, order = await charges.get_charge(session, charge_id=charge_id)
    if order.status is not OrderStatus.CAPTURING or charge.stripe_id is None:
        return
    if (await intents.get_intent(charge.stripe_id)).status != "succeeded":
        return
    async with transaction() as session:
        await complete.give_up(session, charge=charge, reason=reason)
