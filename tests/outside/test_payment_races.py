"""Races of a payment over HTTP: clicks, tabs, webhooks and deadlines.

Real connections, real webhooks and two workers, which run all the time.
"""

import asyncio
from collections import Counter

import httpx
import pytest

from tests.outside.emulator_client import ASKS_3DS, DECLINED, NO_MONEY, VISA
from tests.outside.payer import CANCELLED, EXPIRED, OPEN, PAID, Payer
from tests.outside.payment_market import PaymentMarket
from tests.waiting import eventually

pytestmark = pytest.mark.races

MOVED_ON = "payment_intent_unexpected_state"
ROUNDS = 8


class TestClicksAndTabs:
    """Two tabs are two connections with one cookie, like any two requests of these tests."""

    async def test_five_clicks_on_pay_open_one_payment(self, market: PaymentMarket) -> None:
        payer = await market.hold()
        answers = await asyncio.gather(*[payer.open_payment() for _ in range(5)])
        assert [answer.status_code for answer in answers] == [201] * 5
        assert (
            len({(answer.json()["id"], answer.json()["clientSecret"]) for answer in answers}) == 1
        )
        assert len(await payer.intents()) == 1
        assert await payer.end() == OPEN

    async def test_four_submits_of_the_form_and_six_settles_charge_once(
        self, market: PaymentMarket
    ) -> None:
        payer = await market.payer()
        await payer.press_pay()
        await asyncio.gather(
            *[payer.enter_card() for _ in range(4)], *[payer.settle() for _ in range(6)]
        )
        outcomes = await asyncio.gather(*[payer.settle() for _ in range(6)])
        assert {outcome["status"] for outcome in outcomes} <= {"capturing", "completed"}
        await payer.comes_to(PAID)
        assert len(await payer.intents()) == 1
        assert (await payer.events()).count("OrderCompleted") == 1

    async def test_a_second_card_in_a_second_tab_is_refused_after_the_first(
        self, market: PaymentMarket
    ) -> None:
        payer = await market.authorised()
        second = await payer.enter_card(DECLINED)
        assert second["error"]["code"] == MOVED_ON
        assert (await payer.settle())["status"] == "completed"
        assert await payer.end() == PAID

    async def test_two_cards_in_two_tabs_at_once_charge_once(self, market: PaymentMarket) -> None:
        payer = await market.payer()
        await payer.press_pay()
        tabs = await asyncio.gather(payer.enter_card(), payer.enter_card(), payer.settle())
        assert sum("error" in tab for tab in tabs) == 1
        await payer.settle()
        await payer.comes_to(PAID)

    async def test_the_second_tab_pays_after_a_decline_in_the_first(
        self, market: PaymentMarket
    ) -> None:
        payer = await market.payer()
        await payer.press_pay()
        assert (await payer.enter_card(DECLINED))["error"]["code"] == "card_declined"
        assert (await payer.settle())["status"] == "created"
        second_tab = (await payer.open_payment()).json()
        assert second_tab["clientSecret"] == payer.secret
        await payer.press_pay()
        await payer.enter_card()
        assert (await payer.settle())["status"] == "completed"
        assert await payer.end() == PAID
        assert len(await payer.intents()) == 1


class TestDeclines:
    @pytest.mark.parametrize("number", [DECLINED, ASKS_3DS])
    async def test_declined_or_3ds_failed_keeps_the_hold_and_takes_another_card(
        self, market: PaymentMarket, number: str
    ) -> None:
        payer = await market.payer()
        await payer.press_pay()
        await payer.enter_card(number)
        if number == ASKS_3DS:
            await payer.answer_3ds(passes=False)
        # The webhook reports the same decline: it counts once, in any order.
        outcomes = await asyncio.gather(*[payer.settle() for _ in range(3)])
        assert {(each["status"], each["attemptsLeft"]) for each in outcomes} == {("created", 2)}
        assert await payer.end() == OPEN
        assert await market.stranger_gets(payer.ticket_id) == 409
        await payer.press_pay()
        await payer.enter_card()
        assert (await payer.settle())["status"] == "completed"
        assert await payer.end() == PAID

    async def test_the_last_decline_frees_the_ticket_and_closes_the_payment(
        self, market: PaymentMarket
    ) -> None:
        payer = await market.payer()
        for left in (2, 1, 0):
            await payer.press_pay()
            await payer.enter_card(NO_MONEY)
            outcome = await payer.settle()
            assert outcome["attemptsLeft"] == left
        assert outcome["status"] == "cancelled"
        assert await market.stranger_gets(payer.ticket_id) == 201
        await payer.comes_to(CANCELLED)
        assert (await payer.enter_card())["error"]["code"] == MOVED_ON


