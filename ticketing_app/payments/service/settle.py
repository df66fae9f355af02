"""Settle a payment: bring charge and order to the state of the intent at Stripe.

Browser, webhook and check call this alike, concurrently, in any order and repeatedly: the state is always
read from Stripe, and conditional updates decide which caller was first.
"""

from uuid import UUID

from ticketing_app.core import limits
from ticketing_app.core.db import Transaction
from ticketing_app.core.errors import AppError
from ticketing_app.orders.rules import PAID, OrderStatus, status_now
from ticketing_app.orders.service import order_payment, release
from ticketing_app.payments import rules
from ticketing_app.payments.gateway import intents
from ticketing_app.payments.gateway.client import StripeRefusedError, StripeUnavailableError
from ticketing_app.payments.models import Charge
from ticketing_app.payments.rules import Reason
from ticketing_app.payments.schemas import Decline, Intent, Settlement
from ticketing_app.payments.service import charges, complete, declines, failures
from ticketing_app.payments.service.charges import ChargeWithOrder
from ticketing_app.payments.service.refund import execute_refund
from ticketing_app.payments.service.void import refund_late_payment, void_charge


async def settle_for_buyer(
    transaction: Transaction, *, charge_id: UUID, buyer_id: UUID
) -> Settlement:
    """Settle the buyer's payment and return its outcome; an outage of Stripe is not a failed payment."""
    limit = await limits.hit("settlements", account=buyer_id)
    async with transaction() as session:
        found = await charges.get_charge(session, charge_id=charge_id, buyer_id=buyer_id)
    if limit:
        raise limit
    refusal = None
    # All buyers share Stripe's rate limit, so repeated calls are answered from the database.
    if await limits.allows("stripe_questions", account=charge_id):
        refusal = await _try_to_settle(transaction, found)
        async with transaction() as session:
            found = await charges.get_charge(session, charge_id=charge_id)
    charge, order = found
    left = await declines.attempts_left(charge, buyer_id=buyer_id)
    status = status_now(order.status, is_running=order.is_running)
    message = rules.outcome_sentence(
        status, failure_code=charge.failure_code, left=left, quantity=len(order.items)
    )
    return Settlement(
        status=status, attempts_left=left, message=refusal.message if refusal else message
    )


async def _try_to_settle(transaction: Transaction, found: ChargeWithOrder) -> AppError | None:
    try:
        await _settle(transaction, found)
    except StripeUnavailableError:
        pass  # The order keeps awaiting its payment, and its check retries.
    except StripeRefusedError as refusal:
        return await failures.report_refusal(
            transaction, charge_id=found.charge.id, refusal=refusal
        )
    return None


async def settle_charge(transaction: Transaction, *, charge_id: UUID) -> None:
    """Claim the order, capture, and record the outcome.

    Raises:
        StripeUnavailableError: unknown state; the caller retries.
        StripeRefusedError: Stripe does not know the intent.
    """
    async with transaction() as session:
        found = await charges.get_charge(session, charge_id=charge_id)
    await _settle(transaction, found)


async def _settle(transaction: Transaction, found: ChargeWithOrder) -> None:
    charge = found.charge
    if not found.is_open or charge.stripe_id is None:
        return
    if charge.declines and await declines.close_if_used_up(transaction, charge_id=charge.id):
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
            # Authorised or being checked: void it if the order is over, otherwise do nothing.
            await void_charge(transaction, charge_id=charge.id)


async def _claim(transaction: Transaction, charge: Charge) -> bool:
    # Point of no return, committed before any money is captured.
    async with transaction() as session:
        is_claimed = await order_payment.claim_for_capture(session, order_id=charge.order_id)
        if is_claimed:
            await charges.check_soon(session, charge_id=charge.id)
        return is_claimed


async def _capture(stripe_id: str) -> Intent:
    try:
        return await intents.capture_intent(stripe_id)
    except StripeRefusedError:
        # Captured or cancelled concurrently, or refused by the bank: read the present status.
        return await intents.get_intent(stripe_id)


async def _record_paid(transaction: Transaction, charge: Charge, stripe_id: str) -> None:
    async with transaction() as session:
        status = await complete.complete_payment(session, charge=charge)
    if status not in PAID:
        await refund_late_payment(transaction, charge_id=charge.id, stripe_id=stripe_id)
    elif status is OrderStatus.REFUNDING:
        await execute_refund(transaction, charge_id=charge.id)


async def _record_cancelled(transaction: Transaction, charge: Charge) -> None:
    async with transaction() as session:
        found = await charges.get_charge(session, charge_id=charge.id, for_update=True)
        if not found.is_over:
            # Without a decline, the buyer did not cause the end.
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
    declined = [*await intents.list_declines(stripe_id), decline] if decline else []
    async with transaction() as session:
        # First, because it locks the ticket row: every transaction locks the ticket before a charge.
        await order_payment.return_to_created(session, order_id=charge.order_id)
        await declines.count(session, charge, declined)
        order = await order_payment.get_payable(session, order_id=charge.order_id)
    if order.status is OrderStatus.CAPTURING:
        await _give_up_capture(transaction, charge, stripe_id)
    else:
        await declines.close_if_used_up(transaction, charge_id=charge.id)
        # If the order is over, its intent must not be paid any more.
        await void_charge(transaction, charge_id=charge.id)


async def _give_up_capture(transaction: Transaction, charge: Charge, stripe_id: str) -> None:
    """Handle a bank that refused the capture: only a closed intent frees the ticket."""
    # With any other status the decline is outdated: another card was claimed since, and the caller that
    # claimed it, or its check, continues.
    if (await intents.get_intent(stripe_id)).status != "requires_payment_method":
        return
    try:
        await intents.cancel_intent(stripe_id)
    except StripeRefusedError:
        return  # It has just moved on.
    await _record_cancelled(transaction, charge)
