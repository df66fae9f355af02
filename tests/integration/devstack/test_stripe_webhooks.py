"""Events reach their receivers and survive a restart, seen through the real SDK over HTTP."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.devstack.stripe_tools import SECRET, Emulator, Receiver, free_port, until


class TestWebhooks:
    async def test_every_event_arrives_signed(self, emulator: Emulator, receiver: Receiver) -> None:
        intent = await emulator.authorised()
        await emulator.intents.cancel_async(intent.id)
        expected = {
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.amount_capturable_updated",
            "charge.expired",
            "payment_intent.canceled",
        }
        await until(lambda: set(receiver.types()) == expected)
        await until(lambda: self.delivered(emulator))

    async def delivered(self, emulator: Emulator) -> bool:
        return (await emulator.books())["undelivered"] == 0

    async def test_refused_delivery_is_repeated(
        self, emulator: Emulator, receiver: Receiver
    ) -> None:
        receiver.refusals = 2
        await emulator.new()
        await until(lambda: receiver.types() == ["payment_intent.created"])
        log = (await emulator.http.get("/_emulator/log")).json()["data"]
        assert [row["status"] for row in log if "webhook" in row][:2] == [500, 500]

    async def test_delivers_once_the_receiver_is_up(self, emulator: Emulator) -> None:
        receiver = Receiver()
        receiver.close()
        await emulator.control("webhook", url=receiver.url, secret=SECRET)
        await emulator.new()

        async def failed() -> bool:
            log = (await emulator.http.get("/_emulator/log")).json()["data"]
            return any(row.get("error") == "ConnectError" for row in log)

        await until(failed)
        assert (await emulator.books())["undelivered"] == 1
        undelivered = await emulator.client.v1.events.list_async({"delivery_success": False})
        assert len(undelivered.data) == 1
        await emulator.control("webhook")
        await until(lambda: self.delivered(emulator))

    async def test_held_events_wait_for_the_next_mode(
        self, emulator: Emulator, receiver: Receiver
    ) -> None:
        await emulator.control("webhooks", mode="hold")
        await emulator.authorised()
        assert receiver.events == []
        await emulator.control("webhooks", mode="normal")
        await until(lambda: len(receiver.events) == 3)
        assert receiver.types()[0] == "payment_intent.created"

    async def test_reversed_mode_sends_the_last_one_first(
        self, emulator: Emulator, receiver: Receiver
    ) -> None:
        await emulator.control("webhooks", mode="reversed")
        await emulator.authorised()
        await until(lambda: len(receiver.events) == 3)
        assert receiver.types()[-1] == "payment_intent.created"

    async def test_twice_mode_repeats_the_same_event(
        self, emulator: Emulator, receiver: Receiver
    ) -> None:
        await emulator.control("webhooks", mode="twice")
        await emulator.new()
        await until(lambda: len(receiver.events) == 2)
        assert receiver.events[0].id == receiver.events[1].id

    async def test_off_mode_sends_nothing_until_asked(
        self, emulator: Emulator, receiver: Receiver
    ) -> None:
        await emulator.control("webhooks", mode="off")
        await emulator.new()
        events = await emulator.client.v1.events.list_async({"delivery_success": False})
        await emulator.control("webhooks", resend=events.data[0].id)
        await until(lambda: [event.id for event in receiver.events] == [events.data[0].id])

    async def test_unknown_mode_is_refused(self, emulator: Emulator) -> None:
        answer = await emulator.http.post("/_emulator/webhooks", json={"mode": "sometimes"})
        assert answer.status_code == 400


class TestProcess:
    async def test_books_survive_a_restart(self, tmp_path: Path) -> None:
        first = Emulator(tmp_path)
        intent = await first.authorised()
        made = await first.new("kept")
        books = await first.books()
        assert await first.stop() == 0
        second = Emulator(tmp_path, first.port)
        assert await second.books() == books
        again = await second.new("kept")
        assert again.id == made.id
        assert (await second.intents.capture_async(intent.id)).status == "succeeded"
        assert await second.stop() == 0

    async def test_bank_answers_after_a_restart(self, tmp_path: Path) -> None:
        first = Emulator(tmp_path)
        intent = await first.new(confirm=True, payment_method="pm_card_refundFail")
        await first.intents.capture_async(intent.id)
        await first.client.v1.refunds.create_async({"payment_intent": intent.id})
        assert await first.stop() == 0
        second = Emulator(tmp_path)

        async def failed() -> bool:
            return (await second.books())["refunds"][0]["status"] == "failed"

        await until(failed)
        assert await second.stop() == 0

    async def test_crash_loses_a_second_at_most(self, tmp_path: Path) -> None:
        first = Emulator(tmp_path)
        await first.authorised()
        books = await first.books()
        await until((tmp_path / "stripe.json").exists)
        first.process.kill()
        await first.stop()
        second = Emulator(tmp_path)
        assert await second.books() == books
        assert await second.stop() == 0

    @pytest.mark.parametrize(
        ("arguments", "environment", "sentence"),
        [
            ([], {"TICKETING_ENV": "production"}, "refuses to run with TICKETING_ENV=production"),
            (
                ["--webhook-url", "http://127.0.0.1:1"],
                {"STRIPE_WEBHOOK_SECRET": ""},
                "needs STRIPE_WEBHOOK_SECRET",
            ),
        ],
    )
    def test_refuses_to_start(
        self, arguments: list[str], environment: dict[str, str], sentence: str
    ) -> None:
        result = start(free_port(), arguments, environment)
        assert result.returncode == 2
        assert sentence in result.stderr

    async def test_refuses_a_port_in_use(self, running: Emulator) -> None:
        result = await asyncio.to_thread(start, running.port, [], {})
        assert result.returncode == 1
        assert re.search(rf"cannot use 127.0.0.1:{running.port}: .+\.", result.stderr)

    def test_refuses_a_folder_that_is_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "books").write_text("no folder")
        result = start(free_port(), ["--data", str(tmp_path / "books")], {})
        assert result.returncode == 1
        assert "cannot use" in result.stderr

    @pytest.mark.parametrize("path", ["/endive/stripe.js", "/frame/payment", "/frame/challenge"])
    async def test_serves_the_browser_side(self, emulator: Emulator, path: str) -> None:
        answer = await emulator.http.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"].split(";")[0] in ("text/html", "text/javascript")


def start(
    port: int, arguments: list[str], environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ticketing_app.devstack.stripe", "--port", str(port)]
    return subprocess.run(
        [*command, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
