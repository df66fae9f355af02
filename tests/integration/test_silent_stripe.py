"""Stripe accepts connections but does not answer; the SDK retries."""

import asyncio
from collections.abc import AsyncGenerator, Callable

import pytest

from tests.integration.payments import emulator, sales
from tests.waiting import eventually
from ticketing_app.payments.gateway import client, intents
from ticketing_app.payments.gateway.client import StripeUnavailableError

TRIES = 3
SILENT_SECONDS = 3
"""Longer than our timeout per call, shorter than the SDK's default of 80 s."""


@pytest.fixture
async def _impatient(change_settings: Callable[..., None]) -> AsyncGenerator[None]:
    await client.dispose()
    change_settings(stripe_timeout_seconds=0.3)
    yield
    await client.dispose()


@pytest.mark.usefixtures("stripe_books", "_impatient")
async def test_gives_up_after_three_timeouts() -> None:
    sale = await sales.start_sale()
    intent = sale.secret.partition("_secret_")[0]
    asked = f"GET /v1/payment_intents/{intent}"
    await emulator.break_next(asked, "delay", times=10, seconds=SILENT_SECONDS)
    async with asyncio.timeout(60):
        with pytest.raises(StripeUnavailableError):
            await intents.get_intent(intent)

    async def is_asked_three_times() -> bool:
        return await emulator.requests(asked) == TRIES

    await eventually(is_asked_three_times)
