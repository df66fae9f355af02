"""The operators' command line."""

import asyncio
import sys

import pytest

from tests.integration.messaging.samples import (
    column,
    consumer_of,
    envelope_of,
    note_and_fail,
    record,
)
from ticketing_app import __main__ as command_line
from ticketing_app.core import db
from ticketing_app.devstack.stack import ROOT
from ticketing_app.messaging import inbox

pytestmark = pytest.mark.usefixtures("database")

NAME = inbox.subscriber_name(note_and_fail)


async def run(*arguments: str) -> tuple[int | None, str, str]:
    """Run the command as an operator does; return exit status, standard output and error."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ticketing_app", *arguments,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


class TestDeadLetters:
    async def test_are_listed_and_replayed(self) -> None:
        envelope = await envelope_of(await record())
        await consumer_of(first_retry_seconds=100).handle(note_and_fail, envelope)
        await column("UPDATE inbox SET status = 'dead' RETURNING status")
        code, out, _ = await run("dead-letters")
        assert code == 0
        assert f"{NAME} {envelope.id} UserCreated of " in out
        assert "after 1 attempts: " in out
        code, out, _ = await run("replay", NAME, str(envelope.id))
        assert (code, out) == (0, "It is tried again now, and as often as a new event.\n")
        assert await column("SELECT status FROM inbox") == ["retrying"]

    async def test_that_do_not_exist_are_not_replayed(self) -> None:
        event_id = db.new_id()
        code, out, err = await run("replay", NAME, str(event_id))
        assert (code, out, err) == (1, "", f"{NAME} has no dead letter {event_id}.\n")


class TestMain:
    async def test_migrates_a_database_that_is_new_enough_already(self) -> None:
        code, _, err = await run("migrate")
        assert code == 0, err

    def test_refuses_a_command_that_it_does_not_have(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit):
            command_line.main(["abolish"])
        assert "invalid choice" in capsys.readouterr().err
