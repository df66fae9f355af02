"""Stripe: the only module that knows its SDK. Calls in, small facts and three errors out."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, NamedTuple, TypeVar, cast
from uuid import UUID
from weakref import WeakKeyDictionary

import stripe
from stripe._v1_services import V1Services

from ticketing_app.core.errors import AppError
from ticketing_app.core.logging import get_logger
from ticketing_app.core.settings import get_settings
from ticketing_app.payments.rules import RefundStatus
from ticketing_app.payments.schemas import (
    Decline,
    Intent,
    ListedIntent,
    Refund,
    WebhookEndpoint,
    WebhookEvent,
)

PAGE = 100
API_VERSION = stripe.api_version
RETRIES = 2

log = get_logger()
Answer = TypeVar("Answer")
Listed = TypeVar("Listed", stripe.PaymentIntent, stripe.Event)


class _Client(NamedTuple):
    api: stripe.StripeClient
    http: stripe.HTTPXClient


# The connections belong to the event loop on which they were made.
_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, _Client] = WeakKeyDictionary()


class StripeUnavailableError(AppError):
    """Nobody knows whether Stripe did it: no answer, too many requests, or an error of its own.

    Never a failure of the payment: it is asked again. `is_answered`: Stripe keeps this answer under
    the idempotency key, so that only another key can have another one.
    """

    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self, *, is_answered: bool = False) -> None:
        """Say that nothing is lost."""
        super().__init__(
            "The payment service does not answer right now. "
            "You are never charged twice. Try again in a moment."
        )
        self.is_answered = is_answered


class StripeRefusedError(Exception):
    """Stripe refused for good, usually as the intent has moved on; ask how it stands now."""

    def __init__(self, code: str | None) -> None:
        """Keep Stripe's code."""
        super().__init__(f"Stripe refused: {code}")
        self.code = code


class KeyRefusedError(StripeUnavailableError):
    """Stripe does not take our key, or not for this: for a payment as if it were away."""


class InvalidSignatureError(AppError):
    message = "The signature of this webhook is not valid."


class MalformedWebhookError(AppError):
    message = "This webhook is not an event of Stripe."


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
    intents = _api().payment_intents
    return _intent(await _call(intents.create_async(asked, {"idempotency_key": key})))


async def get_intent(stripe_id: str) -> Intent:
    """Ask how an intent stands.

    Raises:
        StripeUnavailableError: no answer.
        StripeRefusedError: there is none with this id.
    """
    return _intent(await _call(_api().payment_intents.retrieve_async(stripe_id)))


async def capture_intent(stripe_id: str) -> Intent:
    """Take the reserved money. Repeating does no harm: an intent is captured once.

    Raises:
        StripeUnavailableError: unknown whether it was taken.
        StripeRefusedError: the intent has moved on, or the bank refused.
    """
    # No fixed idempotency key here or at cancel: Stripe would replay a stored 500 for a day.
    return _intent(await _call(_api().payment_intents.capture_async(stripe_id)))


async def cancel_intent(stripe_id: str) -> Intent:
    """Close an intent for good and let go of reserved money: nothing can be paid with it any more.

    Raises:
        StripeUnavailableError: unknown whether it was closed.
        StripeRefusedError: the intent has moved on.
    """
    intents = _api().payment_intents
    cancelled = intents.cancel_async(stripe_id, {"cancellation_reason": "abandoned"})
    return _intent(await _call(cancelled))


async def list_declines(stripe_id: str) -> list[Decline]:
    """Return the declined cards of an intent, the oldest first.

    Raises:
        StripeUnavailableError: no answer.
    """
    found = await _call(_api().charges.list_async({"payment_intent": stripe_id, "limit": PAGE}))
    return [_declined(charge) for charge in reversed(found.data) if charge.status == "failed"]


