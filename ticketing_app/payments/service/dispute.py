"""Disputes: a buyer reclaims the money from their bank. Recorded here, answered at Stripe."""

from uuid import UUID

from sqlmodel import col

from ticketing_app.core.db import Transaction
from ticketing_app.orders.service import order_payment
from ticketing_app.payments import repository, rules
from ticketing_app.payments.gateway import intents
from ticketing_app.payments.models import Charge
from ticketing_app.payments.rules import AlertKind
from ticketing_app.payments.service import alerts, charges, resale


async def sync_dispute(transaction: Transaction, *, charge_id: UUID) -> None:
    """Copy the status of the newest dispute from Stripe to the charge and its order."""
    async with transaction() as session:
        charge = (await charges.get_charge(session, charge_id=charge_id)).charge
    status = await intents.find_dispute(charge.stripe_id) if charge.stripe_id else None
    if status is None:
        return
    async with transaction() as session:
        charge, order = await charges.get_charge(session, charge_id=charge_id, for_update=True)
        if charge.dispute_status == status:
            return
        await repository.change(
            session, charge_id, dispute_status=status, version=col(Charge.version) + 1
        )
        is_open = status not in rules.ENDED_DISPUTES
        # Until it is won, the ticket has no owner: it cannot be listed, and a listing goes off sale.
        await order_payment.follow_dispute(session, order_id=order.id, is_open=is_open)
        await resale.report_double_income(session, order_id=order.id, ticket_ids=order.ticket_ids)
        await alerts.raise_alert(
            session,
            AlertKind.DISPUTE,
            # One alert per step of the dispute: open, under review, won, lost.
            subject=f"{charge.stripe_id} {status}",
            order_id=order.id,
            detail=f"The buyer disputes the payment, which is now {status}: do not pay it out.",
        )
