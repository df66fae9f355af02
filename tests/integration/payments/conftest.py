"""Payments are tested without the SDK's retries, so that one fault is one unknown outcome.

Rate limits are off, because few accounts send many requests. Tests of limits set them.
"""

from collections.abc import AsyncGenerator

import pytest

from tests import invariants
from tests.fakes import FakeGateway
from tests.integration.payments import emulator
from ticketing_app.core.settings import get_settings
from ticketing_app.devstack.stack import Stack
from ticketing_app.payments.gateway import client
from ticketing_app.payments.service import dispute, opening, refund, refund_record, settle, void

LIMITS = (
    "HOLD_LIMIT_PER_MINUTE",
    "LISTING_LIMIT_PER_HOUR",
    "MAX_OPEN_LISTINGS",
    "PAYMENT_LIMIT_PER_MINUTE",
    "SETTLE_LIMIT_PER_MINUTE",
    "SETTLE_LIMIT_PER_CHARGE_PER_2_SECONDS",
)


@pytest.fixture(scope="package", autouse=True)
async def _one_try(stack: Stack) -> AsyncGenerator[None]:
    await client.dispose()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "RETRIES", 0)
        for name in LIMITS:
            patch.setenv(name, "0")
        get_settings.cache_clear()
        async with emulator.connect(stack.env["STRIPE_API_BASE"]):
            yield
    get_settings.cache_clear()
    await client.dispose()


@pytest.fixture
async def stripe(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> FakeGateway:
    """Replace Stripe for the services; the emulator's books do not contain these sales."""
    await invariants.empty(stack.env["DATABASE_URL"], stack.env["STRIPE_API_BASE"])
    fake = FakeGateway()
    for module in (opening, settle, void, refund, refund_record, dispute):
        monkeypatch.setattr(module, "intents", fake)
    return fake
