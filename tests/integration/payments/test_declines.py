"""A declined card does not end the hold; the third does."""

import asyncio
from collections.abc import AsyncGenerator, Callable

import pytest

from tests import factories
from tests.integration.payments import emulator, sales
from tests.integration.payments.emulator import (
    ASKS_3DS,
    ASKS_3DS_NO_MONEY,
    DECLINED,
    NO_MONEY,
)
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db, limits
from ticketing_app.orders.service import order_payment
from ticketing_app.orders.service import queries as orders
from ticketing_app.orders.service.access import OrderNotFoundError
from ticketing_app.orders.service.refusals import HoldCooldownError
from ticketing_app.payments.service import queries, webhook
from ticketing_app.payments.service.opening import TooManyDeclinesError


@pytest.fixture(autouse=True)
async def _settled_at_the_end(database: None) -> AsyncGenerator[None]:  # noqa: ARG001  # order only.
    yield
    assert await sales.broken_rules() == []


async def decline(sale: sales.Sale, number: str = DECLINED) -> None:
    """Press Pay with a card that is refused, through 3-D Secure where it asks."""
    await sales.press_pay(sale)
    answer = await emulator.enter_card(sale.secret, number)
    if answer.get("status") == "requires_action":
        await emulator.answer_3ds(sale.secret, passes=number == ASKS_3DS_NO_MONEY)


class TestListDeclines:
    async def test_returns_reasons_in_order(self) -> None:
        sale = await sales.start_sale()
        for number in (NO_MONEY, DECLINED):
            await decline(sale, number)
            await sales.settle_sale(sale)
        async with db.transaction() as session:
            told = await queries.list_declines(
                session, buyer_id=sale.order.buyer_id, order_id=sale.order.id
            )
            order = await orders.get_order(
                session, buyer_id=sale.order.buyer_id, order_id=sale.order.id
            )
        assert [each.message for each in told] == [
            "Your card does not have enough money for this.",
            "Your card was declined.",
        ]
        _, first, back, second, again = order.timeline
        times = [first.at, back.at, told[0].at, second.at, again.at, told[1].at]
        assert times == sorted(times)

    async def test_hides_those_of_other_buyers(self) -> None:
        sale = await sales.start_sale()
        stranger = await factories.make_user()
        async with db.transaction() as session:
            with pytest.raises(OrderNotFoundError):
                await queries.list_declines(session, buyer_id=stranger.id, order_id=sale.order.id)


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
    async def test_allows_another_card_after_a_decline(
        self, number: str, code: str, sentence: str
    ) -> None:
        sale = await sales.start_sale()
        await decline(sale, number)
        outcome = await sales.settle_sale(sale)
        assert outcome.model_dump() == {
            "status": "created",
            "attempts_left": 2,
            "message": sentence,
        }
        assert (await sales.charge_row(sale))["failure_code"] == code
        assert not await sales.try_to_hold(sale)
        await sales.press_pay(sale)
        await emulator.enter_card(sale.secret)
        outcome = await sales.settle_sale(sale)
        assert (outcome.status, outcome.message) == ("completed", None)
        assert (await sales.charge_row(sale))["failure_code"] is None
        assert await sales.statuses(sale) == ("completed", "completed")

    async def test_frees_the_ticket_after_the_last_decline(self) -> None:
        sale = await sales.start_sale()
        for left in (2, 1, 0):
            await decline(sale)
            assert (outcome := await sales.settle_sale(sale)).attempts_left == left
        assert outcome.status == "cancelled"
        assert outcome.message == (
            "Your card was declined. No attempt is left, so the ticket is free again."
            " Your card was not charged."
        )
        assert await sales.statuses(sale) == ("cancelled", "failed")
        (told,) = await factories.recorded_events("ChargeFailed")
        assert told["failure_code"] == "generic_decline"
        late = await emulator.enter_card(sale.secret)
        assert late["error"]["code"] == "payment_intent_unexpected_state"
        assert await sales.try_to_hold(sale)

    async def test_respects_the_configured_limit(
        self, change_settings: Callable[..., None]
    ) -> None:
        change_settings(payment_max_attempts=1)
        sale = await sales.start_sale()
        await decline(sale)
        assert (await sales.settle_sale(sale)).status == "cancelled"

    async def test_counts_the_same_decline_once(self) -> None:
        sale = await sales.start_sale()
        await decline(sale)
        outcomes = await asyncio.gather(*[sales.settle_sale(sale) for _ in range(5)])
        await sales.sweep()
        assert (await sales.charge_row(sale))["declines"] == 1
        assert {outcome.status for outcome in outcomes} == {"created"}
        assert (await sales.settle_sale(sale)).attempts_left == 2

    async def test_counts_each_card_since_the_last_settlement(self) -> None:
        sale = await sales.start_sale()
        for _ in range(5):
            await decline(sale)
        assert (await sales.settle_sale(sale)).status == "cancelled"
        assert (await sales.charge_row(sale))["declines"] == 5

    async def test_counts_a_failed_3ds_once(self) -> None:
        sale = await sales.start_sale()
        await decline(sale, ASKS_3DS)
        await asyncio.gather(*[sales.settle_sale(sale) for _ in range(3)])
        await decline(sale, ASKS_3DS)
        await asyncio.gather(*[sales.settle_sale(sale) for _ in range(3)])
        assert (await sales.charge_row(sale))["declines"] == 2

    @pytest.mark.parametrize(("declines", "message"), [(0, None), (1, "Your card was declined.")])
    async def test_ignores_cards_that_never_reached_the_bank(
        self, declines: int, message: str | None
    ) -> None:
        sale = await sales.start_sale()
        for _ in range(declines):
            await decline(sale)
            await sales.settle_sale(sale)
        await sales.press_pay(sale)
        typo = await emulator.enter_card(sale.secret, "4242424242424241")
        assert typo["error"]["code"] == "incorrect_number"
        outcome = await sales.settle_sale(sale)
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
        # Claimed, then refused at the capture, with the refusal that the emulator makes at confirmation.
        async with db.transaction() as session:
            assert await order_payment.claim_for_capture(session, order_id=sale.order.id)
        assert (await sales.settle_sale(sale)).status == "cancelled"
        assert await sales.statuses(sale) == ("cancelled", "failed")
        assert (await emulator.the_intent())["status"] == "canceled"
        assert await sales.try_to_hold(sale)


