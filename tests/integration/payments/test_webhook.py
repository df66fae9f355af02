"""Webhooks: signed, stored once, retried until handled; the facts are read from Stripe."""

import asyncio
import json
from typing import Any, cast

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import text

from tests.integration.payments import emulator, sales
from tests.integration.payments.emulator import DECLINED
from ticketing_app.core import db, queues
from ticketing_app.core.queues import RegisteredJob
from ticketing_app.monitoring.work import list_failing
from ticketing_app.payments.service import alerts, webhook
from ticketing_app.work import jobs as work_jobs
from ticketing_app.work import nudge

AUTHORISED = "payment_intent.amount_capturable_updated"


async def deliver(api: AsyncClient, body: str, **signing: Any) -> Response:  # noqa: ANN401  # passed on.
    headers = emulator.sign(body, **signing)
    return await api.post("/api/stripe/webhook", content=body, headers=headers)


async def stored() -> list[tuple[str, bool]]:
    """Return the kinds of the stored webhooks and whether each is handled."""
    query = text("SELECT kind, handled_at IS NOT NULL FROM stripe_events ORDER BY received_at")
    async with db.autocommit() as connection:
        return [(kind, is_handled) for kind, is_handled in await connection.execute(query)]


async def run_jobs() -> None:
    """Run the queued jobs like a worker, oldest first."""
    await nudge.finish()
    for queue in (queues.get_queue(name) for name in (queues.OUTSIDE, queues.OUTSIDE_LATER)):
        for job in cast("list[RegisteredJob]", queue.jobs):
            queue.remove(job)
            await job.run()


async def authorised_sale() -> tuple[sales.Sale, str]:
    sale = await sales.start_sale()
    await sales.press_pay(sale)
    await emulator.enter_card(sale.secret)
    (body,) = await emulator.events(AUTHORISED)
    return sale, body


