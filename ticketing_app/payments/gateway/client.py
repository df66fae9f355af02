"""Connection to Stripe: one client per event loop; every failure is raised as one of three errors."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

import stripe

from ticketing_app.core.errors import AppError
from ticketing_app.core.logging import get_logger
from ticketing_app.core.settings import get_settings

PAGE = 100
API_VERSION = stripe.api_version
RETRIES = 2

log = get_logger()
Answer = TypeVar("Answer")
Listed = TypeVar("Listed", stripe.PaymentIntent, stripe.Event)


class _Client(NamedTuple):
    api: stripe.StripeClient
    http: stripe.HTTPXClient


# Connections belong to the event loop that opened them.
_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, _Client] = WeakKeyDictionary()


class StripeUnavailableError(AppError):
    # The outcome is unknown, which is never a failure of the payment: the caller retries.
    status = HTTPStatus.SERVICE_UNAVAILABLE
    message = (
        "The payment service does not answer right now. "
        "You are never charged twice. Try again in a moment."
    )

    def __init__(self, *, is_answered: bool = False) -> None:
        super().__init__()
        # Stripe stored this response under the idempotency key; only a new key gets another one.
        self.is_answered = is_answered


class StripeRefusedError(Exception):
    # Final, usually because the intent has moved on: the caller reads its present status.
    def __init__(self, code: str | None) -> None:
        super().__init__(f"Stripe refused: {code}")
        self.code = code


class KeyRefusedError(StripeUnavailableError):
    """A wrong API key, or one without this permission. Payments treat it as an outage."""


async def try_key() -> None:
    await call(api().payment_intents.list_async({"limit": 1}))


async def dispose() -> None:
    if client := _clients.pop(asyncio.get_running_loop(), None):
        await client.http.close_async()


def api() -> stripe.V1Services:
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        settings = get_settings()
        http = stripe.HTTPXClient(timeout=settings.stripe_timeout_seconds)
        stripe_client = stripe.StripeClient(
            settings.stripe_secret_key.get_secret_value(),
            base_addresses={"api": settings.stripe_api_base},
            max_network_retries=RETRIES,
            http_client=http,
        )
        _clients[loop] = _Client(stripe_client, http)
    return _clients[loop].api.v1


async def pages(
    read: Callable[[Any], Awaitable[stripe.ListObject[Listed]]],
    params: Any,  # noqa: ANN401  # as `read` takes them.
) -> AsyncIterator[Listed]:
    while True:
        page = await call(read(params))
        for row in page.data:
            yield row
        if not page.has_more:
            return
        params = {**params, "starting_after": page.data[-1].id}


async def call(request: Awaitable[Answer]) -> Answer:
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
