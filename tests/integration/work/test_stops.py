"""Workers that are stopped or killed amid deferred work: nothing is lost, and nothing done twice."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from tests.integration.sample_jobs import marks
from tests.integration.work.restarted_worker import AT_ONCE, KIND, mark
from tests.waiting import eventually
from ticketing_app.core import db
from ticketing_app.devstack.stack import ROOT
from ticketing_app.work import due, jobs, nudge
from ticketing_app.work.due import Kind

PER_STOP = 25

pytestmark = pytest.mark.usefixtures("database")


@asynccontextmanager
async def restarted_worker() -> AsyncGenerator[asyncio.StreamReader]:
    """Run the worker; yield the stream of its process ids."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.work.restarted_worker",
        cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert process.stdout
    try:
        yield process.stdout
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def sweep() -> None:
    await jobs.do_all_due()
    await nudge.finish()


async def has_progressed(goal: int) -> bool:
    return len(await marks()) >= goal


async def end_leases() -> None:
    """Let the leases of killed workers end, and those of the living, too."""
    async with db.autocommit() as connection:
        await connection.execute(text("UPDATE work SET due_at = now(), taken_until = now()"))


async def is_all_done() -> bool:
    await sweep()
    async with db.autocommit() as connection:
        return not (await connection.execute(text("SELECT count(*) FROM work"))).scalar_one()


@pytest.mark.parametrize(
    ("stop", "times"),
    [
        (signal.SIGTERM, 2),
        (signal.SIGKILL, 1),
        pytest.param(signal.SIGTERM, 45, marks=pytest.mark.slow),
        pytest.param(signal.SIGKILL, 20, marks=pytest.mark.slow),
    ],
)
async def test_lose_nothing(
    stop: signal.Signals, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "KINDS", {})
    jobs.register({KIND: Kind(mark, at_once=AT_ONCE)})
    keys = {str(number) for number in range(PER_STOP * (times + 1))}
    async with db.transaction() as session:
        await due.adopt(session, KIND, keys)
    async with restarted_worker() as process_ids:
        for _ in range(times):
            process_id = int(await process_ids.readline())
            await sweep()
            goal = len(await marks()) + random.randint(1, PER_STOP // 2)
            await eventually(lambda goal=goal: has_progressed(goal), seconds=30)
            os.kill(process_id, stop)
        if stop is signal.SIGKILL:
            await process_ids.readline()
            await end_leases()
        await eventually(is_all_done, seconds=60)
    done = await marks()
    assert set(done) == keys
    if stop is signal.SIGTERM:
        assert len(done) == len(keys)
