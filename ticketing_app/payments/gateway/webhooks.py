"""Webhook events of Stripe and the endpoints that receive them."""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import cast

import stripe

from ticketing_app.core.errors import AppError
from ticketing_app.core.settings import get_settings
from ticketing_app.payments.gateway import client
from ticketing_app.payments.gateway.intents import decline_of_charge, decline_of_intent
from ticketing_app.payments.schemas import WebhookEndpoint, WebhookEvent


class InvalidSignatureError(AppError):
    message = "The signature of this webhook is not valid."


class MalformedWebhookError(AppError):
    message = "This webhook is not an event of Stripe."


async def list_undelivered(
    *, kinds: Iterable[str], since: datetime, until: datetime | None = None
) -> AsyncIterator[WebhookEvent]:
    """Yield the events that reached no endpoint, newest first; `until` is a whole second, inclusive."""
    created: stripe.params.EventListParamsCreated = {"gte": int(since.timestamp())}
    if until:
        created["lte"] = int(until.timestamp())
    params: stripe.params.EventListParams = {
        "types": list(kinds),
        "created": created,
        "delivery_success": False,
        "limit": client.PAGE,
    }
    async for event in client.pages(client.api().events.list_async, params):
        yield _webhook_event(event)


async def list_webhook_endpoints() -> list[WebhookEndpoint]:
    found = await client.call(client.api().webhook_endpoints.list_async({"limit": client.PAGE}))
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
    """Parse a webhook that Stripe signed within the last five minutes."""
    secret = get_settings().stripe_webhook_secret.get_secret_value()
    try:
        event = _webhook_event(stripe.Webhook.construct_event(body, signature, secret))
    except stripe.SignatureVerificationError:
        raise InvalidSignatureError from None
    # Raised if the body is not text or not an event, or if the signature is not ASCII.
    except (AttributeError, KeyError, TypeError, ValueError):
        raise MalformedWebhookError from None
    if not event.is_storable:
        raise MalformedWebhookError
    return event


def _webhook_event(event: stripe.Event) -> WebhookEvent:
    subject = event.data.object
    of_intent = event.type.startswith("payment_intent.")
    # Charges, refunds and disputes refer to their intent; events without one are not ours.
    intent_id = subject["id"] if of_intent else getattr(subject, "payment_intent", None)
    decline = None
    if event.type == "payment_intent.payment_failed":
        decline = decline_of_intent(cast("stripe.PaymentIntent", subject))
    elif event.type == "charge.failed":
        decline = decline_of_charge(cast("stripe.Charge", subject))
    return WebhookEvent(id=event.id, kind=event.type, intent_id=intent_id, decline=decline)
