"""Behaviour of Stripe on which the product relies, and which the emulator must copy.

With STRIPE_CONTRACT_KEY=sk_test_... in the environment, Stripe's test mode answers; else the emulator.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import stripe

from tests.contract.target import SECONDS, Buyer, Open
from tests.waiting import eventually
from ticketing_app.payments.gateway import client, intents
from ticketing_app.payments.rules import RefundStatus
from ticketing_app.payments.schemas import Decline, Intent, MadeRefund

pytestmark = pytest.mark.stripe_contract

UNEXPECTED_STATE = "payment_intent_unexpected_state"


def one_wish() -> dict[str, object]:
    """Return the arguments that identify one opening of an intent."""
    return {
        "key": f"contract-{uuid4()}",
        "order_id": uuid4(),
        "ticket_ids": [uuid4()],
        "charge_id": uuid4(),
    }


async def captured(buyer: Buyer, open_intent: Open, card: str) -> Intent:
    intent = await open_intent()
    await buyer.confirm(intent, card)
    return await intents.capture_intent(intent.id)


async def decline(buyer: Buyer, intent: Intent, card: str) -> Decline:
    """Confirm a card that is declined; return the decline as the gateway reads it."""
    with pytest.raises(stripe.CardError):
        await buyer.confirm(intent, card)
    seen = await intents.get_intent(intent.id)
    assert seen.status == "requires_payment_method"
    assert seen.decline is not None
    return seen.decline


async def events_about(
    buyer: Buyer, intent: Intent, *, until: str, times: int = 1
) -> list[stripe.Event]:
    """Return the events about this intent, once the last of them is there."""
    since: stripe.params.EventListParams = {"created": {"gte": (await buyer.see(intent)).created}}
    found: list[stripe.Event] = []

    def is_about(subject: Any) -> bool:  # noqa: ANN401  # an intent, charge, refund, dispute or warning.
        return intent.id in {subject["id"], getattr(subject, "payment_intent", None)}

    async def arrived() -> bool:
        pages = await buyer.api.events.list_async(since)
        found[:] = [
            event async for event in pages.auto_paging_iter() if is_about(event.data.object)
        ]
        return sum(event.type == until for event in found) >= times

    await eventually(arrived, seconds=SECONDS)
    return found


async def kinds_about(buyer: Buyer, intent: Intent, *, until: str) -> set[str]:
    return {event.type for event in await events_about(buyer, intent, until=until)}


async def refund(intent: Intent, amount_cents: int = 100, **asked: Any) -> MadeRefund:  # noqa: ANN401  # any argument.
    ids: dict[str, Any] = {"key": f"contract-{uuid4()}", "charge_id": uuid4(), "refund_id": uuid4()}
    return await intents.refund_intent(intent.id, amount_cents=amount_cents, **ids | asked)


class TestIntent:
    async def test_is_found_again_under_its_key(self, open_intent: Open) -> None:
        wish = one_wish()
        first = await open_intent(**wish)
        second = await open_intent(**wish)
        assert first.status == "requires_payment_method"
        assert first.client_secret
        assert first == second

    async def test_key_belongs_to_its_parameters(self, open_intent: Open) -> None:
        wish = one_wish()
        await open_intent(**wish)
        with pytest.raises(client.StripeUnavailableError) as caught:
            await open_intent(**wish, amount_cents=101)
        assert isinstance(caught.value.__cause__, stripe.IdempotencyError)
        assert caught.value.is_answered

    async def test_takes_no_payment_method_types(self, buyer: Buyer) -> None:
        wish: Any = {"amount": 100, "currency": "usd", "payment_method_types": ["card"]}
        with pytest.raises(stripe.InvalidRequestError, match="payment_method_types"):
            await buyer.api.payment_intents.create_async(wish)


class TestAuthorised:
    async def test_takes_nothing_yet(self, buyer: Buyer, open_intent: Open) -> None:
        intent = await open_intent()
        await buyer.confirm(intent, "pm_card_visa")
        assert (await intents.get_intent(intent.id)).status == "requires_capture"
        seen = await buyer.see(intent)
        assert (seen.amount_capturable, seen.amount_received) == (100, 0)

    async def test_is_captured_once(self, buyer: Buyer, open_intent: Open) -> None:
        intent = await captured(buyer, open_intent, "pm_card_visa")
        assert intent.status == "succeeded"
        for again in (intents.capture_intent, intents.cancel_intent):
            with pytest.raises(client.StripeRefusedError) as caught:
                await again(intent.id)
            assert caught.value.code == UNEXPECTED_STATE
        assert (await intents.get_intent(intent.id)).status == "succeeded"
        seen = await buyer.see(intent)
        assert (seen.amount_capturable, seen.amount_received) == (0, 100)

    async def test_is_freed_by_cancelling_for_good(self, buyer: Buyer, open_intent: Open) -> None:
        intent = await open_intent()
        await buyer.confirm(intent, "pm_card_visa")
        assert (await intents.cancel_intent(intent.id)).status == "canceled"
        with pytest.raises(client.StripeRefusedError) as caught:
            await intents.capture_intent(intent.id)
        assert caught.value.code == UNEXPECTED_STATE
        with pytest.raises(stripe.InvalidRequestError) as refused:
            await buyer.confirm(intent, "pm_card_visa")
        assert refused.value.code == UNEXPECTED_STATE
        seen = await buyer.see(intent)
        assert (seen.status, seen.amount_capturable, seen.amount_received) == ("canceled", 0, 0)

    async def test_that_is_cancelled_is_no_refund(self, buyer: Buyer, open_intent: Open) -> None:
        intent = await open_intent()
        await buyer.confirm(intent, "pm_card_visa")
        await intents.cancel_intent(intent.id)
        (charge,) = (await buyer.api.charges.list_async({"payment_intent": intent.id})).data
        assert (charge.captured, charge.refunded, charge.amount_refunded) == (False, False, 0)
        assert await intents.list_refunds(intent.id) == []
        kinds = await kinds_about(buyer, intent, until="payment_intent.canceled")
        assert "charge.refunded" not in kinds

    async def test_is_cancelled_by_us_with_our_reason(
        self, buyer: Buyer, open_intent: Open
    ) -> None:
        intent = await open_intent()
        await buyer.confirm(intent, "pm_card_visa")
        await intents.cancel_intent(intent.id)
        assert (await buyer.see(intent)).cancellation_reason == "abandoned"


class TestDecline:
    async def test_leaves_the_intent_to_another_card(self, buyer: Buyer, open_intent: Open) -> None:
        intent = await open_intent()
        first = await decline(buyer, intent, "pm_card_visa_chargeDeclined")
        second = await decline(buyer, intent, "pm_card_visa_chargeDeclined")
        assert first.code == second.code == "generic_decline"
        assert first.reference != second.reference
        await buyer.confirm(intent, "pm_card_visa")
        seen = await intents.get_intent(intent.id)
        assert (seen.status, seen.decline) == ("requires_capture", None)

    async def test_tells_that_there_is_too_little_money(
        self, buyer: Buyer, open_intent: Open
    ) -> None:
        card = "pm_card_visa_chargeDeclinedInsufficientFunds"
        assert (await decline(buyer, await open_intent(), card)).code == "insufficient_funds"

    async def test_has_a_charge_and_an_event_of_its_own(
        self, buyer: Buyer, open_intent: Open
    ) -> None:
        intent = await open_intent()
        for _ in range(3):
            await decline(buyer, intent, "pm_card_visa_chargeDeclined")
        declined = await intents.list_declines(intent.id)
        assert [each.code for each in declined] == ["generic_decline"] * 3
        seen = await intents.get_intent(intent.id)
        assert seen.decline == declined[-1]
        events = await events_about(buyer, intent, until="charge.failed", times=3)
        failed = {event.data.object["id"] for event in events if event.type == "charge.failed"}
        assert failed == {each.reference for each in declined}


class TestThreeDSecure:
    async def test_waits_and_can_be_cancelled(self, buyer: Buyer, open_intent: Open) -> None:
        intent = await open_intent()
        await buyer.confirm(intent, "pm_card_authenticationRequired")
        assert (await intents.get_intent(intent.id)).status == "requires_action"
        assert (await intents.cancel_intent(intent.id)).status == "canceled"


class TestRefund:
    async def test_gives_all_back_once(self, buyer: Buyer, open_intent: Open) -> None:
        intent = await captured(buyer, open_intent, "pm_card_visa")
        ids: dict[str, Any] = {"charge_id": uuid4(), "refund_id": uuid4()}
        first = await refund(intent, **ids)
        assert first == MadeRefund(first.id, RefundStatus.SUCCEEDED, 100, ids["refund_id"])
        with pytest.raises(client.StripeRefusedError) as caught:
            await refund(intent)
        assert caught.value.code == "charge_already_refunded"
        assert await intents.list_refunds(intent.id) == [first]
        made = await buyer.api.refunds.retrieve_async(first.id)
        assert made.metadata is not None
        assert made.metadata.to_dict() == {name: str(each) for name, each in ids.items()}
        (charge,) = (await buyer.api.charges.list_async({"payment_intent": intent.id})).data
        assert (charge.refunded, charge.amount_refunded) == (True, 100)

    async def test_gives_parts_back_up_to_the_amount(self, buyer: Buyer, open_intent: Open) -> None:
        intent = await captured(buyer, open_intent, "pm_card_visa")
        first = await refund(intent, 40)
        with pytest.raises(client.StripeRefusedError):
            await refund(intent, 61)
        second = await refund(intent, 60)
        assert [first.amount_cents, second.amount_cents] == [40, 60]
        assert await intents.list_refunds(intent.id) == [second, first]
        (charge,) = (await buyer.api.charges.list_async({"payment_intent": intent.id})).data
        assert (charge.refunded, charge.amount_refunded) == (True, 100)

    async def test_of_a_part_is_made_once_per_key(self, buyer: Buyer, open_intent: Open) -> None:
        intent = await captured(buyer, open_intent, "pm_card_visa")
        ids: dict[str, Any] = {
            "key": f"contract-{uuid4()}",
            "charge_id": uuid4(),
            "refund_id": uuid4(),
        }
        assert await refund(intent, 40, **ids) == await refund(intent, 40, **ids)
        with pytest.raises(client.StripeUnavailableError) as caught:
            await refund(intent, 50, **ids)
        assert caught.value.is_answered
        assert len(await intents.list_refunds(intent.id)) == 1

    async def test_is_refused_before_money_was_taken(self, open_intent: Open) -> None:
        intent = await open_intent()
        with pytest.raises(client.StripeRefusedError):
            await refund(intent)

    async def test_may_fail_later(self, buyer: Buyer, open_intent: Open) -> None:
        intent = await captured(buyer, open_intent, "pm_card_refundFail")
        made = await refund(intent)
        assert made.status == "succeeded"

        async def failed() -> bool:
            (found,) = await intents.list_refunds(intent.id)
            return (found.id, found.status) == (made.id, "failed")

        await eventually(failed, seconds=SECONDS)
        (charge,) = (await buyer.api.charges.list_async({"payment_intent": intent.id})).data
        assert (charge.refunded, charge.amount_refunded) == (False, 0)

    async def test_may_be_pending_for_a_while(self, buyer: Buyer, open_intent: Open) -> None:
        intent = await captured(buyer, open_intent, "pm_card_pendingRefund")
        made = await buyer.api.refunds.create_async({"payment_intent": intent.id})
        assert (made.status, bool(made.pending_reason)) == ("pending", True)

        async def succeeded() -> bool:
            (found,) = await intents.list_refunds(intent.id)
            return (found.id, found.status) == (made.id, "succeeded")

        await eventually(succeeded, seconds=SECONDS)


class TestLists:
    async def test_intents_show_their_status(self, buyer: Buyer, open_intent: Open) -> None:
        order_id, charge_id = uuid4(), uuid4()
        # As many as an order can have.
        ticket_ids = [uuid4() for _ in range(10)]
        intent = await open_intent(order_id=order_id, charge_id=charge_id, ticket_ids=ticket_ids)
        await buyer.confirm(intent, "pm_card_visa")
        await intents.capture_intent(intent.id)
        made = await buyer.see(intent)
        assert str(made.latest_charge).startswith(("ch_", "py_"))
        assert made.description == f"Order {order_id}, 10 tickets"
        assert made.metadata.to_dict() == {
            "order_id": str(order_id),
            "charge_id": str(charge_id),
            "ticket_ids": ",".join(map(str, ticket_ids)),
        }
        await refund(intent)
        since = datetime.fromtimestamp(made.created, UTC)
        (booked,) = [row async for row in intents.list_intents(since=since) if row.id == intent.id]
        assert (booked.status, booked.created_at) == ("succeeded", since)
        assert (booked.taken_cents, booked.refunded_cents) == (100, 100)
        assert booked.order_id == str(order_id)

    async def test_events_name_their_intents(self, buyer: Buyer, open_intent: Open) -> None:
        intent = await captured(buyer, open_intent, "pm_card_visa")
        recent: stripe.params.EventListParams = {
            "types": ["payment_intent.succeeded", "payment_intent.canceled"],
            "created": {"gte": (await buyer.see(intent)).created},
        }

        async def kinds() -> list[str]:
            pages = await buyer.api.events.list_async(recent)
            return [
                event.type
                async for event in pages.auto_paging_iter()
                if event.data.object["id"] == intent.id
            ]

        async def told() -> bool:
            return await kinds() == ["payment_intent.succeeded"]

        await eventually(told, seconds=SECONDS)


class TestDispute:
    async def test_is_told_with_its_intent(self, buyer: Buyer, open_intent: Open) -> None:
        intent = await captured(buyer, open_intent, "pm_card_createDispute")
        recent: stripe.params.EventListParams = {
            "types": ["charge.dispute.created"],
            "created": {"gte": (await buyer.see(intent)).created},
        }

        async def told() -> bool:
            pages = await buyer.api.events.list_async(recent)
            return any(
                [
                    event.data.object["payment_intent"] == intent.id
                    async for event in pages.auto_paging_iter()
                ]
            )

        await eventually(told, seconds=SECONDS)
        assert await intents.find_dispute(intent.id) == "needs_response"

    async def test_takes_the_money_at_once(self, buyer: Buyer, open_intent: Open) -> None:
        intent = await captured(buyer, open_intent, "pm_card_createDispute")
        await kinds_about(buyer, intent, until="charge.dispute.funds_withdrawn")


class TestEarlyFraudWarning:
    async def test_names_its_intent(self, buyer: Buyer, open_intent: Open) -> None:
        intent = await captured(buyer, open_intent, "pm_card_createIssuerFraudRecord")
        await kinds_about(buyer, intent, until="radar.early_fraud_warning.created")