class TestReceiveWebhook:
    async def test_settles_when_the_tab_was_closed(self, api: AsyncClient) -> None:
        sale, body = await authorised_sale()
        answer = await deliver(api, body)
        assert (answer.status_code, answer.json()) == (200, {"received": True})
        assert await stored() == [(AUTHORISED, False)]
        await run_jobs()
        assert await stored() == [(AUTHORISED, True)]
        assert await sales.statuses(sale) == ("completed", "completed")

    async def test_settles_although_the_nudge_was_lost(self, api: AsyncClient) -> None:
        sale, body = await authorised_sale()
        await deliver(api, body)
        await nudge.finish()
        queues.get_queue(queues.OUTSIDE).empty()
        await work_jobs.do_all_due()
        await run_jobs()
        assert await sales.statuses(sale) == ("completed", "completed")

    async def test_after_the_browser_changes_nothing(self, api: AsyncClient) -> None:
        sale, body = await authorised_sale()
        await sales.settle_sale(sale)
        await deliver(api, body)
        await run_jobs()
        assert await sales.statuses(sale) == ("completed", "completed")
        assert await emulator.requests("/capture") == 1

    async def test_together_with_the_browser_charges_once(self, api: AsyncClient) -> None:
        sale, body = await authorised_sale()
        await deliver(api, body)
        await asyncio.gather(run_jobs(), sales.settle_sale(sale), sales.settle_sale(sale))
        assert await sales.statuses(sale) == ("completed", "completed")
        assert (await emulator.the_intent())["captured"] == 4000

    async def test_twice_is_stored_and_handled_once(self, api: AsyncClient) -> None:
        _, body = await authorised_sale()
        answers = await asyncio.gather(*[deliver(api, body) for _ in range(4)])
        assert {answer.status_code for answer in answers} == {200}
        assert await stored() == [(AUTHORISED, False)]
        await nudge.finish()
        assert queues.get_queue(queues.OUTSIDE).count == 1
        await run_jobs()
        await deliver(api, body)
        await nudge.finish()
        assert queues.get_queue(queues.OUTSIDE).count == 0
        assert await stored() == [(AUTHORISED, True)]

    async def test_of_a_void_uses_the_slow_queue(self, api: AsyncClient) -> None:
        sale = await sales.start_sale()
        await sales.release(sale)
        await sales.sweep()
        (body,) = await emulator.events("payment_intent.canceled")
        await nudge.finish()
        queues.get_queue(queues.OUTSIDE_LATER).empty()
        await deliver(api, body)
        await nudge.finish()
        assert queues.get_queue(queues.OUTSIDE).count == 0
        assert queues.get_queue(queues.OUTSIDE_LATER).count == 1
        await run_jobs()
        assert await stored() == [("payment_intent.canceled", True)]

    async def test_late_and_reversed_has_no_effect(self, api: AsyncClient) -> None:
        sale = await sales.start_sale()
        await emulator.enter_card(sale.secret, DECLINED)
        await emulator.enter_card(sale.secret)
        await sales.settle_sale(sale)
        kinds = (AUTHORISED, "payment_intent.payment_failed", "payment_intent.succeeded")
        bodies = await emulator.events(*kinds)
        assert len(bodies) == 3
        for body in reversed(bodies):
            await deliver(api, body)
        await run_jobs()
        assert await sales.statuses(sale) == ("completed", "completed")
        assert [is_handled for _, is_handled in await stored()] == [True] * 3

    async def test_while_stripe_is_down_is_handled_later(self, api: AsyncClient) -> None:
        sale, body = await authorised_sale()
        await deliver(api, body)
        await emulator.break_next("GET /v1/payment_intents/", "down")
        await run_jobs()
        assert await stored() == [(AUTHORISED, False)]
        await sales.do_due()
        assert await stored() == [(AUTHORISED, False)], "its turn has not come again yet"
        await sales.sweep()
        assert await stored() == [(AUTHORISED, True)]
        assert await sales.statuses(sale) == ("completed", "completed")

    async def test_that_fails_is_listed_and_can_be_replayed(
        self, api: AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fail(*_: object, **__: object) -> None:
            raise ZeroDivisionError

        async def failing() -> list[tuple[int, str | None]]:
            async with db.transaction() as session:
                return [(found.tries, found.last_error) for found in await list_failing(session)]

        sale, body = await authorised_sale()
        await deliver(api, body)
        with monkeypatch.context() as patch:
            patch.setitem(webhook.HANDLERS, AUTHORISED, fail)
            await run_jobs()
        assert await failing() == [(1, "ZeroDivisionError()")]
        async with db.transaction() as session:
            await webhook.replay(session, event_id=json.loads(body)["id"])
        assert await failing() == []
        await sales.do_due()
        assert await sales.statuses(sale) == ("completed", "completed")

    async def test_of_an_unknown_intent_or_kind_has_no_effect(self, api: AsyncClient) -> None:
        sale, body = await authorised_sale()
        intent_id = sale.secret.partition("_secret_")[0]
        created, charged = await emulator.events("payment_intent.created", "charge.succeeded")
        for known in (body.replace(intent_id, "pi_of_somebody_else"), created, charged):
            assert (await deliver(api, known)).status_code == 200
        asked_before = await emulator.requests("GET /v1/payment_intents/")
        await run_jobs()
        assert [is_handled for _, is_handled in await stored()] == [True] * 3
        assert await emulator.requests("GET /v1/payment_intents/") == asked_before

    async def test_of_a_kind_without_effect_causes_no_job(self, api: AsyncClient) -> None:
        await authorised_sale()
        (created,) = await emulator.events("payment_intent.created")
        await nudge.finish()
        waiting = queues.get_queue(queues.OUTSIDE_LATER)
        waiting.empty()
        for _ in range(2):
            assert (await deliver(api, created)).status_code == 200
        await nudge.finish()
        assert waiting.count == 0
        assert await stored() == [("payment_intent.created", True)]

    @pytest.mark.parametrize(
        "signing", [{"secret": "whsec_of_somebody_else"}, {"timestamp": 1_700_000_000}]
    )
    async def test_rejects_a_foreign_signature(
        self, api: AsyncClient, signing: dict[str, Any]
    ) -> None:
        sale, body = await authorised_sale()
        answer = await deliver(api, body, **signing)
        assert answer.status_code == 400
        assert answer.json()["errors"] == [
            {"message": "The signature of this webhook is not valid."}
        ]
        assert await stored() == []
        assert (await sales.statuses(sale))[0] == "awaiting_payment"

    @pytest.mark.parametrize(
        "body",
        [
            "[]",
            "{}",
            "1",
            '"text"',
            '{"id": "evt_1"}',
            '{"object": "event", "id": "evt_1", "type": "charge.failed", "data": null}',
            '{"object": "event", "id": "evt_1", "type": 5, "data": {"object": {}}}',
            '{"object": "event", "id": 1, "type": "a", "data": {"object": {"id": "b"}}}',
            '{"object": "event", "id": "a\\u0000", "type": "a", "data": {"object": {"id": "b"}}}',
            '{"object": "event", "id": "a\\ud800", "type": "a", "data": {"object": {"id": "b"}}}',
            '{"object": "event", "id": "a", "type": "payment_intent.x", "data": {"object": []}}',
            '{"object": "event", "id": "a", "type": "charge.x", "data": {"object": {"payment_intent": {}}}}',
        ],
    )
    async def test_rejects_a_signed_body_that_is_not_an_event(
        self, api: AsyncClient, body: str
    ) -> None:
        answer = await deliver(api, body)
        assert answer.status_code == 400
        assert await stored() == []

    async def test_refuses_no_signature_and_a_huge_body(self, api: AsyncClient) -> None:
        assert (await api.post("/api/stripe/webhook", content=b"{}")).status_code == 400
        huge = await api.post("/api/stripe/webhook", content=b" " * 70_000)
        assert huge.status_code == 400
        assert "too large" in huge.json()["errors"][0]["message"]


class TestFraudWarning:
    """Stripe reports the suspicion of a bank by a webhook only."""

    async def warn(self, api: AsyncClient, sale: sales.Sale) -> None:
        (paid,) = await emulator.events("payment_intent.succeeded")
        warning = json.loads(paid) | {
            "id": f"evt_{db.new_id().hex}",
            "type": "radar.early_fraud_warning.created",
            "data": {
                "object": {
                    "id": "issfr_1",
                    "object": "radar.early_fraud_warning",
                    "payment_intent": sale.secret.partition("_secret_")[0],
                }
            },
        }
        assert (await deliver(api, json.dumps(warning))).status_code == 200
        await run_jobs()

    async def test_of_a_paid_order_is_an_alert(self, api: AsyncClient) -> None:
        sale = await sales.sell()
        await self.warn(api, sale)
        async with db.transaction() as session:
            (alert,) = await alerts.list_open(session)
        assert (alert.kind, alert.order_id) == ("fraud_warning", sale.order.id)
        assert f"refund {sale.order.id}" in alert.detail
        # A suspicion alone does not prevent a resale of the ticket.
        assert await sales.relist(sale.ticket, sale.buyer)

    async def test_of_a_refunded_order_is_none(self, api: AsyncClient) -> None:
        sale = await sales.sell()
        await sales.refund_sale(sale)
        await self.warn(api, sale)
        assert await sales.open_alerts() == []

    async def test_reviews_are_stored_and_change_nothing(self, api: AsyncClient) -> None:
        sale = await sales.sell()
        (paid,) = await emulator.events("payment_intent.succeeded")
        review = json.loads(paid) | {"id": "evt_review", "type": "review.opened"}
        assert (await deliver(api, json.dumps(review))).status_code == 200
        assert await stored() == [("review.opened", True)]
        await run_jobs()
        assert await stored() == [("review.opened", True)]
        assert await sales.statuses(sale) == ("completed", "completed")
