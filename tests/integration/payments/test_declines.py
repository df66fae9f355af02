"""A declined card does not end the hold; the third does."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from tests import factories
from tests.integration.payments import sales, stripe_side
from tests.integration.payments.stripe_side import (
    ASKS_3DS,
    ASKS_3DS_NO_MONEY,
    DECLINED,
    NO_MONEY,
)
from ticketing_app.core import db
from ticketing_app.orders.service import payment
from ticketing_app.orders.service import show as orders
from ticketing_app.orders.service.orders import OrderNotFoundError
from ticketing_app.payments.service import settle, show


@pytest.fixture(autouse=True)
async def _settled_at_the_end(database: None) -> AsyncGenerator[None]:  # noqa: ARG001  # order only.
    yield
    assert await sales.broken_rules() == []


async def decline(sale: sales.Sale, number: str = DECLINED) -> None:
    """Press Pay with a card that is refused, through 3-D Secure where it asks."""
    await sales.press_pay(sale)
    answer = await stripe_side.enter_card(sale.secret, number)
    if answer.get("status") == "requires_action":
        await stripe_side.answer_3ds(sale.secret, passes=number == ASKS_3DS_NO_MONEY)


class TestListDeclines:
    async def test_tells_ones_own_with_their_reasons_in_the_order_of_the_history(self) -> None:
        sale = await sales.start_sale()
        for number in (NO_MONEY, DECLINED):
            await decline(sale, number)
            await sales.tell_settled(sale)
        async with db.transaction() as session:
            told = await show.list_declines(
                session, buyer_id=sale.order.user_id, order_id=sale.order.id
            )
            order = await orders.get_order(
                session, buyer_id=sale.order.user_id, order_id=sale.order.id
            )
        assert [each.message for each in told] == [
            "Your card does not have enough money for this.",
            "Your card was declined.",
        ]
        _, first, back, second, again = order.timeline
        times = [first.at, back.at, told[0].at, second.at, again.at, told[1].at]
        assert times == sorted(times)

    async def test_hides_those_of_others(self) -> None:
        sale = await sales.start_sale()
        stranger = await factories.make_user()
        async with db.transaction() as session:
            with pytest.raises(OrderNotFoundError):
                await show.list_declines(session, buyer_id=stranger.id, order_id=sale.order.id)


class TestSettle:
    @pytest.mark.parametrize(
        ("number", "code", "sentence"),
        [
            (DECLINED, "generic_decline", "Your card was declined."),
            (NO_MONEY, "insufficient_funds", "Your card does not have enough money for this."),
            ("4000000000000069", "expired_card", "Your card has expired."),
            ("4000000000000127", "incorrect_cvc", "The security code of your card is wrong."),
            (
                "4000000000000119",
                "processing_error",
                "Your bank could not process the card just now.",
            ),
            (
                ASKS_3DS,
                "payment_intent_authentication_failure",
                "Your bank could not confirm that it is you.",
            ),
            (
                ASKS_3DS_NO_MONEY,
                "insufficient_funds",
                "Your card does not have enough money for this.",
            ),
        ],
    )
    async def test_lets_another_card_try_after_a_decline(
        self, number: str, code: str, sentence: str
    ) -> None:
        sale = await sales.start_sale()
        await decline(sale, number)
        outcome = await sales.tell_settled(sale)
        assert outcome.model_dump() == {
            "status": "created",
            "attempts_left": 2,
            "message": sentence,
        }
        assert (await sales.charge_row(sale))["failure_code"] == code
        assert not await sales.can_be_held(sale)
        await sales.press_pay(sale)
        await stripe_side.enter_card(sale.secret)
        outcome = await sales.tell_settled(sale)
        assert (outcome.status, outcome.message) == ("completed", None)
        assert (await sales.charge_row(sale))["failure_code"] is None
        assert await sales.ends(sale) == ("completed", "completed")

    async def test_frees_the_ticket_after_the_last_decline(self) -> None:
        sale = await sales.start_sale()
        for left in (2, 1, 0):
            await decline(sale)
            assert (outcome := await sales.tell_settled(sale)).attempts_left == left
        assert outcome.status == "cancelled"
        assert outcome.message == (
            "Your card was declined. No attempt is left, so the ticket is free again."
            " Your card was not charged."
        )
        assert await sales.ends(sale) == ("cancelled", "failed")
        (told,) = await factories.recorded_events("ChargeFailed")
        assert told["failure_code"] == "generic_decline"
        late = await stripe_side.enter_card(sale.secret)
        assert late["error"]["code"] == "payment_intent_unexpected_state"
        assert await sales.can_be_held(sale)

    async def test_counts_as_many_declines_as_the_setting_says(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        once = settle.get_settings().model_copy(update={"payment_max_attempts": 1})
        monkeypatch.setattr(settle, "get_settings", lambda: once)
        sale = await sales.start_sale()
        await decline(sale)
        assert (await sales.tell_settled(sale)).status == "cancelled"

    async def test_counts_the_same_decline_once(self) -> None:
        sale = await sales.start_sale()
        await decline(sale)
        outcomes = await asyncio.gather(*[sales.tell_settled(sale) for _ in range(5)])
        await sales.sweep()
        assert (await sales.charge_row(sale))["declines"] == 1
        assert {outcome.status for outcome in outcomes} == {"created"}
        assert (await sales.tell_settled(sale)).attempts_left == 2

    async def test_counts_a_failed_3ds_once(self) -> None:
        sale = await sales.start_sale()
        await decline(sale, ASKS_3DS)
        await asyncio.gather(*[sales.tell_settled(sale) for _ in range(3)])
        await decline(sale, ASKS_3DS)
        await asyncio.gather(*[sales.tell_settled(sale) for _ in range(3)])
        assert (await sales.charge_row(sale))["declines"] == 2

    @pytest.mark.parametrize(("declines", "message"), [(0, None), (1, "Your card was declined.")])
    async def test_does_not_count_what_never_reached_the_bank(
        self, declines: int, message: str | None
    ) -> None:
        sale = await sales.start_sale()
        for _ in range(declines):
            await decline(sale)
            await sales.tell_settled(sale)
        await sales.press_pay(sale)
        typo = await stripe_side.enter_card(sale.secret, "4242424242424241")
        assert typo["error"]["code"] == "incorrect_number"
        outcome = await sales.tell_settled(sale)
        left = 3 - declines
        assert outcome.model_dump() == {
            "status": "created",
            "attempts_left": left,
            "message": message,
        }

    async def test_frees_the_ticket_when_the_bank_refuses_at_the_capture(self) -> None:
        sale = await sales.start_sale()
        await sales.press_pay(sale)
        await decline(sale)
        # Claimed, and the bank took its promise back: what the emulator does at confirmation.
        async with db.transaction() as session:
            assert await payment.claim_for_capture(session, order_id=sale.order.id)
        assert (await sales.tell_settled(sale)).status == "cancelled"
        assert await sales.ends(sale) == ("cancelled", "failed")
        assert (await stripe_side.the_intent())["status"] == "canceled"
        assert await sales.can_be_held(sale)
