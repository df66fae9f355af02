"""Cards and 3-D Secure behave as Stripe documents them, seen through the real SDK over HTTP."""

import pytest
import stripe

from tests.integration.devstack.stripe_tools import Emulator, until


class TestCards:
    @pytest.mark.parametrize(
        "number", ["4242424242424242", "378282246310005", "5555 5555 5555 4444"]
    )
    async def test_good_card_is_authorised_then_captured(
        self, emulator: Emulator, number: str
    ) -> None:
        intent = await emulator.new()
        shown = await emulator.type_card(intent, number)
        assert shown["status"] == "requires_capture"
        assert "metadata" not in shown
        held = await emulator.intents.retrieve_async(intent.id)
        assert (held.amount_capturable, held.amount_received) == (2500, 0)
        taken = await emulator.intents.capture_async(intent.id, {"expand": ["latest_charge"]})
        assert (taken.status, taken.amount_capturable, taken.amount_received) == (
            "succeeded",
            0,
            2500,
        )
        assert isinstance(taken.latest_charge, stripe.Charge)
        assert taken.latest_charge.captured

    @pytest.mark.parametrize(
        ("number", "code", "decline_code"),
        [
            ("4000000000000002", "card_declined", "generic_decline"),
            ("4000000000009995", "card_declined", "insufficient_funds"),
            ("4000000000009987", "card_declined", "lost_card"),
            ("4000000000000341", "card_declined", "generic_decline"),
            ("4000000000000069", "expired_card", None),
            ("4000000000000127", "incorrect_cvc", None),
            ("4000000000000119", "processing_error", None),
        ],
    )
    async def test_refused_card_leaves_the_intent_open_for_another(
        self, emulator: Emulator, number: str, code: str, decline_code: str | None
    ) -> None:
        intent = await emulator.new()
        error = (await emulator.type_card(intent, number))["error"]
        assert (error["type"], error["code"]) == ("card_error", code)
        assert error.get("decline_code") == decline_code
        assert error["payment_intent"]["status"] == "requires_payment_method"
        seen = await emulator.intents.retrieve_async(intent.id)
        assert seen.last_payment_error is not None
        assert (seen.last_payment_error.code, seen.last_payment_error.charge) == (
            code,
            error["charge"],
        )
        charge = await emulator.client.v1.charges.retrieve_async(error["charge"])
        assert (charge.status, charge.failure_code) == ("failed", code)
        assert (await emulator.type_card(intent, "4242424242424242"))[
            "status"
        ] == "requires_capture"

    async def test_decline_is_a_card_error_of_the_sdk(self, emulator: Emulator) -> None:
        with pytest.raises(stripe.CardError) as caught:
            await emulator.new(confirm=True, payment_method="pm_card_visa_chargeDeclined")
        assert caught.value.code == "card_declined"
        assert (await emulator.books())["intents"][0]["status"] == "requires_payment_method"

    @pytest.mark.parametrize(
        ("typed", "code"),
        [
            ({"number": "4242424242424241"}, "incorrect_number"),
            ({"number": "4111111111111111"}, "card_declined"),
            ({"number": "4242424242424242", "exp_month": "13"}, "invalid_expiry_month"),
            ({"number": "4242424242424242", "exp_year": "20"}, "invalid_expiry_year"),
            ({"number": "378282246310005", "cvc": "123"}, "invalid_cvc"),
        ],
    )
    async def test_impossible_card_never_reaches_the_issuer(
        self, emulator: Emulator, typed: dict[str, str], code: str
    ) -> None:
        intent = await emulator.new()
        answer = await emulator.type_card(intent, **typed)
        assert answer["error"]["code"] == code
        assert (await emulator.books())["charges"] == []

    async def test_automatic_capture_takes_the_money_at_once(self, emulator: Emulator) -> None:
        intent = await emulator.new(
            capture_method="automatic", confirm=True, payment_method="pm_card_visa"
        )
        assert (intent.status, intent.amount_received) == ("succeeded", 2500)


class TestThreeDSecure:
    @pytest.mark.parametrize("number", ["4000002500003155", "4000002760003184"])
    async def test_passed_challenge_authorises(self, emulator: Emulator, number: str) -> None:
        intent = await emulator.new()
        asked = await emulator.type_card(intent, number)
        assert (asked["status"], asked["next_action"]["type"]) == (
            "requires_action",
            "use_stripe_sdk",
        )
        shown = await emulator.browser(intent, "challenge", outcome="passed")
        assert (shown["status"], shown["next_action"]) == ("requires_capture", None)

    async def test_failed_challenge_leaves_the_intent_open(self, emulator: Emulator) -> None:
        intent = await emulator.new()
        await emulator.type_card(intent, "4000002500003155")
        shown = await emulator.browser(intent, "challenge", outcome="failed")
        assert shown["status"] == "requires_payment_method"
        assert shown["last_payment_error"]["code"] == "payment_intent_authentication_failure"
        assert shown["last_payment_error"]["payment_method"]["id"].startswith("pm_")

    async def test_issuer_may_refuse_after_the_challenge(self, emulator: Emulator) -> None:
        intent = await emulator.new()
        await emulator.type_card(intent, "4000008260003178")
        shown = await emulator.browser(intent, "challenge", outcome="passed")
        assert shown["error"]["decline_code"] == "insufficient_funds"

    async def test_challenge_is_refused_once_the_intent_is_cancelled(
        self, emulator: Emulator
    ) -> None:
        intent = await emulator.new()
        await emulator.type_card(intent, "4000002500003155")
        await emulator.intents.cancel_async(intent.id)
        shown = await emulator.browser(intent, "challenge", outcome="passed")
        assert shown["error"]["code"] == "payment_intent_unexpected_state"
        assert shown["error"]["payment_intent"]["status"] == "canceled"
        assert "metadata" not in shown["error"]["payment_intent"]


class TestCardNumbers:
    async def test_are_not_stored(self, emulator: Emulator) -> None:
        intent = await emulator.new()
        await emulator.type_card(intent, "4000000000000002")
        state = emulator.folder / "stripe.json"
        await until(state.exists)
        assert "4000000000000002" not in state.read_text()
        (charge,) = (
            await emulator.client.v1.charges.list_async({"payment_intent": intent.id})
        ).data
        assert charge.payment_method_details is not None
        assert charge.payment_method_details.card is not None
        assert charge.payment_method_details.card.last4 == "0002"
