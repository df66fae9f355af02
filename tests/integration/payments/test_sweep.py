"""The sweep settles open charges without any other trigger."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text

from tests import factories
from tests.integration.payments import emulator, sales
from tests.integration.payments.emulator import ASKS_3DS
from ticketing_app.core import db
from ticketing_app.core.settings import get_settings
from ticketing_app.messaging.catalog import CATALOG, OrderCancelled, OrderExpired
from ticketing_app.payments import jobs, subscribers
from ticketing_app.payments.rules import CHARGE_WORK
from ticketing_app.payments.service import settle, sweep, void
from ticketing_app.subscriptions import WORK
from ticketing_app.work import due

pytestmark = pytest.mark.usefixtures("database")


async def seconds_to_next_check(sale: sales.Sale) -> float:
    query = text("SELECT extract(epoch FROM due_at - now()) FROM work WHERE key = :key")
    async with db.autocommit() as connection:
        found = await connection.execute(query, {"key": str(sale.payment.id)})
        return float(found.scalar_one())


class TestCheckCharge:
    async def test_ignores_an_open_form_until_the_hold_ends(self) -> None:
        sale = await sales.start_sale()
        assert await seconds_to_next_check(sale) == pytest.approx(905, abs=5)
        await sales.sweep()
        assert await emulator.requests("/v1/payment_intents/") == 0
        assert await seconds_to_next_check(sale) == pytest.approx(905, abs=5)

    async def test_checks_a_confirmation_after_half_a_minute(self) -> None:
        sale = await sales.start_sale()
        await sales.press_pay(sale)
        assert await seconds_to_next_check(sale) == pytest.approx(30, abs=3)
        await sales.do_due()
        assert await emulator.requests("/v1/payment_intents/") == 0

    async def test_another_confirmation_delays_the_check(self) -> None:
        sale = await sales.start_sale()
        await sales.press_pay(sale)
        async with db.autocommit() as connection:
            await connection.execute(text("UPDATE work SET due_at = due_at - interval '20 s'"))
        await sales.press_pay(sale)
        assert await seconds_to_next_check(sale) == pytest.approx(30, abs=3)

    async def test_waits_longer_each_time_nothing_has_changed(self) -> None:
        sale = await sales.start_sale()
        await sales.press_pay(sale)
        await emulator.enter_card(sale.secret, ASKS_3DS)
        waits: list[float] = []
        for _ in range(3):
            await sales.sweep()
            waits.append(await seconds_to_next_check(sale))
        assert waits == pytest.approx([20, 40, 80], abs=3)

    async def test_one_without_answer_does_not_delay_others(self) -> None:
        started = [await sales.start_sale() for _ in range(3)]
        for sale in started:
            await sales.press_pay(sale)
            await emulator.enter_card(sale.secret)
        poisoned = started[0].secret.partition("_secret_")[0]
        await emulator.break_next(poisoned, "down", times=10)
        await sales.sweep()
        ends = [await sales.statuses(sale) for sale in started]
        assert ends[1:] == [("completed", "completed")] * 2
        assert ends[0][1] == "created"

    async def test_one_failure_does_not_delay_others(self, monkeypatch: pytest.MonkeyPatch) -> None:
        started = [await sales.start_sale() for _ in range(3)]
        for sale in started:
            await sales.press_pay(sale)
            await emulator.enter_card(sale.secret)
        poisoned = started[0].payment.id

        async def settle_but_one(transaction: db.Transaction, *, charge_id: UUID) -> None:
            if charge_id == poisoned:
                raise ZeroDivisionError
            await settle.settle_charge(transaction, charge_id=charge_id)

        monkeypatch.setattr(sweep, "settle_charge", settle_but_one)
        await sales.sweep()
        ends = [await sales.statuses(sale) for sale in started]
        assert ends == [("awaiting_payment", "created"), *[("completed", "completed")] * 2]

    async def test_checks_several_concurrently(self, monkeypatch: pytest.MonkeyPatch) -> None:
        started = [await sales.start_sale() for _ in range(get_settings().outside_concurrency)]
        for sale in started:
            await sales.release(sale)
        all_at_once = asyncio.Barrier(len(started))

        async def void_together(transaction: db.Transaction, *, charge_id: UUID) -> None:
            async with asyncio.timeout(10):
                await all_at_once.wait()
            await void.void_charge(transaction, charge_id=charge_id)

        monkeypatch.setattr(sweep, "void_charge", void_together)
        await sales.sweep()
        assert {(await sales.statuses(sale))[1] for sale in started} == {"failed"}

    async def test_many_workers_settle_each_charge_once(self) -> None:
        started = [await sales.start_sale() for _ in range(4)]
        for sale in started:
            await sales.press_pay(sale)
            await emulator.enter_card(sale.secret)
        async with db.autocommit() as connection:
            await connection.execute(text("UPDATE work SET due_at = now()"))
        await asyncio.gather(*[due.do_next(CHARGE_WORK, WORK[CHARGE_WORK]) for _ in range(9)])
        assert [await sales.statuses(sale) for sale in started] == [("completed", "completed")] * 4
        assert await emulator.requests("/capture") == 4

    async def test_a_charge_that_ended_is_no_work(self) -> None:
        sale = await sales.start_sale()
        await sales.release(sale)
        await sales.sweep()
        before = await emulator.requests("/v1/payment_intents/")
        await jobs.check_charge(str(sale.payment.id))
        await sales.do_due()
        assert await emulator.requests("/v1/payment_intents/") == before


class TestSubscribers:
    @pytest.mark.parametrize("name", ["OrderExpired", "OrderCancelled"])
    async def test_void_an_open_charge(self, name: str) -> None:
        sale = await sales.start_sale()
        await emulator.enter_card(sale.secret)
        if name == "OrderExpired":
            await factories.let_hold_lapse(sale.order.id)
            await sales.expire_due()
        else:
            await sales.release(sale)
        (told,) = await factories.recorded_events(name)
        event = CATALOG[name].model_validate(told)
        # Twice, as every event may come twice.
        for _ in range(2):
            async with db.transaction() as session:
                if isinstance(event, OrderExpired):
                    await subscribers.on_order_expired(session, event)
                elif isinstance(event, OrderCancelled):
                    await subscribers.on_order_cancelled(session, event)
        assert await seconds_to_next_check(sale) <= 0
        await sales.do_due()
        assert (await sales.statuses(sale))[1] == "failed"
        assert (await emulator.the_intent())["status"] == "canceled"

    async def test_an_order_without_charge_is_no_work(self) -> None:
        order = await factories.hold(await factories.make_ticket())
        await factories.let_hold_lapse(order.id)
        await sales.expire_due()
        (told,) = await factories.recorded_events("OrderExpired")
        async with db.transaction() as session:
            await subscribers.on_order_expired(session, OrderExpired.model_validate(told))
        assert await work_rows() == []


async def work_rows() -> list[tuple[str, str]]:
    async with db.autocommit() as connection:
        rows = await connection.execute(text("SELECT kind, key FROM work ORDER BY kind, key"))
        return [(row.kind, row.key) for row in rows]


class TestPreviousVersion:
    """It writes no work, and queues jobs of its own."""

    async def test_rows_without_work_are_adopted(self) -> None:
        sale = await sales.sell()
        unpaid = await sales.start_sale()
        await sales.request_refund(sale)
        await sales.store_webhooks("payment_intent.succeeded", "payment_intent.canceled")
        before = await work_rows()
        async with db.autocommit() as connection:
            await connection.execute(text("DELETE FROM work"))
        await jobs.sweep_charges()
        assert len(before) == 4
        # All but the charge that ended.
        ended = ("payments.charge", str(sale.payment.id))
        assert await work_rows() == [row for row in before if row != ended]
        await sales.do_due()
        assert await sales.statuses(sale) == ("refunded", "completed")
        assert await seconds_to_next_check(unpaid) == pytest.approx(905, abs=5)

    async def test_its_jobs_still_work(self) -> None:
        sale = await sales.start_sale()
        await sales.release(sale)
        await jobs.check_charge(str(sale.payment.id))
        await sales.do_due()
        assert (await sales.statuses(sale))[1] == "failed"
        [event_id] = await sales.store_webhooks("payment_intent.canceled")
        async with db.autocommit() as connection:
            await connection.execute(text("DELETE FROM work"))
        await jobs.handle_webhook(event_id)
        await sales.do_due()
        await jobs.sweep_webhooks()
        assert await work_rows() == []
