"""Payment intents at Stripe, with their declines, refunds and disputes."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from uuid import UUID

import stripe

from ticketing_app.payments.gateway import client
from ticketing_app.payments.gateway.client import StripeRefusedError
from ticketing_app.payments.rules import RefundStatus
from ticketing_app.payments.schemas import Decline, Intent, ListedIntent, Refund


async def create_intent(
    *,
    key: str,
    amount_cents: int,
    currency: str,
    order_id: UUID,
    charge_id: UUID,
    receipt_email: str,
) -> Intent:
    """Make the intent of a charge, or find again what was made under this idempotency key.

    An address that Stripe does not take gets no receipt, as that must not stop a payment.

    Raises:
        StripeUnavailableError: unknown whether it was made.
        StripeRefusedError: it is not made, as for an amount that is too small where it is settled.
    """
    asked: stripe.params.PaymentIntentCreateParams = {
        "amount": amount_cents,
        "currency": currency,
        # The money is only reserved; the server takes it once the order is claimed.
        "capture_method": "manual",
        "allowed_payment_method_types": ["card"],
        "description": f"Order {order_id}",
        "statement_descriptor_suffix": "TICKET",
        "transfer_group": f"order_{order_id}",
        "metadata": {"order_id": str(order_id), "charge_id": str(charge_id)},
    }
    if not receipt_email.isascii():
        return await _make_intent(asked, key)
    try:
        return await _make_intent({**asked, "receipt_email": receipt_email}, key)
    except StripeRefusedError as refusal:
        if refusal.code != "email_invalid":
            raise
        # The first key stands for the refusal, with these parameters.
        return await _make_intent(asked, f"{key}-no-receipt")


async def _make_intent(asked: stripe.params.PaymentIntentCreateParams, key: str) -> Intent:
    intents = client.api().payment_intents
    return _intent(await client.call(intents.create_async(asked, {"idempotency_key": key})))


async def get_intent(stripe_id: str) -> Intent:
    """Ask how an intent stands.

    Raises:
        StripeUnavailableError: no answer.
        StripeRefusedError: there is none with this id.
    """
    return _intent(await client.call(client.api().payment_intents.retrieve_async(stripe_id)))


async def capture_intent(stripe_id: str) -> Intent:
    """Take the reserved money. Repeating does no harm: an intent is captured once.

    Raises:
        StripeUnavailableError: unknown whether it was taken.
        StripeRefusedError: the intent has moved on, or the bank refused.
    """
    # No fixed idempotency key here or at cancel: Stripe would replay a stored 500 for a day.
    return _intent(await client.call(client.api().payment_intents.capture_async(stripe_id)))


async def cancel_intent(stripe_id: str) -> Intent:
    """Close an intent for good and let go of reserved money: nothing can be paid with it any more.

    Raises:
        StripeUnavailableError: unknown whether it was closed.
        StripeRefusedError: the intent has moved on.
    """
    intents = client.api().payment_intents
    cancelled = intents.cancel_async(stripe_id, {"cancellation_reason": "abandoned"})
    return _intent(await client.call(cancelled))


async def list_declines(stripe_id: str) -> list[Decline]:
    """Return the declined cards of an intent, the oldest first.

    Raises:
        StripeUnavailableError: no answer.
    """
    found = await client.call(
        client.api().charges.list_async({"payment_intent": stripe_id, "limit": client.PAGE})
    )
    return [
        decline_of_charge(charge) for charge in reversed(found.data) if charge.status == "failed"
    ]


async def refund_intent(stripe_id: str, *, key: str, charge_id: UUID) -> Refund:
    """Give all the money back, once for this key; the last refund when there is nothing left to give.

    Raises:
        StripeUnavailableError: unknown whether it was given back.
        StripeRefusedError: there is nothing to give back.
    """
    refunds = client.api().refunds
    asked: stripe.params.RefundCreateParams = {
        "payment_intent": stripe_id,
        "metadata": {"charge_id": str(charge_id)},
    }
    try:
        made = await client.call(refunds.create_async(asked, {"idempotency_key": key}))
        # An answer to a key that was used before is as old as the first one; how is it now?
        return _refund(await client.call(refunds.retrieve_async(made.id)))
    except StripeRefusedError as error:
        if error.code != "charge_already_refunded":
            raise
        return (await list_refunds(stripe_id))[0]


async def list_refunds(stripe_id: str) -> list[Refund]:
    """Return the refunds of an intent, the newest first.

    Raises:
        StripeUnavailableError: no answer.
    """
    found = await client.call(
        client.api().refunds.list_async({"payment_intent": stripe_id, "limit": client.PAGE})
    )
    return [_refund(refund) for refund in found.data]


async def find_dispute(stripe_id: str) -> str | None:
    """Return the status of the newest dispute of an intent, in Stripe's words; none without one.

    Raises:
        StripeUnavailableError: no answer.
    """
    found = await client.call(
        client.api().disputes.list_async({"payment_intent": stripe_id, "limit": 1})
    )
    return found.data[0].status if found.data else None


async def list_intents(
    *, since: datetime, after: str | None = None
) -> AsyncGenerator[ListedIntent]:
    """Yield the intents that were made since then, the newest first, or those that follow on `after`.

    Raises:
        StripeUnavailableError: no answer.
    """
    asked: stripe.params.PaymentIntentListParams = {
        "created": {"gte": int(since.timestamp())},
        "limit": client.PAGE,
        "expand": ["data.latest_charge"],
    }
    if after:
        asked["starting_after"] = after
    async for intent in client.pages(client.api().payment_intents.list_async, asked):
        charge = intent.latest_charge
        yield ListedIntent(
            id=intent.id,
            status=intent.status,
            created_at=datetime.fromtimestamp(intent.created, UTC),
            taken_cents=intent.amount_received,
            refunded_cents=charge.amount_refunded if isinstance(charge, stripe.Charge) else 0,
            order_id=intent.metadata.to_dict().get("order_id"),
        )


def _intent(found: stripe.PaymentIntent) -> Intent:
    return Intent(
        id=found.id,
        status=found.status,
        client_secret=found.client_secret or "",
        decline=decline_of_intent(found),
    )


def _refund(found: stripe.Refund) -> Refund:
    # Also pending: requires_action. Whoever cancelled it, the buyer does not have the money.
    ends = {"succeeded": RefundStatus.SUCCEEDED} | dict.fromkeys(
        ("failed", "canceled"), RefundStatus.FAILED
    )
    status = ends.get(found.status or "", RefundStatus.PENDING)
    return Refund(id=found.id, status=status, amount_cents=found.amount)


def decline_of_charge(charge: stripe.Charge) -> Decline:
    reason = charge.outcome.reason if charge.outcome else None
    return Decline(charge.id, reason or charge.failure_code or "card_declined")


def decline_of_intent(found: stripe.PaymentIntent) -> Decline | None:
    error = found.last_payment_error
    if found.status != "requires_payment_method" or error is None:
        return None
    # Stripe leaves out what does not apply. A failed 3-D Secure never reached the bank, so that it
    # has no charge; each try has a payment method of its own.
    card = getattr(error, "payment_method", None)
    reference = getattr(error, "charge", None) or (card.id if card else found.id)
    code = getattr(error, "decline_code", None) or getattr(error, "code", None)
    return Decline(reference, code or "card_declined")