class TestWebhook:
    """A script tries cards at Stripe without settling, while the jobs are far behind."""

    async def test_counts_each_of_forty_declines_before_any_is_handled(
        self, change_settings: Callable[..., None]
    ) -> None:
        change_settings(decline_limit_per_hour=100)
        sale = await sales.start_sale()
        for _ in range(40):
            await emulator.enter_card(sale.secret, DECLINED)
        event_ids = await sales.store_webhooks("charge.failed", "payment_intent.payment_failed")
        assert len(event_ids) == 80
        assert (await sales.charge_row(sale))["declines"] == 40
        await webhook.handle_webhook(db.transaction, event_id=event_ids[0])
        assert await sales.statuses(sale) == ("cancelled", "failed")
        assert (await emulator.the_intent())["status"] == "canceled"

    async def test_counts_a_decline_reported_three_ways_once(self) -> None:
        sale = await sales.start_sale()
        await decline(sale)
        await sales.deliver_webhooks("charge.failed", "payment_intent.payment_failed")
        await sales.settle_sale(sale)
        await sales.sweep()
        assert (await sales.charge_row(sale))["declines"] == 1

    async def test_counts_a_failed_3ds_once(self) -> None:
        sale = await sales.start_sale()
        await decline(sale, ASKS_3DS)
        await sales.store_webhooks("charge.failed", "payment_intent.payment_failed")
        assert (await sales.charge_row(sale))["declines"] == 1
        assert (await sales.settle_sale(sale)).attempts_left == 2

    async def test_is_handled_without_reading_the_intent(self) -> None:
        sale = await sales.start_sale()
        for _ in range(3):
            await emulator.enter_card(sale.secret, DECLINED)
        path = f"/v1/payment_intents/{sale.secret.partition('_secret_')[0]}"
        await emulator.break_next(f"GET {path}", "500", times=9)
        await sales.deliver_webhooks("charge.failed")
        assert await sales.statuses(sale) == ("cancelled", "failed")


