"""The same tests against the emulator or Stripe's test mode; only addresses and keys differ."""

import os
from collections.abc import AsyncGenerator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.contract.target import Buyer, Open, operators_key
from ticketing_app.core.settings import get_settings
from ticketing_app.core.transport import STRIPE_API
from ticketing_app.devstack.stack import Stack
from ticketing_app.payments.gateway import client, intents
from ticketing_app.payments.schemas import Intent


@pytest.fixture(scope="package")
async def buyer(request: pytest.FixtureRequest) -> AsyncGenerator[Buyer]:
    """A buyer, and a gateway that uses the same Stripe."""
    key = operators_key(os.environ)
    stack: Stack | None = None if key else request.getfixturevalue("stack")
    await client.dispose()
    with pytest.MonkeyPatch.context() as patch:
        if key:
            patch.setenv("STRIPE_SECRET_KEY", key)
            patch.setenv("STRIPE_API_BASE", STRIPE_API)
        get_settings.cache_clear()
        settings = get_settings()
        buyer = Buyer(settings.stripe_secret_key.get_secret_value(), settings.stripe_api_base)
        yield buyer
        await buyer.close()
        await client.dispose()
    get_settings.cache_clear()
    if stack:
        # These tests also send invalid requests, which must not reach the books of other tests.
        async with httpx.AsyncClient(base_url=stack.env["STRIPE_API_BASE"]) as emulator:
            (await emulator.post("/_emulator/reset")).raise_for_status()


@pytest.fixture
async def open_intent(buyer: Buyer) -> AsyncGenerator[Open]:
    """Open an intent for an order of its own, as the product does; nothing stays open afterwards."""
    opened: set[str] = set()

    async def open_one(**changes: object) -> Intent:
        asked: dict[str, Any] = {
            "key": f"contract-{uuid4()}",
            "amount_cents": 100,
            "currency": "usd",
            "order_id": uuid4(),
            "ticket_ids": [uuid4()],
            "charge_id": uuid4(),
            "receipt_email": "buyer@example.com",
        }
        asked.update(changes)
        intent = await intents.create_intent(**asked)
        opened.add(intent.id)
        return intent

    yield open_one
    await buyer.leave_nothing_open(opened)