async def refund_intent(stripe_id: str, *, key: str, charge_id: UUID) -> Refund:
    """Give all the money back, once for this key; the last refund when there is nothing left to give.

    Raises:
        StripeUnavailableError: unknown whether it was given back.
        StripeRefusedError: there is nothing to give back.
    """
    refunds = _api().refunds
    asked: stripe.params.RefundCreateParams = {
        "payment_intent": stripe_id,
        "metadata": {"charge_id": str(charge_id)},
    }
    try:
        made = await _call(refunds.create_async(asked, {"idempotency_key": key}))
        # An answer to a key that was used before is as old as the first one; how is it now?
        return _refund(await _call(refunds.retrieve_async(made.id)))
    except StripeRefusedError as error:
        if error.code != "charge_already_refunded":
            raise
        return (await list_refunds(stripe_id))[0]


async def list_refunds(stripe_id: str) -> list[Refund]:
    """Return the refunds of an intent, the newest first.

    Raises:
        StripeUnavailableError: no answer.
    """
    found = await _call(_api().refunds.list_async({"payment_intent": stripe_id, "limit": PAGE}))
    return [_refund(refund) for refund in found.data]


async def find_dispute(stripe_id: str) -> str | None:
    """Return the status of the newest dispute of an intent, in Stripe's words; none without one.

    Raises:
        StripeUnavailableError: no answer.
    """
    found = await _call(_api().disputes.list_async({"payment_intent": stripe_id, "limit": 1}))
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
        "limit": PAGE,
        "expand": ["data.latest_charge"],
    }
    if after:
        asked["starting_after"] = after
    async for intent in _pages(_api().payment_intents.list_async, asked):
        charge = intent.latest_charge
        yield ListedIntent(
            id=intent.id,
            status=intent.status,
            created_at=datetime.fromtimestamp(intent.created, UTC),
            taken_cents=intent.amount_received,
            refunded_cents=charge.amount_refunded if isinstance(charge, stripe.Charge) else 0,
            order_id=intent.metadata.to_dict().get("order_id"),
        )


async def list_undelivered(
    *, kinds: Iterable[str], since: datetime, until: datetime | None = None
) -> AsyncIterator[WebhookEvent]:
    """Yield the events of these kinds since then that reached no webhook, the newest first.

    `until` is a whole second, and included.

    Raises:
        StripeUnavailableError: no answer.
    """
    created: stripe.params.EventListParamsCreated = {"gte": int(since.timestamp())}
    if until:
        created["lte"] = int(until.timestamp())
    asked: stripe.params.EventListParams = {
        "types": list(kinds),
        "created": created,
        "delivery_success": False,
        "limit": PAGE,
    }
    async for event in _pages(_api().events.list_async, asked):
        yield _webhook_event(event)


async def try_key() -> None:
    """Ask Stripe for something that does not matter.

    Raises:
        KeyRefusedError: it does not take our key.
        StripeUnavailableError: no answer.
    """
    await _call(_api().payment_intents.list_async({"limit": 1}))


async def list_webhook_endpoints() -> list[WebhookEndpoint]:
    """Return the webhook endpoints of the account.

    Raises:
        KeyRefusedError: our key may not ask.
        StripeUnavailableError: no answer.
    """
    found = await _call(_api().webhook_endpoints.list_async({"limit": PAGE}))
    return [
        WebhookEndpoint(
            url=endpoint.url,
            is_enabled=endpoint.status == "enabled",
            api_version=endpoint.api_version,
            kinds=frozenset(endpoint.enabled_events),
        )
        for endpoint in found.data
    ]


def read_webhook(body: bytes, signature: str) -> WebhookEvent:
    """Read a webhook that Stripe signed within the last five minutes.

    Raises:
        InvalidSignatureError: nobody, or somebody else, signed this body.
        MalformedWebhookError: the body is no event.
    """
    secret = get_settings().stripe_webhook_secret
    try:
        event = _webhook_event(stripe.Webhook.construct_event(body, signature, secret))
    except stripe.SignatureVerificationError:
        raise InvalidSignatureError from None
    # The body is no text or of another shape, or the signature is no ASCII.
    except (AttributeError, KeyError, TypeError, ValueError):
        raise MalformedWebhookError from None
    if not event.is_storable:
        raise MalformedWebhookError
    return event


