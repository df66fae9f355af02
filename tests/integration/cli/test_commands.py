"""The operators' command line."""

import re
from collections.abc import AsyncGenerator, Awaitable, Callable

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from tests.integration.cli.command_line import run, run_process
from tests.integration.messaging.samples import (
    column,
    consumer_of,
    envelope_of,
    note_and_fail,
    record,
)
from tests.integration.payments import emulator, groups, sales
from tests.site import free_port
from ticketing_app.cli.program import main
from ticketing_app.core import db
from ticketing_app.core.settings import get_settings
from ticketing_app.devstack.stack import Stack
from ticketing_app.messaging import inbox
from ticketing_app.orders.service import order_payment
from ticketing_app.payments.gateway import client

pytestmark = pytest.mark.usefixtures("database")

NAME = inbox.subscriber_name(note_and_fail)


class TestDeadLetters:
    async def test_are_listed_and_replayed(self) -> None:
        envelope = await envelope_of(await record())
        await consumer_of(first_retry_seconds=100).handle([note_and_fail], [envelope])
        await column("UPDATE inbox SET status = 'dead' RETURNING status")
        code, out, _ = await run("dead-letters")
        assert code == 0
        assert f"{NAME} {envelope.id} UserCreated of " in out
        assert "after 1 attempts: " in out
        code, out, _ = await run("replay", NAME, str(envelope.id))
        assert (code, out) == (0, "It is tried again now, and as often as a new event.\n")
        assert await column("SELECT status FROM inbox") == ["retrying"]

    async def test_unknown_dead_letter_is_refused(self) -> None:
        event_id = db.new_id()
        code, out, err = await run("replay", NAME, str(event_id))
        assert (code, out, err) == (1, "", f"{NAME} has no dead letter {event_id}.\n")


@pytest.fixture
async def held() -> AsyncGenerator[sales.Sale]:
    """Return an order with an open payment."""
    async with emulator.connect(get_settings().stripe_api_base):
        yield await sales.start_sale()
    await client.dispose()


@pytest.fixture
async def paid(held: sales.Sale) -> sales.Sale:
    """Return a paid order."""
    await sales.pay(held)
    return held


class TestRefund:
    async def test_refunds_once(self, paid: sales.Sale) -> None:
        code, out, err = await run("refund", str(paid.order.id), "--reason", "Cancelled show")
        assert (code, err.count("order.refund")) == (0, 2), err
        assert "Stripe has it." in out
        assert await sales.statuses(paid) == ("refunded", "completed")
        code, out, err = await run("refund", str(paid.order.id), "--reason", "Cancelled show")
        assert (code, out) == (1, "")
        assert err == "The money of this order was given back already.\n"

    @pytest.mark.usefixtures("stripe_books")
    async def test_refunds_one_ticket_of_several(self) -> None:
        sale, (first, second) = await groups.sell(2)
        words = ["refund", str(sale.order.id), "--reason", "One seat", "--ticket"]
        code, out, err = await run(*words, str(first.id))
        assert code == 0, err
        assert "Stripe has it." in out
        assert await groups.refunded_ids(sale) == {first.id}
        assert await sales.statuses(sale) == ("completed", "completed")
        code, _, err = await run(*words, str(db.new_id()))
        assert (code, err) == (1, "This ticket is not part of the order.\n")
        code, _, err = await run(*words, str(first.id), "--ticket", str(second.id))
        assert code == 0, err
        assert await sales.statuses(sale) == ("refunded", "completed")

    async def test_refunds_an_order_stuck_in_capture(self, held: sales.Sale) -> None:
        await emulator.enter_card(held.secret)
        async with db.transaction() as session:
            await order_payment.claim_for_capture(session, order_id=held.order.id)
        code, out, err = await run("refund", str(held.order.id), "--reason", "Stuck")
        assert code == 0, err
        assert "Stripe has it." in out
        assert await sales.statuses(held) == ("refunded", "completed")

    async def test_cancels_an_order_unknown_to_stripe(self, held: sales.Sale) -> None:
        async with db.transaction() as session:
            await order_payment.claim_for_capture(session, order_id=held.order.id)
            statement = text("UPDATE charges SET stripe_id = 'pi_unknown' WHERE id = :id")
            await (await session.connection()).execute(statement, {"id": held.payment.id})
        code, out, err = await run("refund", str(held.order.id), "--reason", "Stuck")
        assert code == 0, err
        assert "no money is there" in out
        assert await sales.statuses(held) == ("cancelled", "failed")

    async def test_leaves_it_to_the_worker_when_stripe_is_down(self, paid: sales.Sale) -> None:
        await emulator.break_next("POST /v1/refunds", "down")
        code, out, err = await run("refund", str(paid.order.id), "--reason", "Cancelled show")
        assert code == 1
        assert "the worker retries until it does" in out
        assert "does not answer right now" in err
        await sales.sweep()
        assert await sales.statuses(paid) == ("refunded", "completed")

    async def test_of_an_unknown_order_is_refused(self) -> None:
        code, out, err = await run("refund", str(db.new_id()), "--reason", "none")
        assert (code, out) == (1, "")
        assert "could not find this order" in err


