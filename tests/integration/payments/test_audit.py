"""Nightly audit: repairs differences to Stripe's lists, or reports them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from rq.registry import ScheduledJobRegistry
from sqlalchemy import text

from tests import factories
from tests.integration.payments import emulator, sales
from ticketing_app.core import db, queues
from ticketing_app.core.clock import utc_now
from ticketing_app.core.queues import RegisteredJob
from ticketing_app.payments import jobs
from ticketing_app.payments.gateway import client, intents
from ticketing_app.payments.gateway.client import StripeUnavailableError
from ticketing_app.payments.schemas import ListedIntent
from ticketing_app.payments.service import audit, settle

pytestmark = pytest.mark.usefixtures("database")
LONG_AGO = timedelta(days=1)


async def run_audit() -> int:
    return await audit.run_audit(db.transaction, since=utc_now() - LONG_AGO)


async def change(query: str, **values: object) -> None:
    async with db.autocommit() as connection:
        await connection.execute(text(query), values)


class TestAudit:
    async def test_finds_no_difference(self) -> None:
        paid, released, refunded = [await sales.start_sale() for _ in range(3)]
        for sale in (paid, refunded):
            await sales.pay(sale)
        await emulator.enter_card(released.secret)
        await sales.release(released)
        await sales.request_refund(refunded)
        await sales.sweep()
        assert await run_audit() == 0
        assert await sales.open_alerts() == []

    async def test_settles_a_captured_payment(self) -> None:
        sale = await sales.start_sale()
        await emulator.enter_card(sale.secret)
        await emulator.act_in_dashboard(sale.secret, "capture")
        assert await run_audit() == 0
        assert await sales.statuses(sale) == ("completed", "completed")

    async def test_records_a_refund_without_webhook(self) -> None:
        sale = await sales.start_sale()
        await sales.pay(sale)
        await emulator.refund_in_dashboard(sale.secret)
        assert await run_audit() == 0
        assert await sales.statuses(sale) == ("refunded", "completed")

    async def test_reports_unknown_money_once(self) -> None:
        sale = await sales.start_sale()
        await sales.pay(sale)
        await change(
            "UPDATE charges SET stripe_id = 'pi_another' WHERE id = :id", id=sale.payment.id
        )
        assert [await run_audit(), await run_audit()] == [2, 2]
        assert await sales.open_alerts() == ["money_without_ticket", "ticket_without_money"]
        told = await factories.recorded_events("PaymentAlertRaised")
        assert [event["kind"] for event in told] == await sales.open_alerts()

    async def test_reports_a_missing_refund(self) -> None:
        sale = await sales.start_sale()
        await sales.pay(sale)
        await sales.request_refund(sale)
        query = "UPDATE charges SET refund_status = 'succeeded' WHERE id = :id"
        await change(query, id=sale.payment.id)
        assert await run_audit() == 1
        assert await sales.open_alerts() == ["refund_failed"]
        await change("UPDATE charges SET refund_status = 'due' WHERE id = :id", id=sale.payment.id)
        await sales.sweep()

    async def test_handles_undelivered_webhooks(self) -> None:
        # The endpoint of the tests has no listener, so no webhook was delivered.
        sale = await sales.start_sale()
        await sales.press_pay(sale)
        await emulator.enter_card(sale.secret)
        assert await run_audit() == 0
        await sales.do_due()
        assert await sales.statuses(sale) == ("completed", "completed")

    async def test_retries_when_stripe_does_not_answer(self) -> None:
        await emulator.break_next("GET /v1/events", "down", times=2)
        since = (utc_now() - LONG_AGO).isoformat()
        # The second one is the same slice, begun by another worker.
        for _ in range(2):
            await jobs.audit_payments(since)
        planned = ScheduledJobRegistry(queue=queues.get_queue(queues.DEFAULT))
        assert planned.count == 1
        await jobs.audit_payments(since)
        assert (planned.count, queues.get_queue(queues.OUTSIDE_LATER).count) == (1, 0)

    async def test_gives_up_when_the_next_audit_is_due(self) -> None:
        await emulator.break_next("GET /v1/events", "down")
        long_ago = utc_now() - jobs.AUDITED - jobs.AUDIT_PATIENCE - timedelta(minutes=1)
        with pytest.raises(StripeUnavailableError):
            await jobs.audit_payments(long_ago.isoformat())

    async def test_runs_each_slice_as_a_job(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(audit, "SLICE", 2)
        started = [await sales.start_sale() for _ in range(5)]
        for sale in started:
            await sales.pay(sale)
        compared: list[str] = []

        def note(intent: ListedIntent, *_: object, **__: object) -> list[Any]:
            compared.append(intent.id)
            return []

        monkeypatch.setattr(audit, "compare", note)
        await jobs.audit_payments()
        queue = queues.get_queue(queues.OUTSIDE_LATER)
        slices = 1
        while queue.count:
            [job] = cast("list[RegisteredJob]", queue.jobs)
            queue.remove(job)
            await job.run()
            slices += 1
        assert slices == 3
        assert sorted(compared) == sorted(sale.secret.partition("_secret_")[0] for sale in started)

    async def test_compares_several_concurrently(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(audit, "WIDTH", 3)
        for _ in range(3):
            await sales.start_sale()
        all_at_once = asyncio.Barrier(3)

        async def repair_together(*_: object) -> tuple[None, int]:
            async with asyncio.timeout(10):
                await all_at_once.wait()
            return None, 0

        monkeypatch.setattr(audit, "_repair", repair_together)
        assert await run_audit() == 0

    async def test_one_failure_does_not_delay_others(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(audit, "WIDTH", 1)
        started = [await sales.start_sale() for _ in range(3)]
        for sale in started:
            await emulator.enter_card(sale.secret)
            await emulator.act_in_dashboard(sale.secret, "capture")
        poisoned = started[1].payment.id

        async def settle_but_one(transaction: db.Transaction, *, charge_id: UUID) -> None:
            if charge_id == poisoned:
                raise ZeroDivisionError
            await settle.settle_charge(transaction, charge_id=charge_id)

        with monkeypatch.context() as patch:
            patch.setattr(audit, "settle_charge", settle_but_one)
            await run_audit()
        ends = [await sales.statuses(sale) for sale in started]
        assert [charge for _, charge in ends] == ["completed", "created", "completed"]
        await run_audit()

    async def test_reads_an_unlisted_payment_by_id(self) -> None:
        sale = await sales.start_sale()
        await sales.pay(sale)
        since = utc_now() + timedelta(minutes=1)
        query = "UPDATE charges SET created_at = now() + interval '2 minutes' WHERE id = :id"
        await change(query, id=sale.payment.id)
        assert await audit.run_audit(db.transaction, since=since) == 0
        assert await sales.open_alerts() == []

    async def test_reads_every_page(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(client, "PAGE", 2)
        started = [await sales.start_sale() for _ in range(5)]
        found = [intent.id async for intent in intents.list_intents(since=utc_now() - LONG_AGO)]
        assert len(set(found)) == len(found) == len(started)


NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)


def intent(
    status: str = "succeeded", *, taken: int = 4000, refunded: int = 0, age_hours: int = 0
) -> ListedIntent:
    made_at = NOW - timedelta(hours=age_hours, minutes=5)
    return ListedIntent("pi_1", status, made_at, taken, refunded, None)


class TestCompare:
    @pytest.mark.parametrize(
        ("booked", "facts", "kinds"),
        [
            (intent(), {"status": "completed"}, []),
            (intent(), {"status": "failed"}, ["money_without_ticket"]),
            (intent(), None, ["money_without_ticket"]),
            (intent(refunded=4000), {"status": "failed"}, []),
            (intent(taken=4100), {"status": "completed"}, ["amount_differs"]),
            (intent("canceled", taken=0), {"status": "completed"}, ["ticket_without_money"]),
            (intent("requires_capture", taken=0), {"status": "created"}, []),
            (
                intent("requires_capture", taken=0, age_hours=1),
                {"status": "created"},
                ["open_authorisation"],
            ),
            (intent("requires_capture", taken=0, age_hours=1), None, ["open_authorisation"]),
            (
                intent(refunded=1000),
                {"status": "completed", "refund_status": "succeeded"},
                ["refund_failed"],
            ),
            (intent(refunded=1000), {"status": "completed"}, []),
        ],
    )
    async def test_names_every_difference(
        self, booked: ListedIntent, facts: dict[str, str] | None, kinds: list[str]
    ) -> None:
        charge = None
        if facts is not None:
            known = {"order_id": db.new_id(), "amount_cents": 4000, "currency": "usd"}
            charge = audit.Charge.model_validate(known | {"next_check_at": NOW} | facts)
        found = audit.compare(booked, charge, now=NOW)
        assert [difference.kind for difference in found] == kinds
