"""Connection to Stripe: one client per event loop, and three errors for all that can go wrong."""

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


async def try_key() -> None:
    """Ask Stripe for something that does not matter.

    Raises:
        KeyRefusedError: it does not take our key.
        StripeUnavailableError: no answer.
    """
    await call(api().payment_intents.list_async({"limit": 1}))


async def dispose() -> None:
    """Close the connections of the running event loop."""
    if client := _clients.pop(asyncio.get_running_loop(), None):
        await client.http.close_async()


def api() -> stripe.V1Services:
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


async def pages(
    read: Callable[[Any], Awaitable[stripe.ListObject[Listed]]],
    asked: Any,  # noqa: ANN401  # what `read` takes.
) -> AsyncIterator[Listed]:
    while True:
        page = await call(read(asked))
        for row in page.data:
            yield row
        if not page.has_more:
            return
        asked = {**asked, "starting_after": page.data[-1].id}


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
