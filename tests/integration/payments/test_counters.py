"""Metrics and backlog of payments."""

from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from tests.integration.counters import Counted
from tests.integration.payments import emulator, sales
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.payments.schemas import PaymentBacklog
from ticketing_app.payments.service import audit, backlog
from ticketing_app.payments.service.settle import settle_charge

pytestmark = pytest.mark.usefixtures("database", "stripe_books")

DECLINED = "4000000000000002"


def ended(outcome: str) -> Counted:
    return Counted("charges_ended_total", outcome=outcome)


async def waiting() -> PaymentBacklog:
    async with db.transaction() as session:
        return await backlog.get_backlog(session)


async def change(query: str) -> None:
    async with db.autocommit() as connection:
        await connection.execute(text(query))


class TestCharges:
    async def test_are_counted_once_however_often_they_are_settled(self) -> None:
        completed = ended("completed")
        sale = await sales.sell()
        await settle_charge(db.transaction, charge_id=sale.payment.id)
        await sales.deliver_webhooks("payment_intent.succeeded")
        assert completed == 1

    async def test_are_counted_by_reason_of_failure(self) -> None:
        over, declined = ended("hold_over"), Counted("cards_declined_total")
        sale = await sales.start_sale()
        await sales.press_pay(sale)
        await emulator.enter_card(sale.secret, DECLINED)
        for _ in range(2):
            await sales.settle_sale(sale)
        await sales.release(sale)
        await sales.sweep()
        assert (declined, over) == (1, 1)


class TestRefunds:
    async def test_are_counted_when_the_bank_has_them(self) -> None:
        succeeded = Counted("refunds_ended_total", outcome="succeeded")
        sale = await sales.sell()
        await sales.request_refund(sale)
        assert (await waiting()).refunds == {"due": 1, "pending": 0}
        await sales.sweep()
        assert (await waiting()).refunds == {"due": 0, "pending": 0}
        assert succeeded == 1


class TestAudit:
    async def test_counts_differences_by_kind_and_records_its_end(self) -> None:
        kind = "money_without_ticket"
        differences = Counted("audit_differences_total", kind=kind)
        await sales.sell()
        await change("UPDATE charges SET stripe_id = 'pi_another'")
        started = utc_now()
        await audit.run_audit(db.transaction, since=started - timedelta(days=1))
        assert differences == 1
        assert (await waiting()).alerts[kind] == 1
        finished = REGISTRY.get_sample_value("gittix_audit_last_success_timestamp_seconds")
        assert finished is not None
        assert finished >= started.timestamp()


class TestBacklog:
    async def test_is_zero_without_work(self) -> None:
        found = await waiting()
        assert set(found.refunds.values()) | set(found.alerts.values()) == {0}
