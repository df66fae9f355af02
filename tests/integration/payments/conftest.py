"""Payments are tested without the SDK's own retries, so that one fault is one unknown answer."""

from collections.abc import AsyncGenerator

import pytest

from tests.integration.payments import stripe_side
from ticketing_app.devstack.stack import Stack
from ticketing_app.payments import gateway


@pytest.fixture(scope="package", autouse=True)
async def _one_try(stack: Stack) -> AsyncGenerator[None]:
    await gateway.dispose()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gateway, "RETRIES", 0)
        async with stripe_side.connect(stack.env["STRIPE_API_BASE"]):
            yield
    await gateway.dispose()
