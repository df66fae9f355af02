"""`events tail`: domain events as JSON lines."""

import asyncio
import json
import shlex
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from tests import factories
from tests.integration.cli.command_line import run, start
from tests.integration.messaging.samples import record
from ticketing_app.cli import events
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.devstack.stack import ROOT
from ticketing_app.messaging.bus import Envelope
from ticketing_app.monitoring.events import list_recorded

pytestmark = pytest.mark.usefixtures("database")

HOUR = timedelta(hours=1)


async def take(found: AsyncGenerator[Envelope], count: int) -> list[UUID]:
    async with asyncio.timeout(15):
        return [(await anext(found)).aggregate_id for _ in range(count)]


class TestFollow:
    async def test_yields_past_and_new_events(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(events, "BATCH", 2)
        users = [await record() for _ in range(5)]
        async with aclosing(events.follow(utc_now() - HOUR)) as found:
            assert await take(found, 5) == users
            later = await record()
            assert await take(found, 1) == [later]

    async def test_yields_an_event_committed_late(self) -> None:
        late = await record()
        hide = "UPDATE outbox SET occurred_at = now() - interval '9 s', name = :name"
        async with aclosing(events.follow(utc_now() - HOUR, ["UserCreated"])) as found:
            await _change(hide, name="Hidden")
            early = await record()
            assert await take(found, 1) == [early]
            await _change("UPDATE outbox SET name = 'UserCreated'")
            assert await take(found, 1) == [late]

    async def test_skips_events_before_since(self) -> None:
        await record()
        await _change("UPDATE outbox SET occurred_at = now() - interval '2 h'")
        user = await record()
        async with aclosing(events.follow(utc_now() - HOUR)) as found:
            assert await take(found, 1) == [user]

    async def test_resumes_after_an_outage(self, monkeypatch: pytest.MonkeyPatch) -> None:
        outages = [ConnectionRefusedError(), TimeoutError()]

        async def fail_twice(*args: object, **values: object) -> list[Envelope]:
            if outages:
                raise outages.pop()
            return await list_recorded(*args, **values)  # type: ignore[arg-type]  # passed on as they came.

        monkeypatch.setattr(events, "list_recorded", fail_twice)
        user = await record()
        async with aclosing(events.follow(utc_now() - HOUR)) as found:
            assert await take(found, 1) == [user]

    async def test_raises_unexpected_errors(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def crash(*_: object, **__: object) -> list[Envelope]:
            raise ZeroDivisionError

        monkeypatch.setattr(events, "list_recorded", crash)
        async with aclosing(events.follow(utc_now())) as found:
            with pytest.raises(ZeroDivisionError):
                await anext(found)


async def _change(statement: str, **values: object) -> None:
    async with db.autocommit() as connection:
        await connection.execute(text(statement), values)


class TestCommand:
    @pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
    async def test_prints_json_lines_until_ctrl_c_and_ends_cleanly(self, signum: int) -> None:
        order = await factories.hold(await factories.make_ticket())
        process = await start("events", "tail", "--name", "OrderCreated", "--since", "10m")
        assert process.stdout
        async with asyncio.timeout(60):
            line = json.loads(await process.stdout.readline())
        assert (line["name"], line["aggregate_id"]) == ("OrderCreated", str(order.id))
        assert line["payload"]["ticket_id"] == str(order.ticket.id)
        process.send_signal(signum)
        async with asyncio.timeout(60):
            rest, err = await process.communicate()
        assert (process.returncode, rest, err) == (0, b"", b"")

    async def test_ends_when_the_pipe_is_closed(self) -> None:
        # More than the buffer of a pipe, so that the writer is still writing when the reader exits.
        await record()
        await _change(
            "INSERT INTO outbox (id, name, schema_version, occurred_at, aggregate_id, aggregate_version,"
            " payload) SELECT gen_random_uuid(), name, 1, now(), aggregate_id, 1, payload"
            " FROM outbox, generate_series(1, 2000)"
        )
        process = await asyncio.create_subprocess_shell(
            f"{shlex.quote(sys.executable)} -m ticketing_app events tail --since 10m | head -1; "
            'echo "ended ${PIPESTATUS[0]}"',
            executable="/bin/bash", cwd=ROOT,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(60):
            out, err = await process.communicate()
        assert out.decode().splitlines()[-1] == "ended 0"
        assert err == b""

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [(["--name", "OrderMade"], "invalid choice"), (["--since", "soon"], "'soon' is no age")],
    )
    async def test_refuses_invalid_arguments(self, arguments: list[str], sentence: str) -> None:
        code, _, err = await run("events", "tail", *arguments)
        assert code == 1
        assert sentence in err
