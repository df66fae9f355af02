"""Payments are tested without the SDK's own retries, so that one fault is one unknown answer."""

from collections.abc import AsyncGenerator

import pytest

from ticketing_app.payments import gateway


@pytest.fixture(autouse=True)
async def _one_try(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[None]:
    monkeypatch.setattr(gateway, "RETRIES", 0)
    await gateway.dispose()
    yield
    await gateway.dispose()
