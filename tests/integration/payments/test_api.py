"""The REST contract of payments."""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient

from tests import factories
from tests.integration.payments import emulator
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.settings import get_settings
from ticketing_app.orders.schemas import OrderRead
from ticketing_app.payments.service import refund


@pytest.fixture
async def buyer(api: AsyncClient) -> UserRead:
    body = {"email": "ana@gittix.test", "password": "correct horse"}
    return UserRead.model_validate((await api.post("/api/users/signup", json=body)).json())


@pytest.fixture
async def order(buyer: UserRead) -> OrderRead:
    return await factories.hold(await factories.make_ticket(price=Decimal("40.5")), buyer)


async def open_payment(api: AsyncClient, order: OrderRead) -> dict[str, Any]:
    return (await api.post("/api/payments", json={"orderId": str(order.id)})).json()


class TestOpenPayment:
    async def test_returns_the_data_of_the_card_form(
        self, api: AsyncClient, order: OrderRead
    ) -> None:
        answer = await api.post("/api/payments", json={"orderId": str(order.id)})
        assert answer.status_code == 201
        payment = answer.json()
        assert payment == {
            "id": payment["id"],
            "orderId": str(order.id),
            "status": "created",
            "amount": 40.5,
            "currency": "usd",
            "clientSecret": payment["clientSecret"],
        }
        UUID(payment["id"])
        intent = await emulator.the_intent()
        assert payment["clientSecret"].startswith(f"{intent['id']}_secret_")
        assert (intent["amount"], intent["currency"]) == (4050, "usd")
        assert intent["metadata"] == {
            "order_id": str(order.id),
            "charge_id": payment["id"],
            "ticket_ids": str(order.ticket.id),
        }
        (told,) = await factories.recorded_events("ChargeCreated")
        assert (told["charge_id"], told["amount_cents"]) == (payment["id"], 4050)

    async def test_returns_the_same_payment_in_another_tab(
        self, api: AsyncClient, order: OrderRead
    ) -> None:
        assert await open_payment(api, order) == await open_payment(api, order)

    @pytest.mark.parametrize("body", ["{", "[]", "{}", '{"orderId": 7}', '{"orderId": "x"}'])
    async def test_refuses_a_bad_body(
        self,
        api: AsyncClient,
        buyer: UserRead,  # noqa: ARG002  # signs in.
        body: str,
    ) -> None:
        answer = await api.post("/api/payments", content=body)
        assert answer.status_code == 400

    async def test_needs_a_session(self, api: AsyncClient, order: OrderRead) -> None:
        api.cookies.clear()
        answer = await api.post("/api/payments", json={"orderId": str(order.id)})
        assert answer.status_code == 401

    async def test_hides_the_orders_of_others(
        self,
        api: AsyncClient,
        buyer: UserRead,  # noqa: ARG002  # signs in.
    ) -> None:
        other = await factories.hold(await factories.make_ticket())
        for order_id in (other.id, uuid4()):
            answer = await api.post("/api/payments", json={"orderId": str(order_id)})
            assert answer.status_code == 404
        assert (await emulator.books())["intents"] == []

    async def test_refuses_an_order_that_is_over(self, api: AsyncClient, order: OrderRead) -> None:
        await factories.let_hold_lapse(order.id)
        answer = await api.post("/api/payments", json={"orderId": str(order.id)})
        assert answer.status_code == 409
        assert (await emulator.books())["intents"] == []

    async def test_is_unavailable_while_stripe_is_down(
        self, api: AsyncClient, order: OrderRead
    ) -> None:
        await emulator.break_next("POST /v1/payment_intents$", "down")
        answer = await api.post("/api/payments", json={"orderId": str(order.id)})
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert "clientSecret" in await open_payment(api, order)


class TestPay:
    async def test_ends_with_the_ticket_sold(self, api: AsyncClient, order: OrderRead) -> None:
        payment = await open_payment(api, order)
        confirming = await api.post(f"/api/payments/{payment['id']}/confirming")
        assert confirming.status_code == 200
        assert confirming.json().keys() == {"expiresAt"}
        assert (await api.get(f"/api/orders/{order.id}")).json()["status"] == "awaiting_payment"
        await emulator.enter_card(payment["clientSecret"])
        for _ in range(2):
            settled = await api.post(f"/api/payments/{payment['id']}/settle")
            assert settled.status_code == 200
            assert settled.json() == {"status": "completed", "attemptsLeft": 3, "message": None}
        assert (await api.get(f"/api/tickets/{order.ticket.id}")).json()["status"] == "sold"
        again = await api.post("/api/payments", json={"orderId": str(order.id)})
        assert again.status_code == 409
        late = await api.post(f"/api/payments/{payment['id']}/confirming")
        assert late.status_code == 409
        assert "not charged twice" in late.json()["errors"][0]["message"]

    async def test_is_refused_once_the_time_is_over(
        self, api: AsyncClient, order: OrderRead
    ) -> None:
        payment = await open_payment(api, order)
        await factories.let_hold_lapse(order.id)
        answer = await api.post(f"/api/payments/{payment['id']}/confirming")
        assert answer.status_code == 409
        settled = await api.post(f"/api/payments/{payment['id']}/settle")
        assert settled.json()["status"] == "expired"

    @pytest.mark.parametrize("step", ["confirming", "settle"])
    async def test_hides_the_payments_of_others(
        self, api: AsyncClient, order: OrderRead, step: str
    ) -> None:
        payment = await open_payment(api, order)
        for unknown in (uuid4(), "no-uuid"):
            assert (await api.post(f"/api/payments/{unknown}/{step}")).status_code == 404
        api.cookies.clear()
        assert (await api.post(f"/api/payments/{payment['id']}/{step}")).status_code == 401
        body = {"email": "ben@gittix.test", "password": "correct horse"}
        await api.post("/api/users/signup", json=body)
        assert (await api.post(f"/api/payments/{payment['id']}/{step}")).status_code == 404
        assert (await emulator.the_intent())["status"] == "requires_payment_method"


class TestRefundedOrder:
    async def test_explains_the_refund_on_a_new_attempt(
        self, api: AsyncClient, order: OrderRead
    ) -> None:
        payment = await open_payment(api, order)
        await api.post(f"/api/payments/{payment['id']}/confirming")
        await emulator.enter_card(payment["clientSecret"])
        await api.post(f"/api/payments/{payment['id']}/settle")
        async with db.transaction() as session:
            await refund.request_refund(session, order_id=order.id, reason="The concert was moved.")
        for told in await refusals(api, order, payment["id"]):
            assert told.startswith("This order is being refunded: your money is on its way back.")
        await refund.execute_refund(db.transaction, charge_id=UUID(payment["id"]))
        for told in await refusals(api, order, payment["id"]):
            assert told.startswith("This order was refunded: we sent your money back.")


async def refusals(api: AsyncClient, order: OrderRead, payment_id: str) -> list[str]:
    """Return the messages for an old tab that opens a payment, presses Pay, and cancels."""
    answers = [
        await api.post("/api/payments", json={"orderId": str(order.id)}),
        await api.post(f"/api/payments/{payment_id}/confirming"),
        await api.delete(f"/api/orders/{order.id}"),
    ]
    assert [answer.status_code for answer in answers] == [409, 409, 409]
    return [answer.json()["errors"][0]["message"] for answer in answers]


class TestGetConfig:
    async def test_returns_key_and_address_of_the_settings(self, api: AsyncClient) -> None:
        settings = get_settings()
        assert (await api.get("/api/payments/config")).json() == {
            "publishableKey": settings.stripe_publishable_key,
            "stripeJsUrl": settings.stripe_js_url,
        }
