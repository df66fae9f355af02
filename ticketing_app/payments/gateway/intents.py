"""Payment intents at Stripe, with their declines, refunds and disputes.

Each call raises `StripeUnavailableError` if its outcome is unknown, and `StripeRefusedError` if Stripe
refuses it for good.
"""

from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from uuid import UUID

import stripe

from ticketing_app.payments.gateway import client
from ticketing_app.payments.gateway.client import StripeRefusedError
from ticketing_app.payments.rules import RefundStatus
from ticketing_app.payments.schemas import Decline, Intent, ListedIntent, MadeRefund


async def create_intent(
    *,
    key: str,
    amount_cents: int,
    currency: str,
    order_id: UUID,
    ticket_ids: Sequence[UUID],
    charge_id: UUID,
    receipt_email: str,
) -> Intent:
    """Create the intent of a charge, or return the one created under this idempotency key."""
    count = len(ticket_ids)
    params: stripe.params.PaymentIntentCreateParams = {
        "amount": amount_cents,
        "currency": currency,
        # Only authorises. The money is captured once the order is claimed.
        "capture_method": "manual",
        "allowed_payment_method_types": ["card"],
        "description": f"Order {order_id}" + (f", {count} tickets" if count > 1 else ""),
        "statement_descriptor_suffix": "TICKET",
        "transfer_group": f"order_{order_id}",
        "metadata": {
            "order_id": str(order_id),
            "charge_id": str(charge_id),
            # For refunds of single tickets in the Dashboard; ten ids fit.
            "ticket_ids": ",".join(map(str, ticket_ids)),
        },
    }
    # An address that Stripe rejects gets no receipt; it must not stop a payment.
    if not receipt_email.isascii():
        return await _create_intent(params, key)
    try:
        return await _create_intent({**params, "receipt_email": receipt_email}, key)
    except StripeRefusedError as refusal:
        if refusal.code != "email_invalid":
            raise
        # Stripe stored the refusal under the first key.
        return await _create_intent(params, f"{key}-no-receipt")


async def _create_intent(params: stripe.params.PaymentIntentCreateParams, key: str) -> Intent:
    intents = client.api().payment_intents
    return _intent(await client.call(intents.create_async(params, {"idempotency_key": key})))


async def get_intent(stripe_id: str) -> Intent:
    return _intent(await client.call(client.api().payment_intents.retrieve_async(stripe_id)))


async def capture_intent(stripe_id: str) -> Intent:
    # Capturing and cancelling need no idempotency key: an intent is captured once. With a fixed key
    # Stripe would replay a stored 500 for a day.
    return _intent(await client.call(client.api().payment_intents.capture_async(stripe_id)))


async def cancel_intent(stripe_id: str) -> Intent:
    intents = client.api().payment_intents
    cancelled = intents.cancel_async(stripe_id, {"cancellation_reason": "abandoned"})
    return _intent(await client.call(cancelled))


async def list_declines(stripe_id: str) -> list[Decline]:
    found = await client.call(
        client.api().charges.list_async({"payment_intent": stripe_id, "limit": client.PAGE})
    )
    # Stripe lists the newest first.
    return [
        decline_of_charge(charge) for charge in reversed(found.data) if charge.status == "failed"
    ]


async def refund_intent(
    stripe_id: str, *, key: str, amount_cents: int, charge_id: UUID, refund_id: UUID
) -> MadeRefund:
    """Refund this amount, once per key."""
    refunds = client.api().refunds
    params: stripe.params.RefundCreateParams = {
        "payment_intent": stripe_id,
        "amount": amount_cents,
        "metadata": {"charge_id": str(charge_id), "refund_id": str(refund_id)},
    }
    made = await client.call(refunds.create_async(params, {"idempotency_key": key}))
    # For a used key Stripe replays its first response, so read the present status.
    return _refund(await client.call(refunds.retrieve_async(made.id)))


async def list_refunds(stripe_id: str) -> list[MadeRefund]:
    found = await client.call(
        client.api().refunds.list_async({"payment_intent": stripe_id, "limit": client.PAGE})
    )
    return [_refund(refund) for refund in found.data]


async def find_dispute(stripe_id: str) -> str | None:
    """Return the status of the newest dispute."""
    found = await client.call(
        client.api().disputes.list_async({"payment_intent": stripe_id, "limit": 1})
    )
    return found.data[0].status if found.data else None


async def list_intents(
    *, since: datetime, after: str | None = None
) -> AsyncGenerator[ListedIntent]:
    """Yield the intents created since then, newest first, or those after the id `after`."""
    params: stripe.params.PaymentIntentListParams = {
        "created": {"gte": int(since.timestamp())},
        "limit": client.PAGE,
        "expand": ["data.latest_charge"],
    }
    if after:
        params["starting_after"] = after
    async for intent in client.pages(client.api().payment_intents.list_async, params):
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


def _refund(found: stripe.Refund) -> MadeRefund:
    # `requires_action` counts as pending, `canceled` as failed: the buyer does not have the money.
    ends = {"succeeded": RefundStatus.SUCCEEDED} | dict.fromkeys(
        ("failed", "canceled"), RefundStatus.FAILED
    )
    status = ends.get(found.status or "", RefundStatus.PENDING)
    # Metadata can be edited in the Dashboard.
    metadata = found.metadata.to_dict() if found.metadata else {}
    try:
        refund_id = UUID(metadata.get("refund_id", ""))
    except ValueError:
        refund_id = None
    return MadeRefund(found.id, status, found.amount, refund_id)


def decline_of_charge(charge: stripe.Charge) -> Decline:
    reason = charge.outcome.reason if charge.outcome else None
    return Decline(charge.id, reason or charge.failure_code or "card_declined")


def decline_of_intent(found: stripe.PaymentIntent) -> Decline | None:
    error = found.last_payment_error
    if found.status != "requires_payment_method" or error is None:
        return None
    # Stripe omits fields that do not apply. A failed 3-D Secure check has no charge, because it never
    # reached the bank; but each attempt has its own payment method.
    card = getattr(error, "payment_method", None)
    reference = getattr(error, "charge", None) or (card.id if card else found.id)
    code = getattr(error, "decline_code", None) or getattr(error, "code", None)
    return Decline(reference, code or "card_declined")