class TestAlerts:
    async def test_are_listed_until_they_are_resolved(self, paid: sales.Sale) -> None:
        assert (await run("audit"))[:2] == (0, "Stripe and we agree.\n")
        await emulator.refund_in_dashboard(paid.secret, cents=1000)
        await sales.deliver_webhooks("charge.refunded")
        code, out, _ = await run("alerts")
        assert code == 0
        alert_id, kind, *_ = out.split()
        assert kind == "partial_refund"
        assert f"order {paid.order.id}" in out
        assert "Seen 1 times" in out
        assert (await run("resolve-alert", alert_id))[0] == 0
        assert (await run("alerts"))[:2] == (0, "")
        await emulator.refund_in_dashboard(paid.secret)
        await sales.deliver_webhooks("charge.refunded")
        assert await sales.statuses(paid) == ("refunded", "completed")
        code, _, err = await run("resolve-alert", alert_id)
        assert (code, err) == (1, f"There is no open alert {alert_id}.\n")


class TestWebhooks:
    async def test_are_handled_again(self, paid: sales.Sale) -> None:
        await sales.deliver_webhooks("payment_intent.succeeded")
        [event_id] = await column("SELECT id FROM stripe_events")
        await sales.do_due()
        assert (await run("replay-webhook", event_id))[0] == 0
        assert await column("SELECT key FROM work WHERE key LIKE 'evt_%'") == [event_id]
        await sales.do_due()
        assert await column("SELECT id FROM stripe_events WHERE handled_at IS NULL") == []
        assert await sales.statuses(paid) == ("completed", "completed")
        code, _, err = await run("replay-webhook", "evt_unknown")
        assert (code, err) == (1, "There is no stored event evt_unknown.\n")


class TestWork:
    async def test_is_listed_and_tried_again(self, held: sales.Sale) -> None:
        charge_id = str(held.payment.id)
        assert (await run("work", "list"))[:2] == (0, "")
        await column("UPDATE work SET due_at = NULL, last_error = 'No luck', tries = 8 RETURNING 1")
        code, out, _ = await run("work", "list")
        assert code == 0
        assert f"payments.charge {charge_id} of " in out
        assert out.endswith(", dead\n    after 8 tries: No luck\n")
        code, out, _ = await run("work", "retry", "payments.charge", charge_id)
        assert (code, out) == (0, "It is tried again now, and as often as new work.\n")
        assert (await run("work", "list"))[1] == ""

    async def test_that_has_not_failed_is_not_tried_again(self, held: sales.Sale) -> None:
        charge_id = str(held.payment.id)
        code, _, err = await run("work", "retry", "payments.charge", charge_id)
        assert (code, err) == (1, f"There is no failed work payments.charge {charge_id}.\n")


class TestSchema:
    @pytest.fixture
    async def version(self) -> AsyncGenerator[Callable[[str], Awaitable[None]]]:
        """Change the recorded revision of the database, and restore it afterwards."""
        sql = "UPDATE alembic_version SET version_num = :version"
        async with db.autocommit() as connection:
            before = await connection.scalar(text("SELECT version_num FROM alembic_version"))

        async def change(version: str) -> None:
            async with db.autocommit() as connection:
                await connection.execute(text(sql), {"version": version})

        yield change
        await change(before)

    async def test_serves_at_this_version(self) -> None:
        assert await run("wait-for-schema") == (0, "", "")

    async def test_serves_at_a_newer_version(
        self, version: Callable[[str], Awaitable[None]]
    ) -> None:
        await version("from_tomorrow")
        assert await run("wait-for-schema") == (0, "", "")
        code, out, _ = await run("migrate")
        assert code == 0
        assert "newer version migrated" in out

    async def test_waits_until_it_is_migrated(
        self, version: Callable[[str], Awaitable[None]]
    ) -> None:
        await version("0001")
        code, _, err = await run("wait-for-schema", "--seconds", "0.1")
        assert code == 1
        assert "run `migrate`" in err

    async def test_waits_while_the_database_is_down(
        self, stack: Stack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        away = re.sub(r":\d+/", f":{free_port()}/", stack.env["DATABASE_URL"])
        settings = get_settings().model_copy(update={"database_url": SecretStr(away)})
        monkeypatch.setattr(db, "get_settings", lambda: settings)
        code, _, err = await run("wait-for-schema", "--seconds", "0.1")
        assert code == 1
        assert "run `migrate`" in err


class TestMain:
    async def test_exit_status_is_that_of_the_process(self) -> None:
        command = "replay", NAME, str(db.new_id())
        ended = await run_process(*command)
        assert ended[0] == 1
        assert ended == await run(*command)

    async def test_migrates_a_current_database(self) -> None:
        code, _, err = await run("migrate")
        assert code == 0, err

    def test_refuses_an_unknown_command(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            main(["abolish"])
        assert "invalid choice" in capsys.readouterr().err
