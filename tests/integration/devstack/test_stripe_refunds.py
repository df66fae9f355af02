"""Refunds behave as Stripe documents them, seen through the real SDK over HTTP."""

import pytest
import stripe

from tests.integration.devstack.stripe_tools import Emulator, until


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

    async def test_uncaptured_payment_cannot_be_refunded(self, emulator: Emulator) -> None:
        for intent in (await emulator.authorised(), await emulator.new()):
            with pytest.raises(stripe.InvalidRequestError) as caught:
                await emulator.client.v1.refunds.create_async({"payment_intent": intent.id})
            assert caught.value.code == "charge_not_refundable"

    async def test_requires_charge_or_payment_intent(self, emulator: Emulator) -> None:
        with pytest.raises(stripe.InvalidRequestError, match="exactly one"):
            await emulator.client.v1.refunds.create_async({"amount": 5})

    async def test_bank_may_send_the_money_back(self, emulator: Emulator) -> None:
        intent = await emulator.new(confirm=True, payment_method="pm_card_refundFail")
        taken = await emulator.intents.capture_async(intent.id)
        refunds = emulator.client.v1.refunds
        charges = emulator.client.v1.charges
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
        assert await refund_events(emulator) == [
            (kind, refund_id, "succeeded" if kind == "refund.created" else "failed")
            for refund_id in seen
            for kind in ("refund.created", "refund.updated", "refund.failed")
        ]

    async def test_bank_decides_after_the_configured_time(self, emulator: Emulator) -> None:
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
            return (await refund_events(emulator))[1:] == [
                ("refund.updated", refund.id, "succeeded")
            ]

        await until(updated)
        assert (await emulator.books())["intents"][0]["refunded"] == 2500

    async def test_refund_before_a_reset_is_not_updated(self, emulator: Emulator) -> None:
        intent = await self.captured(emulator)
        await emulator.client.v1.refunds.create_async({"payment_intent": intent.id})
        await emulator.control("reset")
        intent = await self.captured(emulator)
        later = await emulator.client.v1.refunds.create_async({"payment_intent": intent.id})

        async def updated() -> bool:
            return len(await refund_events(emulator)) == 2

        await until(updated)
        assert {refund_id for _, refund_id, _ in await refund_events(emulator)} == {later.id}


async def refund_events(emulator: Emulator) -> list[tuple[str, str, str]]:
    """Return kind, id and status of each event about a refund, oldest first."""
    events = await emulator.client.v1.events.list_async({"limit": 100})
    return [
        (event.type, event.data.object["id"], event.data.object["status"])
        for event in reversed(events.data)
        if event.type.startswith("refund.")
    ]
