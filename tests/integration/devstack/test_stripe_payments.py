"""Cards, states and money behave as Stripe documents them, seen through the real SDK over real HTTP."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

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

    async def test_server_sees_a_decline_as_card_error(self, emulator: Emulator) -> None:
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


class TestRefunds:
    async def captured(self, emulator: Emulator) -> stripe.PaymentIntent:
        return await emulator.intents.capture_async((await emulator.authorised()).id)

    async def test_whole_refund_happens_once(self, emulator: Emulator) -> None:
        intent = await self.captured(emulator)
        refunds = emulator.client.v1.refunds
        refund = await refunds.create_async(
            {"payment_intent": intent.id, "reason": "requested_by_customer"}
        )
        assert (refund.status, refund.amount) == ("succeeded", 2500)
        with pytest.raises(stripe.InvalidRequestError) as caught:
            await refunds.create_async({"charge": str(intent.latest_charge)})
        assert caught.value.code == "charge_already_refunded"
        found = await refunds.list_async({"payment_intent": intent.id})
        assert [row.id for row in found.data] == [refund.id]
        assert (await refunds.retrieve_async(refund.id)).charge == intent.latest_charge
        assert (await emulator.books())["intents"][0]["refunded"] == 2500

    async def test_parts_add_up_to_the_whole_at_most(self, emulator: Emulator) -> None:
        intent = await self.captured(emulator)
        refunds = emulator.client.v1.refunds
        await refunds.create_async({"payment_intent": intent.id, "amount": 2000})
        with pytest.raises(stripe.InvalidRequestError) as caught:
            await refunds.create_async({"payment_intent": intent.id, "amount": 501})
        assert caught.value.code == "amount_too_large"
        await refunds.create_async({"payment_intent": intent.id, "amount": 500})
        charge = await emulator.client.v1.charges.retrieve_async(str(intent.latest_charge))
        assert (charge.refunded, charge.amount_refunded) == (True, 2500)

    async def test_what_was_not_captured_cannot_be_refunded(self, emulator: Emulator) -> None:
        for intent in (await emulator.authorised(), await emulator.new()):
            with pytest.raises(stripe.InvalidRequestError) as caught:
                await emulator.client.v1.refunds.create_async({"payment_intent": intent.id})
            assert caught.value.code == "charge_not_refundable"

    async def test_names_exactly_one_thing_to_refund(self, emulator: Emulator) -> None:
        with pytest.raises(stripe.InvalidRequestError, match="exactly one"):
            await emulator.client.v1.refunds.create_async({"amount": 5})

    async def test_bank_may_send_the_money_back(self, emulator: Emulator) -> None:
        intent = await emulator.new(confirm=True, payment_method="pm_card_refundFail")
        taken = await emulator.intents.capture_async(intent.id)
        refunds, charges = emulator.client.v1.refunds, emulator.client.v1.charges
        seen: list[str] = []
        for _ in range(2):
            refund = await refunds.create_async({"payment_intent": intent.id})
            assert (refund.status, refund.failure_reason) == ("succeeded", None)

            async def failed(refund_id: str = refund.id) -> bool:
                return (await refunds.retrieve_async(refund_id)).status == "failed"

            await until(failed)
            assert (await refunds.retrieve_async(refund.id)).failure_reason == "unknown"
            charge = await charges.retrieve_async(str(taken.latest_charge))
            assert (charge.refunded, charge.amount_refunded) == (False, 0)
            seen.append(refund.id)
        books = await emulator.books()
        assert [row["status"] for row in books["refunds"]] == ["failed", "failed"]
        assert books["intents"][0]["refunded"] == 0
        assert await told(emulator) == [
            (kind, refund_id, "succeeded" if kind == "refund.created" else "failed")
            for refund_id in seen
            for kind in ("refund.created", "refund.updated", "refund.failed")
        ]

    async def test_bank_takes_as_long_as_it_is_told(self, emulator: Emulator) -> None:
        await emulator.control("bank", seconds=3600)
        intent = await emulator.new(confirm=True, payment_method="pm_card_refundFail")
        await emulator.intents.capture_async(intent.id)
        refunds = emulator.client.v1.refunds
        refund = await refunds.create_async({"payment_intent": intent.id})
        assert (await refunds.retrieve_async(refund.id)).status == "succeeded"
        await emulator.control("bank", seconds=0)
        assert (await refunds.retrieve_async(refund.id)).status == "failed"
        await emulator.control("bank", seconds=0.2)

    async def test_refund_that_stays_is_updated_once(self, emulator: Emulator) -> None:
        intent = await self.captured(emulator)
        refund = await emulator.client.v1.refunds.create_async({"payment_intent": intent.id})

        async def updated() -> bool:
            return (await told(emulator))[1:] == [("refund.updated", refund.id, "succeeded")]

        await until(updated)
        assert (await emulator.books())["intents"][0]["refunded"] == 2500

    async def test_forgotten_refund_is_not_heard_of_again(self, emulator: Emulator) -> None:
        intent = await self.captured(emulator)
        await emulator.client.v1.refunds.create_async({"payment_intent": intent.id})
        await emulator.control("reset")
        intent = await self.captured(emulator)
        later = await emulator.client.v1.refunds.create_async({"payment_intent": intent.id})

        async def updated() -> bool:
            return len(await told(emulator)) == 2

        await until(updated)
        assert {refund_id for _, refund_id, _ in await told(emulator)} == {later.id}


OPENED = [
    ("charge.dispute.created", "needs_response"),
    ("charge.dispute.funds_withdrawn", "needs_response"),
]


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


class TestNumbers:
    async def test_are_not_kept(self, emulator: Emulator) -> None:
        intent = await emulator.new()
        await emulator.type_card(intent, "4000000000000002")
        kept = emulator.folder / "stripe.json"
        await until(kept.exists)
        assert "4000000000000002" not in kept.read_text()
        (charge,) = (
            await emulator.client.v1.charges.list_async({"payment_intent": intent.id})
        ).data
        assert charge.payment_method_details is not None
        assert charge.payment_method_details.card is not None
        assert charge.payment_method_details.card.last4 == "0002"


class TestDisputes:
    async def disputed(self, emulator: Emulator) -> stripe.Dispute:
        intent = await emulator.new(confirm=True, payment_method="pm_card_createDispute")
        assert (await emulator.books())["disputes"] == []
        await emulator.intents.capture_async(intent.id)
        (dispute,) = (await self.disputes(emulator).list_async({"payment_intent": intent.id})).data
        return dispute

    def disputes(self, emulator: Emulator) -> stripe.DisputeService:
        return emulator.client.v1.disputes

    async def told(self, emulator: Emulator) -> list[tuple[str, str]]:
        events = await emulator.client.v1.events.list_async({"limit": 100})
        return [
            (event.type, event.data.object["status"])
            for event in reversed(events.data)
            if event.type.startswith("charge.dispute.")
        ]

    async def test_comes_when_the_money_is_taken(self, emulator: Emulator) -> None:
        dispute = await self.disputed(emulator)
        assert (dispute.status, dispute.reason) == ("needs_response", "fraudulent")
        assert (dispute.amount, dispute.currency) == (2500, "usd")
        charge = await emulator.client.v1.charges.retrieve_async(str(dispute.charge))
        assert (charge.disputed, charge.payment_intent) == (True, dispute.payment_intent)
        assert await self.told(emulator) == OPENED
        assert (await emulator.books())["disputes"] == [
            {
                "id": dispute.id,
                "charge": dispute.charge,
                "payment_intent": dispute.payment_intent,
                "status": "needs_response",
                "amount": 2500,
            }
        ]

    async def test_comes_after_an_automatic_capture_too(self, emulator: Emulator) -> None:
        await emulator.new(
            capture_method="automatic", confirm=True, payment_method="pm_card_createDispute"
        )
        assert len((await emulator.books())["disputes"]) == 1

    async def test_is_lost_when_accepted(self, emulator: Emulator) -> None:
        dispute = await self.disputed(emulator)
        accepted = await self.disputes(emulator).close_async(dispute.id)
        assert accepted.status == "lost"
        assert await self.told(emulator) == [*OPENED, ("charge.dispute.closed", "lost")]
        with pytest.raises(stripe.InvalidRequestError, match="is lost"):
            await self.disputes(emulator).close_async(dispute.id)

    @pytest.mark.parametrize(
        ("words", "decision"), [("winning_evidence", "won"), ("losing_evidence", "lost")]
    )
    async def test_is_decided_by_the_evidence(
        self, emulator: Emulator, words: str, decision: str
    ) -> None:
        dispute = await self.disputed(emulator)
        answered = await self.disputes(emulator).update_async(
            dispute.id, {"evidence": {"uncategorized_text": words}, "submit": True}
        )
        assert answered.status == decision
        reinstated = [("charge.dispute.funds_reinstated", "won")] if decision == "won" else []
        assert await self.told(emulator) == [
            *OPENED,
            ("charge.dispute.updated", "under_review"),
            *reinstated,
            ("charge.dispute.closed", decision),
        ]
        with pytest.raises(stripe.InvalidRequestError, match=f"is {decision}"):
            await self.disputes(emulator).update_async(dispute.id, {"submit": True})

    async def test_staged_evidence_goes_to_the_bank_later(self, emulator: Emulator) -> None:
        dispute = await self.disputed(emulator)
        evidence: Any = {"uncategorized_text": "winning_evidence", "customer_name": "Ada"}
        staged = await self.disputes(emulator).update_async(
            dispute.id, {"evidence": evidence, "submit": False}
        )
        assert (staged.status, staged.evidence.customer_name) == ("needs_response", "Ada")
        sent = await self.disputes(emulator).update_async(dispute.id, {"submit": True})
        assert sent.status == "won"

    async def test_other_evidence_is_under_review(self, emulator: Emulator) -> None:
        dispute = await self.disputed(emulator)
        await self.disputes(emulator).update_async(
            dispute.id, {"evidence": {"uncategorized_text": "They were there."}}
        )
        assert (await self.disputes(emulator).retrieve_async(dispute.id)).status == "under_review"

    async def test_disputed_charge_can_be_refunded_only_once_it_was_won(
        self, emulator: Emulator
    ) -> None:
        dispute = await self.disputed(emulator)
        refunds = emulator.client.v1.refunds
        with pytest.raises(stripe.InvalidRequestError) as caught:
            await refunds.create_async({"charge": str(dispute.charge)})
        assert caught.value.code == "charge_disputed"
        await self.disputes(emulator).update_async(
            dispute.id, {"evidence": {"uncategorized_text": "winning_evidence"}}
        )
        assert (await refunds.create_async({"charge": str(dispute.charge)})).amount == 2500


async def told(emulator: Emulator) -> list[tuple[str, str, str]]:
    """Return kind, id and status of each event about a refund, oldest first."""
    events = await emulator.client.v1.events.list_async({"limit": 100})
    return [
        (event.type, event.data.object["id"], event.data.object["status"])
        for event in reversed(events.data)
        if event.type.startswith("refund.")
    ]
