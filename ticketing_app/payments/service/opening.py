"""Open a payment: one charge and one intent per order, however often it is requested."""

from datetime import timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import limits
from ticketing_app.core.db import Transaction
from ticketing_app.core.errors import TooManyRequestsError
from ticketing_app.deliveries.service import addresses
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
from ticketing_app.payments.rules import CHARGE_WORK
from ticketing_app.payments.schemas import Intent, PaymentRead
from ticketing_app.payments.service import charges, failures
from ticketing_app.work import due as work

# The expiry of an order makes its charge due; this long after it, it is checked anyway.
EXPIRY_MARGIN = timedelta(seconds=5)


class TooManyDeclinesError(TooManyRequestsError):
    def __init__(self, retry_after: int) -> None:
        super().__init__(
            "Too many cards were declined. To protect you and others, you can try again in "
            f"{limits.duration(retry_after)}. You were not charged.",
            retry_after=retry_after,
        )


async def open_payment(
    transaction: Transaction, *, order_id: UUID, buyer_id: UUID, receipt_email: str
) -> PaymentRead:
    """Open the charge to confirm in the browser, or return the open one.

    Raises:
        OrderNotFoundError: also for an order of another buyer.
        OrderNotPayableError: the order is over or paid.
        AddressNeededError: the seller would not know where to transfer the tickets to.
        TooManyDeclinesError: too many declined cards of the account or its address.
        StripeUnavailableError: unknown whether Stripe created the intent; a retry finds it.
        PaymentRefusedError: Stripe refuses to create the intent.
        UnknownPaymentError: Stripe does not know the intent any more.
        TooManyRequestsError: too many payments opened.
    """
    limit = await limits.hit("payments", account=buyer_id)
    declined = await limits.peek("declines", account=buyer_id)
    async with transaction() as session:
        order = await order_payment.get_payable(session, order_id=order_id, buyer_id=buyer_id)
        status = rules.status_now(order.status, is_running=order.is_running)
        if not rules.can_pay(status):
            raise OrderNotPayableError(status)
        await addresses.require(session, order=order)
        if limit:
            raise limit
        if declined:
            raise TooManyDeclinesError(declined.retry_after or limits.HOUR)
        charge = await _get_or_add(session, order)
    # The charge is committed before the call to Stripe, and the intent's id before the client secret is
    # returned, so nothing can be paid that is unknown here.
    try:
        if charge.stripe_id:
            intent = await intents.get_intent(charge.stripe_id)
        else:
            intent = await _create_intent(transaction, charge, order, receipt_email)
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
        await work.want(session, CHARGE_WORK, charge.id, at=charge.next_check_at)
        return charge
    if found := await repository.get_open_charge(session, order.id):
        return found
    raise OrderNotPayableError(OrderStatus.COMPLETED)


async def _create_intent(
    transaction: Transaction, charge: Charge, order: PayableOrder, receipt_email: str
) -> Intent:
    try:
        intent = await intents.create_intent(
            key=f"pi-{charge.key}-{charge.attempt}",
            amount_cents=charge.amount_cents,
            currency=charge.currency,
            order_id=charge.order_id,
            ticket_ids=order.ticket_ids,
            charge_id=charge.id,
            receipt_email=receipt_email,
        )
    except StripeUnavailableError as error:
        if error.is_answered:
            # Stripe would replay this response under the same key for a day. If it created an intent
            # anyway, its secret is lost, so it can never be paid.
            async with transaction() as session:
                await repository.change_open(session, charge.id, attempt=charge.attempt + 1)
        raise
    async with transaction() as session:
        saved = await repository.change_open(
            session, charge.id, is_unopened=True, stripe_id=intent.id
        )
        current = saved or await repository.get_open_charge(session, charge.order_id)
    if current is None or current.stripe_id is None:
        # The order ended during the call to Stripe; the secret of this intent is never returned.
        raise OrderNotPayableError(OrderStatus.EXPIRED)
    return intent if saved else await intents.get_intent(current.stripe_id)
