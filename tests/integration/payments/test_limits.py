"""Limits on payments per buyer, and on calls to Stripe."""

import time
from collections.abc import Callable

import pytest
from httpx import AsyncClient

from tests import factories
from tests.integration.payments import emulator
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.orders.schemas import OrderRead

ChangeSettings = Callable[..., None]
LOOK = "GET /v1/payment_intents/"


@pytest.fixture
async def order(api: AsyncClient) -> OrderRead:
    body = {"email": "ana@gittix.test", "password": "correct horse"}
    buyer = UserRead.model_validate((await api.post("/api/users/signup", json=body)).json())
    return await factories.hold(await factories.make_ticket(), buyer)


@pytest.fixture
async def payment(api: AsyncClient, order: OrderRead) -> dict[str, str]:
    return (await api.post("/api/payments", json={"orderId": str(order.id)})).json()


class TestSettle:
    async def test_asks_stripe_once_in_two_seconds(
        self, api: AsyncClient, payment: dict[str, str], change_settings: ChangeSettings
    ) -> None:
        change_settings(settle_limit_per_charge_per_2_seconds=1)
        before = await emulator.requests(LOOK)
        started = time.monotonic()
        for _ in range(25):
            answer = await api.post(f"/api/payments/{payment['id']}/settle")
            assert (answer.status_code, answer.json()["status"]) == (200, "created")
        windows = (time.monotonic() - started) // 2 + 1
        assert 1 <= await emulator.requests(LOOK) - before <= windows

    async def test_asks_stripe_at_once_after_a_card(
        self, api: AsyncClient, payment: dict[str, str], change_settings: ChangeSettings
    ) -> None:
        change_settings(settle_limit_per_charge_per_2_seconds=1)
        path = f"/api/payments/{payment['id']}"
        await api.post(f"{path}/settle")
        await api.post(f"{path}/confirming")
        await emulator.enter_card(payment["clientSecret"])
        assert (await api.post(f"{path}/settle")).json()["status"] == "completed"

    async def test_is_limited_per_account(
        self, api: AsyncClient, payment: dict[str, str], change_settings: ChangeSettings
    ) -> None:
        change_settings(settle_limit_per_minute=2)
        path = f"/api/payments/{payment['id']}/settle"
        answers = [await api.post(path) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert 1 <= int(answers[2].headers["retry-after"]) <= 60
        assert (await api.post("/api/payments/none/settle")).status_code == 404


class TestOpen:
    async def test_is_limited_per_account_together_with_confirming(
        self, api: AsyncClient, order: OrderRead, change_settings: ChangeSettings
    ) -> None:
        change_settings(payment_limit_per_minute=3)
        body = {"orderId": str(order.id)}
        answers = [await api.post("/api/payments", json=body) for _ in range(2)]
        path = f"/api/payments/{answers[0].json()['id']}/confirming"
        answers += [await api.post(path), await api.post(path)]
        assert [answer.status_code for answer in answers] == [201, 201, 200, 429]
        asked = await emulator.requests("/v1/payment_intents")
        answer = await api.post("/api/payments", json=body)
        assert (answer.status_code, await emulator.requests("/v1/payment_intents")) == (
            429,
            asked,
        )
        assert 1 <= int(answer.headers["retry-after"]) <= 60

    async def test_reports_other_refusals_first(
        self, api: AsyncClient, order: OrderRead, change_settings: ChangeSettings
    ) -> None:
        change_settings(payment_limit_per_minute=1)
        body = {"orderId": str(order.id)}
        assert (await api.post("/api/payments", json=body)).status_code == 201
        await factories.let_hold_lapse(order.id)
        assert (await api.post("/api/payments", json=body)).status_code == 409
        other = await factories.hold(await factories.make_ticket())
        answer = await api.post("/api/payments", json={"orderId": str(other.id)})
        assert answer.status_code == 404
