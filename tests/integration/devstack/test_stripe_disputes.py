"""Disputes behave as Stripe documents them, seen through the real SDK over HTTP."""

from typing import Any

import pytest
import stripe

from tests.integration.devstack.stripe_tools import Emulator

OPENED = [
    ("charge.dispute.created", "needs_response"),
    ("charge.dispute.funds_withdrawn", "needs_response"),
]


class TestDisputes:
    async def disputed(self, emulator: Emulator) -> stripe.Dispute:
        intent = await emulator.new(confirm=True, payment_method="pm_card_createDispute")
        assert (await emulator.books())["disputes"] == []
        await emulator.intents.capture_async(intent.id)
        (dispute,) = (await self.disputes(emulator).list_async({"payment_intent": intent.id})).data
        return dispute

    def disputes(self, emulator: Emulator) -> stripe.DisputeService:
        return emulator.client.v1.disputes

    async def events(self, emulator: Emulator) -> list[tuple[str, str]]:
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
        assert await self.events(emulator) == OPENED
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
        assert await self.events(emulator) == [*OPENED, ("charge.dispute.closed", "lost")]
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
        assert await self.events(emulator) == [
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