async def dispose() -> None:
    """Close the connections of the running event loop."""
    if client := _clients.pop(asyncio.get_running_loop(), None):
        await client.http.close_async()


# ---- inside ------------------------------------------------------------------------------------


def _api() -> V1Services:
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        settings = get_settings()
        http = stripe.HTTPXClient(timeout=settings.stripe_timeout_seconds)
        api = stripe.StripeClient(
            settings.stripe_secret_key,
            base_addresses={"api": settings.stripe_api_base},
            max_network_retries=RETRIES,
            http_client=http,
        )
        _clients[loop] = _Client(api, http)
    return _clients[loop].api.v1


async def _pages(
    read: Callable[[Any], Awaitable[stripe.ListObject[Listed]]],
    asked: Any,  # noqa: ANN401  # what `read` takes.
) -> AsyncIterator[Listed]:
    while True:
        page = await _call(read(asked))
        for row in page.data:
            yield row
        if not page.has_more:
            return
        asked = {**asked, "starting_after": page.data[-1].id}


async def _call(request: Awaitable[Answer]) -> Answer:
    try:
        return await request
    except (stripe.InvalidRequestError, stripe.CardError) as error:
        raise StripeRefusedError(error.code) from error
    except stripe.StripeError as error:
        status = error.http_status or 0
        log.warning("stripe.unavailable", status=status, error=type(error).__name__)
        if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
            raise KeyRefusedError from error
        is_kept = status >= HTTPStatus.INTERNAL_SERVER_ERROR or (
            isinstance(error, stripe.IdempotencyError) and status == HTTPStatus.BAD_REQUEST
        )
        raise StripeUnavailableError(is_answered=is_kept) from error


def _intent(found: stripe.PaymentIntent) -> Intent:
    return Intent(
        id=found.id,
        status=found.status,
        client_secret=found.client_secret or "",
        decline=_decline(found),
    )


def _refund(found: stripe.Refund) -> Refund:
    # Also pending: requires_action. Whoever cancelled it, the buyer does not have the money.
    ends = {"succeeded": RefundStatus.SUCCEEDED} | dict.fromkeys(
        ("failed", "canceled"), RefundStatus.FAILED
    )
    status = ends.get(found.status or "", RefundStatus.PENDING)
    return Refund(id=found.id, status=status, amount_cents=found.amount)


def _webhook_event(event: stripe.Event) -> WebhookEvent:
    subject = event.data.object
    of_intent = event.type.startswith("payment_intent.")
    # Charges, refunds and disputes name their intent; what has none does not concern us.
    intent_id = subject["id"] if of_intent else getattr(subject, "payment_intent", None)
    decline = None
    if event.type == "payment_intent.payment_failed":
        decline = _decline(cast("stripe.PaymentIntent", subject))
    elif event.type == "charge.failed":
        decline = _declined(cast("stripe.Charge", subject))
    return WebhookEvent(id=event.id, kind=event.type, intent_id=intent_id, decline=decline)


def _declined(charge: stripe.Charge) -> Decline:
    reason = charge.outcome.reason if charge.outcome else None
    return Decline(charge.id, reason or charge.failure_code or "card_declined")


def _decline(found: stripe.PaymentIntent) -> Decline | None:
    error = found.last_payment_error
    if found.status != "requires_payment_method" or error is None:
        return None
    # Stripe leaves out what does not apply. A failed 3-D Secure never reached the bank, so that it
    # has no charge; each try has a payment method of its own.
    card = getattr(error, "payment_method", None)
    reference = getattr(error, "charge", None) or (card.id if card else found.id)
    code = getattr(error, "decline_code", None) or getattr(error, "code", None)
    return Decline(reference, code or "card_declined")
