"""Declined cards: counted once each, and limited.

Browsers send cards straight to Stripe, so declines are counted afterwards: from signed webhooks, and from
the failed charges of the intent whenever it is settled.
"""

from collections.abc import Iterable
from functools import partial
from uuid import UUID

from prometheus_client import Counter
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import db, limits, metrics
from ticketing_app.core.db import Transaction
from ticketing_app.core.settings import get_settings
from ticketing_app.orders.service import order_payment, release
from ticketing_app.payments import repository, rules
from ticketing_app.payments.models import Charge, ChargeDecline
from ticketing_app.payments.schemas import Decline
from ticketing_app.payments.service import charges
from ticketing_app.payments.service.void import void_charge

CARDS_DECLINED = Counter("gittix_cards_declined_total", "Declined cards, each counted once.")


async def count(session: AsyncSession, charge: Charge, declines: Iterable[Decline]) -> None:
    new = [
        decline
        # Sorted, so that concurrent reports of the same declines cannot deadlock.
        for decline in sorted(set(declines), key=lambda decline: decline.reference)
        if await repository.add_decline(
            session,
            ChargeDecline(charge_id=charge.id, reference=decline.reference, code=decline.code),
        )
    ]
    if not new:
        return
    await repository.change_open(
        session, charge.id, declines=col(Charge.declines) + len(new), failure_code=new[-1].code
    )
    order = await order_payment.get_payable(session, order_id=charge.order_id)
    for decline in new:
        metrics.count_after_commit(session, CARDS_DECLINED)
        hit = partial(_hit_limits, order.buyer_id, charge.client_address)
        db.after_commit(session, f"payments.decline.{decline.reference}", hit)


async def _hit_limits(buyer_id: UUID, client_address: str | None) -> None:
    # Two calls: if one limit is exhausted, the other must still count.
    await limits.hit("declines", account=buyer_id, address="")
    await limits.hit("declines", address=client_address or "")


async def attempts_left(charge: Charge, *, buyer_id: UUID) -> int:
    """Return the number of further cards for this order."""
    left = rules.attempts_left(charge.declines, get_settings().payment_max_attempts)
    # Once the account has reached its limit, each of its open orders is closed at the next decline.
    if left and charge.declines and await limits.peek("declines", account=buyer_id, address=""):
        return 0
    return left


async def close_if_used_up(transaction: Transaction, *, charge_id: UUID) -> bool:
    """Cancel the order and void its intent if no attempt is left; false otherwise."""
    async with transaction() as session:
        charge, order = await charges.get_charge(session, charge_id=charge_id)
    if await attempts_left(charge, buyer_id=order.buyer_id):
        return False
    async with transaction() as session:
        await release.cancel_unpaid(session, order_id=charge.order_id)
        is_over = (await charges.get_charge(session, charge_id=charge_id)).is_over
    if is_over:
        await void_charge(transaction, charge_id=charge_id)
    return is_over
