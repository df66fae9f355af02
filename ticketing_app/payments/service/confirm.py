from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import limits
from ticketing_app.orders.service import order_payment
from ticketing_app.payments import repository
from ticketing_app.payments.schemas import Confirming
from ticketing_app.payments.service import charges


async def start_confirming(session: AsyncSession, *, charge_id: UUID, buyer_id: UUID) -> Confirming:
    """Mark the order as awaiting payment; extends its deadline once, by at most the grace."""
    refusal = await limits.hit("payments", account=buyer_id)
    charge, _ = await charges.get_charge(session, charge_id=charge_id, buyer_id=buyer_id)
    if refusal is None:
        # The next settlement reads the status of this card from Stripe, even right after another one.
        await limits.reset("stripe_questions", account=charge_id)
    order = await order_payment.start_confirming(session, order_id=charge.order_id)
    if refusal:
        raise refusal
    if charge.checks:
        await repository.change_open(session, charge_id, checks=0)
    await charges.check_soon(session, charge_id=charge_id)
    return Confirming(expires_at=order.expires_at)
