"""The nightly audit: what differs from Stripe's lists is mended, or told."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from tests import factories
from tests.integration.payments import sales, stripe_side
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.payments import gateway, jobs
from ticketing_app.payments.service import audit

pytestmark = pytest.mark.usefixtures("database")
LONG_AGO = timedelta(days=1)


async def run_audit() -> int:
    return await audit.audit(db.transaction, since=utc_now() - LONG_AGO)


async def change(query: str, **values: object) -> None:
    async with db.autocommit() as connection:
        await connection.execute(text(query), values)


class TestAudit:
    async def test_agrees_when_all_is_well(self) -> None:
        paid, released, refunded = [await sales.start_sale() for _ in range(3)]
        for sale in (paid, refunded):
            await sales.pay(sale)
        await stripe_side.enter_card(released.secret)
        await sales.release(released)
        await sales.want_refund(refunded)
        await sales.sweep()
        assert await run_audit() == 0
        assert await sales.open_alerts() == []

    async def test_settles_what_was_captured_and_nobody_settled(self) -> None:
        sale = await sales.start_sale()
        await stripe_side.enter_card(sale.secret)
        await stripe_side.by_hand(sale.secret, "capture")
        assert await run_audit() == 0
        assert await sales.ends(sale) == ("completed", "completed")

    async def test_follows_a_refund_by_hand_of_which_no_webhook_told(self) -> None:
        sale = await sales.start_sale()
        await sales.pay(sale)
        await stripe_side.refund_by_hand(sale.secret)
        assert await run_audit() == 0
        assert await sales.ends(sale) == ("refunded", "completed")

    async def test_tells_of_money_of_which_we_know_nothing_once(self) -> None:
        sale = await sales.start_sale()
        await sales.pay(sale)
        await change(
            "UPDATE charges SET stripe_id = 'pi_another' WHERE id = :id", id=sale.payment.id
        )
        assert [await run_audit(), await run_audit()] == [2, 2]
        assert await sales.open_alerts() == ["money_without_ticket", "ticket_without_money"]
        told = await factories.recorded_events("PaymentAlertRaised")
        assert [event["kind"] for event in told] == await sales.open_alerts()

    async def test_tells_of_a_refund_that_is_not_there(self) -> None:
        sale = await sales.start_sale()
        await sales.pay(sale)
        await sales.want_refund(sale)
        query = "UPDATE charges SET refund_status = 'succeeded' WHERE id = :id"
        await change(query, id=sale.payment.id)
        assert await run_audit() == 1
        assert await sales.open_alerts() == ["refund_failed"]
        await change("UPDATE charges SET refund_status = 'due' WHERE id = :id", id=sale.payment.id)
        await sales.sweep()

    async def test_handles_webhooks_that_never_reached_us(self) -> None:
        # Nobody listens at the address of the tests' endpoint, so that no webhook was delivered.
        sale = await sales.start_sale()
        await sales.press_pay(sale)
        await stripe_side.enter_card(sale.secret)
        assert await run_audit() == 0
        await jobs.sweep_stripe_events()
        assert await sales.ends(sale) == ("completed", "completed")

    async def test_waits_for_a_silent_stripe(self) -> None:
        await stripe_side.break_next("GET /v1/events", "down")
        await jobs.audit_payments()
        await jobs.audit_payments()

    async def test_reads_every_page(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(gateway, "PAGE", 2)
        started = [await sales.start_sale() for _ in range(5)]
        found = [intent.id async for intent in gateway.list_intents(since=utc_now() - LONG_AGO)]
        assert len(set(found)) == len(found) == len(started)


NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)


def intent(
    status: str = "succeeded", *, taken: int = 4000, refunded: int = 0, age_hours: int = 0
) -> gateway.BookedIntent:
    made_at = NOW - timedelta(hours=age_hours, minutes=5)
    return gateway.BookedIntent("pi_1", status, made_at, taken, refunded, None)


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
        self, booked: gateway.BookedIntent, facts: dict[str, str] | None, kinds: list[str]
    ) -> None:
        charge = None
        if facts is not None:
            known = {"order_id": db.new_id(), "amount_cents": 4000, "currency": "usd"}
            charge = audit.Charge.model_validate(known | {"next_check_at": NOW} | facts)
        found = audit.compare(booked, charge, now=NOW)
        assert [difference.kind for difference in found] == kinds
