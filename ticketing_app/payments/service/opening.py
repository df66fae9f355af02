"""Open a payment: one charge and one intent per order, whoever asks and however often."""

from datetime import timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import limits
from ticketing_app.core.db import Transaction
from ticketing_app.core.errors import TooManyRequestsError
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import ChargeCreated
from ticketing_app.orders import rules
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.schemas import PayableOrder
from ticketing_app.orders.service import order_payment
from ticketing_app.orders.service.order_payment import OrderNotPayableError
from ticketing_app.payments import repository
from ticketing_app.payments.gateway import intents
from ticketing_app.payments.gateway.client import StripeRefusedError, StripeUnavailableError
from ticketing_app.payments.models import Charge
from ticketing_app.payments.schemas import Intent, PaymentRead
from ticketing_app.payments.service import charges, failures

EXPIRY_MARGIN = timedelta(seconds=5)
"""The expiry of an order makes its charge due; this is when to look if that should not happen."""


class TooManyDeclinesError(TooManyRequestsError):
    """Too many cards were declined lately, whatever the order."""

    def __init__(self, retry_after: int) -> None:
        """Say when to come back."""
        super().__init__(
            "Too many cards were declined. To protect you and others, you can try again in "
            f"{limits.duration(retry_after)}. You were not charged.",
            retry_after=retry_after,
        )


async def open_payment(
    transaction: Transaction, *, order_id: UUID, buyer_id: UUID, receipt_email: str
) -> PaymentRead:
    """Open the charge to confirm in the browser, or find it again: same order, same intent.

    The charge is committed before Stripe is asked, and Stripe's id before the secret is told, so
    that nothing can be paid that we do not know of.

    Raises:
        OrderNotFoundError: none with this id, or somebody else's.
        OrderNotPayableError: the time is over, or the order was paid.
        TooManyDeclinesError: the account or its address had too many cards declined.
        StripeUnavailableError: unknown whether Stripe made it; asking again finds it.
        PaymentRefusedError: Stripe refuses to make it.
        UnknownPaymentError: Stripe does not know it any more.
        TooManyRequestsError: the buyer opened too many payments.
    """
    limit = await limits.hit("payments", account=buyer_id)
    declined = await limits.look("declines", account=buyer_id)
    async with transaction() as session:
        order = await order_payment.get_payable(session, order_id=order_id, buyer_id=buyer_id)
        status = rules.status_now(order.status, is_running=order.is_running)
        if not rules.can_pay(status):
            raise OrderNotPayableError(status)
        if limit:
            raise limit
        if declined:
            raise TooManyDeclinesError(declined.retry_after or limits.HOUR)
        charge = await _get_or_add(session, order)
    try:
        if charge.stripe_id:
            intent = await intents.get_intent(charge.stripe_id)
        else:
            intent = await _make_intent(transaction, charge, receipt_email)
    except StripeRefusedError as refusal:
        raise await failures.report_refusal(
            transaction, charge_id=charge.id, refusal=refusal
        ) from refusal
    return PaymentRead(client_secret=intent.client_secret, **charge.model_dump())


async def _get_or_add(session: AsyncSession, order: PayableOrder) -> Charge:
    if found := await repository.get_open_charge(session, order.id):
        return found
    charge = Charge(
        order_id=order.id,
        amount_cents=order.price_cents,
        currency=order.currency,
        client_address=limits.client_address() or None,
        next_check_at=order.expires_at + EXPIRY_MARGIN,
    )
    if await repository.add_unless_open(session, charge):
        outbox.record(session, ChargeCreated(**charges.facts(charge)))
        return charge
    if found := await repository.get_open_charge(session, order.id):
        return found
    raise OrderNotPayableError(OrderStatus.COMPLETED)


async def _make_intent(transaction: Transaction, charge: Charge, receipt_email: str) -> Intent:
    try:
        intent = await intents.create_intent(
            key=f"pi-{charge.key}-{charge.attempt}",
            amount_cents=charge.amount_cents,
            currency=charge.currency,
            order_id=charge.order_id,
            charge_id=charge.id,
            receipt_email=receipt_email,
        )
    except StripeUnavailableError as error:
        if error.is_answered:
            # Stripe would repeat this answer under the same key for a day. Should it have made an
            # intent all the same, nobody has its secret: nothing can be paid with it.
            async with transaction() as session:
                await repository.change_open(session, charge.id, attempt=charge.attempt + 1)
        raise
    async with transaction() as session:
        saved = await repository.change_open(
            session, charge.id, is_unopened=True, stripe_id=intent.id
        )
        current = saved or await repository.get_open_charge(session, charge.order_id)
    if current is None or current.stripe_id is None:
        # The order ended while Stripe was asked; the secret of this intent is never told.
        raise OrderNotPayableError(OrderStatus.EXPIRED)
    return intent if saved else await intents.get_intent(current.stripe_id)