class TestWebhooks:
    async def test_before_the_response_completes_once(self, market: PaymentMarket) -> None:
        payer = await market.payer()
        await payer.press_pay()
        # The browser never gets the outcome of its card; only the webhook settles it.
        await market.stripe.break_next(f"{payer.intent}/confirm", "lost")
        with pytest.raises(httpx.RemoteProtocolError):
            await payer.enter_card()
        await payer.comes_to(PAID)
        assert (await payer.settle())["status"] == "completed"
        assert (await payer.events()).count("OrderCompleted") == 1

    async def test_at_the_same_time_as_the_response_completes_once(
        self, market: PaymentMarket
    ) -> None:
        payers = [await market.payer() for _ in range(4)]
        for payer in payers:
            await payer.press_pay()
        await asyncio.gather(*[_pay(payer) for payer in payers])
        for payer in payers:
            await payer.comes_to(PAID)
            assert (await payer.events()).count("OrderCompleted") == 1

    @pytest.mark.parametrize("mode", ["twice", "reversed", "hold"])
    async def test_twice_reversed_or_late_change_nothing(
        self, market: PaymentMarket, mode: str
    ) -> None:
        await market.stripe.order("webhooks", mode=mode)
        payer = await market.payer()
        await payer.press_pay()
        await payer.enter_card()
        await payer.settle()
        await payer.comes_to(PAID)
        before = await payer.charge(), await payer.events()
        await market.settle_down()
        await payer.comes_to(PAID)
        after = await payer.charge(), await payer.events()
        assert after == before

    @pytest.mark.parametrize("mode", ["twice", "reversed"])
    async def test_alone_complete_once_in_any_order(self, market: PaymentMarket, mode: str) -> None:
        await market.stripe.order("webhooks", mode=mode)
        payer = await market.payer()
        await payer.press_pay()
        await payer.enter_card(DECLINED)
        await payer.press_pay()
        await payer.enter_card()
        await payer.comes_to(PAID)
        assert (await payer.events()).count("OrderCompleted") == 1

    @pytest.mark.parametrize("is_in_time", [True, False])
    async def test_never_sent_leaves_the_payment_to_the_sweep(
        self, market: PaymentMarket, *, is_in_time: bool
    ) -> None:
        await market.stripe.order("webhooks", mode="off")
        payer = await market.payer()
        await payer.press_pay()
        await payer.enter_card()
        if not is_in_time:
            await market.probe.let_lapse(payer.order_id)
            await market.expire()
        await market.sweep()
        await payer.comes_to(PAID if is_in_time else EXPIRED)
        expected = 409 if is_in_time else 201
        assert await market.stranger_gets(payer.ticket_id) == expected


