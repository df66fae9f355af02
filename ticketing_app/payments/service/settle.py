"""Settle a payment: ask Stripe how it stands and let the order follow.

Called alike by the browser, the webhook and the sweep, in any order, at once and again: Stripe is
asked, never believed second-hand, and conditional updates decide who was first.
"""

from uuid import UUID

from ticketing_app.core import limits
from ticketing_app.core.db import Transaction
from ticketing_app.core.errors import AppError
from ticketing_app.orders.rules import PAID, OrderStatus, status_now
from ticketing_app.orders.service import order_payment, release
from ticketing_app.payments import repository, rules
from ticketing_app.payments.gateway import intents
from ticketing_app.payments.gateway.client import StripeRefusedError, StripeUnavailableError
from ticketing_app.payments.models import Charge
from ticketing_app.payments.rules import Reason
from ticketing_app.payments.schemas import Decline, Intent, Settlement
from ticketing_app.payments.service import charges, complete, declines, failures
from ticketing_app.payments.service.refund import execute_refund
from ticketing_app.payments.service.void import refund_late_payment, void_charge


async def settle_for_buyer(
    transaction: Transaction, *, charge_id: UUID, buyer_id: UUID
) -> Settlement:
    """Settle one's own payment and tell what became of it; unknown to Stripe is not failed.

    Raises:
        ChargeNotFoundError: none with this id, or somebody else's.
        TooManyRequestsError: the buyer asked too often.
    """
    limit = await limits.hit("settlements", account=buyer_id)
    async with transaction() as session:
        await charges.get_charge(session, charge_id=charge_id, buyer_id=buyer_id)
    if limit:
        raise limit
    problem = None
    # Stripe's rate limit is one for all buyers: repeated questions are answered from the row.
    if await limits.allows("stripe_questions", account=charge_id):
        problem = await _settle_or_say_why(transaction, charge_id)
    async with transaction() as session:
        charge, order = await charges.get_charge(session, charge_id=charge_id)
    left = await declines.attempts_left(charge, buyer_id=buyer_id)
    status = status_now(order.status, is_running=order.is_running)
    message = rules.outcome_sentence(status, failure_code=charge.failure_code, left=left)
    return Settlement(
        status=status, attempts_left=left, message=problem.message if problem else message
    )


async def _settle_or_say_why(transaction: Transaction, charge_id: UUID) -> AppError | None:
    try:
        await settle_charge(transaction, charge_id=charge_id)
    except StripeUnavailableError:
        pass  # The order still awaits its payment, and says so; the sweep asks Stripe again.
    except StripeRefusedError as refusal:
        return await failures.report_refusal(transaction, charge_id=charge_id, refusal=refusal)
    return None


async def settle_charge(transaction: Transaction, *, charge_id: UUID) -> None:
    """Claim, ask, record: bring charge and order to where the intent at Stripe is.

    Raises:
        ChargeNotFoundError: none with this id.
        StripeUnavailableError: unknown how it stands; the sweep asks again.
        StripeRefusedError: Stripe does not know the intent.
    """
    async with transaction() as session:
        found = await charges.get_charge(session, charge_id=charge_id)
    charge = found.charge
    if not found.is_open or charge.stripe_id is None:
        return
    if charge.declines and await declines.close_if_used_up(transaction, charge_id=charge_id):
        return
    intent = await intents.get_intent(charge.stripe_id)
    if intent.status == "requires_capture" and await _claim(transaction, charge):
        intent = await _capture(charge.stripe_id)
    match intent.status:
        case "succeeded":
            await _record_paid(transaction, charge, charge.stripe_id)
        case "canceled":
            await _record_cancelled(transaction, charge)
        case "requires_payment_method":
            await _record_unpaid(transaction, charge, charge.stripe_id, intent.decline)
        case _:
            # Reserved or being checked: voided when the order is over, else it goes on.
            await void_charge(transaction, charge_id=charge_id)


async def _claim(transaction: Transaction, charge: Charge) -> bool:
    """Take the point of no return, committed before any money is."""
    async with transaction() as session:
        is_claimed = await order_payment.claim_for_capture(session, order_id=charge.order_id)
        if is_claimed:
            due_at = repository.after(rules.CHECK_AFTER_SECONDS)
            await repository.change_open(session, charge.id, next_check_at=due_at)
        return is_claimed


async def _capture(stripe_id: str) -> Intent:
    try:
        return await intents.capture_intent(stripe_id)
    except StripeRefusedError:
        # Somebody else captured or cancelled it a moment ago, or the bank refused: how is it now?
        return await intents.get_intent(stripe_id)


async def _record_paid(transaction: Transaction, charge: Charge, stripe_id: str) -> None:
    async with transaction() as session:
        status = await complete.complete_payment(session, charge=charge)
    if status not in PAID:
        await refund_late_payment(transaction, charge_id=charge.id, stripe_id=stripe_id)
    elif status is OrderStatus.REFUNDING:
        await execute_refund(transaction, charge_id=charge.id)


async def _record_cancelled(transaction: Transaction, charge: Charge) -> None:
    """Nothing can be paid any more: the order gives its ticket back, unless it did before."""
    async with transaction() as session:
        found = await charges.get_charge(session, charge_id=charge.id, for_update=True)
        if not found.is_over:
            # Without a decline it was not the buyer who ended it, but us or Stripe.
            await release.cancel_unpaid(
                session,
                order_id=charge.order_id,
                is_void_at_stripe=True,
                is_excused=not found.charge.declines,
            )
        await charges.fail(session, charge_id=charge.id, reason=Reason.CANCELLED_AT_STRIPE)


async def _record_unpaid(
    transaction: Transaction, charge: Charge, stripe_id: str, decline: Decline | None
) -> None:
    """Let the buyer try another card, or give up after the last."""
    declined = [*await intents.list_declines(stripe_id), decline] if decline else []
    async with transaction() as session:
        # First of all, as it locks the ticket row; every transaction locks that before a charge.
        await order_payment.return_to_created(session, order_id=charge.order_id)
        await declines.count(session, charge, declined)
        order = await order_payment.get_payable(session, order_id=charge.order_id)
    if order.status is OrderStatus.CAPTURING:
        await _give_up_capture(transaction, charge, stripe_id)
    else:
        await declines.close_if_used_up(transaction, charge_id=charge.id)
        # Or the order was over before: nothing can be paid with its intent any more.
        await void_charge(transaction, charge_id=charge.id)


async def _give_up_capture(transaction: Transaction, charge: Charge, stripe_id: str) -> None:
    """The bank took its promise back at the capture. Only a closed intent frees the ticket."""
    # Or else the decline is old news: another card was claimed since, and whoever did that, or the
    # sweep, goes on with it.
    if (await intents.get_intent(stripe_id)).status != "requires_payment_method":
        return
    try:
        await intents.cancel_intent(stripe_id)
    except StripeRefusedError:
        return  # It has moved on in this moment.
    await _record_cancelled(transaction, charge)
