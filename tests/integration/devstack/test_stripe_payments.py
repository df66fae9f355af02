"""States of a PaymentIntent behave as Stripe documents them, seen through the real SDK over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import stripe

from tests.integration.devstack.stripe_tools import Emulator


class TestStates:
    async def test_cancelled_intent_can_neither_be_captured_nor_confirmed(
        self, emulator: Emulator
    ) -> None:
        intent = await emulator.authorised()
        gone = await emulator.intents.cancel_async(intent.id, {"cancellation_reason": "abandoned"})
        assert (gone.status, gone.cancellation_reason) == ("canceled", "abandoned")
        assert gone.amount_capturable == 0
        for attempt in (emulator.intents.capture_async, emulator.intents.confirm_async):
            with pytest.raises(stripe.InvalidRequestError) as caught:
                await attempt(intent.id)
            assert caught.value.code == "payment_intent_unexpected_state"
        assert (await emulator.books())["intents"][0]["captured"] == 0

    async def test_of_five_captures_at_once_one_wins(self, emulator: Emulator) -> None:
        intent = await emulator.authorised()
        captures = [emulator.intents.capture_async(intent.id) for _ in range(5)]
        results = await asyncio.gather(*captures, return_exceptions=True)
        refused = [result for result in results if isinstance(result, stripe.InvalidRequestError)]
        assert len(refused) == 4
        assert (await emulator.books())["intents"][0]["captured"] == 2500

    async def test_captured_intent_cannot_be_cancelled(self, emulator: Emulator) -> None:
        intent = await emulator.authorised()
        await emulator.intents.capture_async(intent.id)
        with pytest.raises(stripe.InvalidRequestError, match="status of succeeded"):
            await emulator.intents.cancel_async(intent.id)

    async def test_unknown_ids_are_not_found(self, emulator: Emulator) -> None:
        attempts: list[Callable[[], Awaitable[object]]] = [
            lambda: emulator.intents.retrieve_async("pi_1"),
            lambda: emulator.client.v1.payment_methods.retrieve_async("pm_1"),
            lambda: emulator.client.v1.refunds.create_async({"payment_intent": "pi_1"}),
        ]
        for attempt in attempts:
            with pytest.raises(stripe.InvalidRequestError) as caught:
                await attempt()
            assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


class TestAuthorisation:
    async def test_ends_by_itself_and_is_no_refund(self, emulator: Emulator) -> None:
        intent = await emulator.authorised()
        await emulator.control("expire", payment_intent=intent.id)
        seen = await emulator.intents.retrieve_async(intent.id, {"expand": ["latest_charge"]})
        assert (seen.status, seen.cancellation_reason) == ("canceled", "automatic")
        assert isinstance(seen.latest_charge, stripe.Charge)
        assert (seen.latest_charge.refunded, seen.latest_charge.amount_refunded) == (False, 0)
        events = await emulator.client.v1.events.list_async({"limit": 2})
        assert [event.type for event in events.data] == [
            "payment_intent.canceled",
            "charge.expired",
        ]

    async def test_that_was_captured_does_not_expire(self, emulator: Emulator) -> None:
        intent = await emulator.authorised()
        await emulator.intents.capture_async(intent.id)
        refused = await emulator.http.post("/_emulator/expire", json={"payment_intent": intent.id})
        assert refused.json()["error"]["code"] == "payment_intent_unexpected_state"