class TestLimits:
    async def try_cards(self, buyer: UserRead, cards: int) -> sales.Sale:
        sale = await sales.start_sale(buyer=buyer)
        for _ in range(cards):
            await decline(sale)
            await sales.settle_sale(sale)
        return sale

    async def test_an_account_opens_no_payment_after_five_declines_in_an_hour(self) -> None:
        buyer = await factories.make_user()
        first = await self.try_cards(buyer, 3)
        second = await self.try_cards(buyer, 2)
        assert [await sales.statuses(sale) for sale in (first, second)] == [
            ("cancelled", "failed")
        ] * 2
        order = await factories.hold(await factories.make_ticket(), buyer)
        with pytest.raises(TooManyDeclinesError, match="try again in 60 min") as refusal:
            await sales.open_payment(order, buyer)
        assert 3500 < (refusal.value.retry_after or 0) <= 3600
        await sales.start_sale()

    async def test_the_last_decline_says_that_no_attempt_is_left(self) -> None:
        buyer = await factories.make_user()
        await self.try_cards(buyer, 3)
        sale = await self.try_cards(buyer, 1)
        await decline(sale)
        outcome = await sales.settle_sale(sale)
        assert (outcome.status, outcome.attempts_left) == ("cancelled", 0)
        assert "No attempt is left" in (outcome.message or "")

    async def test_an_open_payment_is_not_opened_again(self) -> None:
        buyer = await factories.make_user()
        sale = await sales.start_sale(buyer=buyer)
        await self.try_cards(buyer, 3)
        await self.try_cards(buyer, 2)
        with pytest.raises(TooManyDeclinesError):
            await sales.open_payment(sale.order, buyer)

    async def test_an_address_opens_no_payment_whatever_the_account(
        self, change_settings: Callable[..., None]
    ) -> None:
        change_settings(decline_limit_per_address_per_hour=4)
        limits.bind_address("2001:db8::1")
        for cards in (3, 1):
            await self.try_cards(await factories.make_user(), cards)
        limits.bind_address("2001:db8::2")
        with pytest.raises(TooManyDeclinesError):
            await sales.start_sale()
        limits.bind_address("2001:db8:0:1::1")
        await sales.start_sale()

    async def test_an_address_is_forgotten_with_the_end_of_the_payment(self) -> None:
        limits.bind_address("192.0.2.7")
        paid = await sales.start_sale()
        assert (await sales.charge_row(paid))["client_address"] == "192.0.2.7"
        await sales.pay(paid)
        given_up = await self.try_cards(await factories.make_user(), 3)
        for sale in (paid, given_up):
            assert (await sales.charge_row(sale))["client_address"] is None

    async def test_ignores_cards_that_never_reached_a_bank(self) -> None:
        sale = await sales.start_sale()
        for _ in range(20):
            await emulator.enter_card(sale.secret, "4242424242424241")
        await sales.store_webhooks("charge.failed", "payment_intent.payment_failed")
        await sales.settle_sale(sale)
        await sales.open_payment(sale.order, sale.buyer)

    async def test_can_be_switched_off(self, change_settings: Callable[..., None]) -> None:
        change_settings(decline_limit_per_hour=0, decline_limit_per_address_per_hour=0)
        buyer = await factories.make_user()
        for _ in range(2):
            await self.try_cards(buyer, 3)
        await sales.start_sale(buyer=buyer)


class TestCoolDown:
    async def held_long(self, buyer: UserRead) -> sales.Sale:
        sale = await sales.start_sale(buyer=buyer)
        await factories.let_time_pass(sale.ticket.id, 800)
        return sale

    async def test_counts_a_hold_that_ended_by_declines(self) -> None:
        sale = await self.held_long(await factories.make_user())
        for _ in range(3):
            await decline(sale)
            await sales.settle_sale(sale)
        with pytest.raises(HoldCooldownError):
            await factories.hold(sale.ticket, sale.buyer)

    async def test_excuses_a_payment_that_was_cancelled_by_hand(self) -> None:
        sale = await self.held_long(await factories.make_user())
        await emulator.act_in_dashboard(sale.secret, "cancel")
        assert (await sales.settle_sale(sale)).status == "cancelled"
        await factories.hold(sale.ticket, sale.buyer)