class TestTheClock:
    async def test_3ds_past_the_deadline_is_paid_within_the_grace_that_is_given_once(
        self, market: PaymentMarket
    ) -> None:
        payer = await market.payer()
        await market.probe.let_lapse(payer.order_id, seconds_ago=-1)
        first = await payer.press_pay()
        await payer.enter_card(ASKS_3DS)
        await payer.answer_3ds(passes=False)
        await payer.settle()
        assert await payer.press_pay() == first
        await payer.enter_card(ASKS_3DS)
        await eventually(lambda: _is_past_the_old_deadline(market, payer))
        await market.expire()
        assert await market.stranger_gets(payer.ticket_id) == 409
        await payer.answer_3ds()
        assert (await payer.settle())["status"] == "completed"
        assert await payer.end() == PAID

    async def test_expiry_before_pay_refuses_card_and_announcement(
        self, market: PaymentMarket
    ) -> None:
        payer = await market.payer()
        await market.probe.let_lapse(payer.order_id)
        await market.expire()
        await payer.comes_to(EXPIRED)
        with pytest.raises(httpx.HTTPStatusError, match="409"):
            await payer.press_pay()
        assert (await payer.open_payment()).status_code == 409
        assert (await payer.enter_card())["error"]["code"] == MOVED_ON
        assert await market.stranger_gets(payer.ticket_id) == 201

    async def test_expiry_after_the_grace_during_3ds_refuses_its_completion(
        self, market: PaymentMarket
    ) -> None:
        payer = await market.payer()
        await payer.press_pay()
        await payer.enter_card(ASKS_3DS)
        await market.probe.let_lapse(payer.order_id)
        await market.expire()
        assert await market.stranger_gets(payer.ticket_id) == 201
        await payer.comes_to(EXPIRED)
        assert (await payer.answer_3ds())["error"]["code"] == MOVED_ON
        assert (await payer.settle())["status"] == "expired"
        assert await payer.end() == EXPIRED

    @pytest.mark.parametrize("is_closed_first", [True, False])
    async def test_expiry_between_authorise_and_settle_drops_the_authorisation(
        self, market: PaymentMarket, *, is_closed_first: bool
    ) -> None:
        payer = await market.authorised()
        await market.probe.let_lapse(payer.order_id)
        if is_closed_first:
            await market.expire()
        outcome = await payer.settle()
        assert outcome["status"] == "expired"
        assert outcome["message"].endswith("Your card was not charged.")
        await market.expire()
        await payer.comes_to(EXPIRED)
        assert await market.stranger_gets(payer.ticket_id) == 201

    async def test_expiry_and_settle_at_the_same_instant_pay_or_void_but_never_both(
        self, market: PaymentMarket
    ) -> None:
        rounds = [(await market.authorised(), await market.stranger()) for _ in range(ROUNDS)]
        for number, (payer, stranger) in enumerate(rounds):
            # The deadline is so near that settle, expiry and the next buyer race around it.
            await market.probe.let_lapse(payer.order_id, seconds_ago=-0.005 * number)
            *_, purchases = await asyncio.gather(
                payer.settle(),
                market.expire(),
                payer.settle(),
                asyncio.gather(*[stranger.purchase(payer.ticket_id) for _ in range(3)]),
            )
            await market.expire()
            end = await payer.comes_to(PAID, EXPIRED)
            answers = Counter(answer.status_code for answer in purchases)
            assert answers in (Counter({409: 3}), Counter({201: 1, 409: 2}))
            if end == PAID:
                assert answers[201] == 0


class TestBuyerLetsGo:
    @pytest.mark.parametrize("number", [VISA, ASKS_3DS])
    async def test_while_the_card_is_checked_voids_a_late_authorisation(
        self, market: PaymentMarket, number: str
    ) -> None:
        await market.stripe.order("webhooks", mode="hold")
        payer = await market.payer()
        await payer.press_pay()
        await payer.enter_card(number)
        assert (await payer.release()).status_code == 204
        assert await market.stranger_gets(payer.ticket_id) == 201
        await payer.comes_to(CANCELLED)
        assert (await payer.answer_3ds())["error"]["code"] == MOVED_ON
        assert (await payer.settle())["status"] == "cancelled"
        assert await payer.end() == CANCELLED

    async def test_once_it_is_captured_is_refused(self, market: PaymentMarket) -> None:
        payer = await market.authorised()
        await market.stripe.break_next(f"{payer.intent}/capture", "down")
        assert (await payer.settle())["status"] == "capturing"
        assert (await payer.release()).status_code == 409
        await market.sweep()
        await payer.comes_to(PAID)
        assert (await payer.release()).status_code == 409

    async def test_at_the_instant_of_the_card_pays_or_cancels_but_never_both(
        self, market: PaymentMarket
    ) -> None:
        for _ in range(ROUNDS // 2):
            payer = await market.payer()
            await payer.press_pay()
            _, released, _ = await asyncio.gather(_pay(payer), payer.release(), payer.settle())
            end = await payer.comes_to(PAID, CANCELLED)
            assert released.status_code == (409 if end == PAID else 204)


async def _pay(payer: Payer) -> None:
    await payer.enter_card()
    await payer.settle()


async def _is_past_the_old_deadline(market: PaymentMarket, payer: Payer) -> bool:
    """The hold was moved to a second from its start; the grace began before that."""
    query = "SELECT expires_at - interval '119 s' < now() AS is_past FROM orders WHERE id = $1"
    return (await market.probe.rows(query, payer.order_id))[0]["is_past"]
