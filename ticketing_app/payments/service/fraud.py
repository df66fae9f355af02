"""Early fraud warnings: a bank suspects a stolen card, days before its owner disputes."""

from uuid import UUID

from ticketing_app.core.db import Transaction
from ticketing_app.payments.rules import AlertKind, ChargeStatus
from ticketing_app.payments.service import alerts, charges


async def warn(transaction: Transaction, *, charge_id: UUID) -> None:
    """Raise an alert for a paid order without a refund; only an operator can judge the suspicion."""
    async with transaction() as session:
        charge = (await charges.get_charge(session, charge_id=charge_id)).charge
        if charge.status != ChargeStatus.COMPLETED or charge.refund_status is not None:
            return
        # The ticket may still be sold on: the suspicion can be wrong, and a refund ends a listing.
        await alerts.raise_alert(
            session,
            AlertKind.FRAUD_WARNING,
            subject=str(charge.stripe_id),
            order_id=charge.order_id,
            detail=(
                f"The bank suspects fraud. `refund {charge.order_id}` now avoids a dispute and its fee."
            ),
        )
