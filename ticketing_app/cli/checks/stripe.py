"""Checks of Stripe's key and webhook endpoints."""

import asyncio
from collections.abc import Iterator, Sequence

from ticketing_app.cli.checks.findings import (
    Finding,
    enumerate_or,
    judge,
    ok,
    unknown,
    wrong,
)
from ticketing_app.core.settings import Settings
from ticketing_app.core.transport import STRIPE_API
from ticketing_app.payments.gateway import client, webhooks
from ticketing_app.payments.gateway.client import (
    KeyRefusedError,
    StripeRefusedError,
    StripeUnavailableError,
)
from ticketing_app.payments.schemas import WebhookEndpoint
from ticketing_app.payments.service.webhook import HANDLERS

WEBHOOK_PATH = "/api/stripe/webhook"
ALL_KINDS = "*"
ANSWER_SECONDS = 10


async def check_stripe(settings: Settings) -> list[Finding]:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await client.try_key()
    except KeyRefusedError:
        remedy = "set STRIPE_SECRET_KEY to a secret key of the account, in test mode."
        return [wrong("Stripe", "it refuses our key.", remedy)]
    except (StripeUnavailableError, TimeoutError):
        return [unknown("Stripe", "it does not answer; payments wait until it does.")]
    accepted = ok("Stripe", "it takes our key.")
    if settings.stripe_api_base != STRIPE_API:
        return [accepted, unknown("webhooks", "a stand-in has no endpoints to ask about.")]
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            endpoints = await webhooks.list_webhook_endpoints()
    except (StripeRefusedError, StripeUnavailableError, TimeoutError):
        return [accepted, unknown("webhooks", "we could not ask; look in Stripe's Dashboard.")]
    return [accepted, *check_endpoints(endpoints, settings.public_url)]


def check_endpoints(endpoints: Sequence[WebhookEndpoint], public_url: str) -> Iterator[Finding]:
    """Check that the account has an endpoint for this site, for every kind that we handle."""
    url = public_url.rstrip("/") + WEBHOOK_PATH
    ours = next((endpoint for endpoint in endpoints if endpoint.url == url), None)
    remedy = f"register {url} in Stripe's Dashboard, see docs/operations.md."
    if ours is None:
        yield wrong("webhooks", "there is no endpoint for this site.", remedy)
        return
    if not ours.is_enabled:
        yield wrong("webhooks", "ours is switched off.", remedy)
        return
    missing = [] if ALL_KINDS in ours.kinds else sorted(HANDLERS.keys() - ours.kinds)
    yield judge(
        "webhooks",
        not missing,
        enumerate_or("every kind that we handle is sent.", "not sent", missing),
        "add these kinds to the endpoint in Stripe's Dashboard.",
    )
    yield judge(
        "webhook version",
        ours.api_version == client.API_VERSION,
        f"{ours.api_version or 'the default of the account'}, the SDK's is {client.API_VERSION}.",
        "make the endpoint anew with the SDK's version.",
    )
