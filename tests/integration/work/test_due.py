"""Deferred work on the real database: taken once, fenced, retried, never lost."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.waiting import eventually, running
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.core.logging import correlation_id, start_context
from ticketing_app.core.queue_worker import JOB_SECONDS
from ticketing_app.monitoring.work import list_failing
from ticketing_app.work import due, jobs
from ticketing_app.work.due import HopelessError, Kind

KIND = "tests.sample"
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind with a job that does nothing."""

    async def act(_: db.Transaction, _key: str) -> None: ...

    monkeypatch.setattr(jobs, "KINDS", {})
    jobs.register({KIND: Kind(act)})


async def want(key: str = "a", *, at: datetime | None = None, is_moved: bool = False) -> None:
    async with db.transaction() as session:
        await due.want(session, KIND, key, at=at, is_moved=is_moved)


async def insert(keys: Iterable[str]) -> None:
    async with db.transaction() as session:
        await due.adopt(session, KIND, keys)


async def read_work() -> list[Mapping[str, Any]]:
    query = (
        "SELECT *, due_at <= clock_timestamp() AS is_due, due_at - clock_timestamp() AS wait "
        "FROM work ORDER BY key"
    )
    async with db.autocommit() as connection:
        return [dict(row) for row in (await connection.execute(text(query))).mappings()]


async def move_back(seconds: float) -> None:
    """Let time pass for all work: due times and leases move into the past."""
    moved = (
        "UPDATE work SET due_at = due_at - CAST(:by AS interval),"
        " taken_until = taken_until - CAST(:by AS interval)"
    )
    async with db.autocommit() as connection:
        await connection.execute(text(moved), {"by": timedelta(seconds=seconds)})


async def drain(kind: Kind) -> None:
    while await due.do_next(KIND, kind):
        pass


class Actor:
    """An act that notes its calls and, at the first one, waits for `go`."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.begun = asyncio.Event()
        self.go = asyncio.Event()

    async def __call__(self, _: db.Transaction, key: str) -> None:
        self.calls.append(f"{key} begins")
        if not self.begun.is_set():
            self.begun.set()
            await self.go.wait()
        self.calls.append(f"{key} ends")


class TestWant:
    async def test_rolls_back_with_the_transaction(self) -> None:
        async with db.transaction() as session:
            await due.want(session, KIND, "a")
            await session.rollback()
        assert await read_work() == []

    async def test_is_one_row_if_wanted_twice(self) -> None:
        await want(at=utc_now() + 2 * HOUR)
        await want(at=utc_now() + HOUR)
        await want(at=utc_now() + 3 * HOUR)
        [row] = await read_work()
        assert timedelta(minutes=59) < row["wait"] <= HOUR

    async def test_moves_to_a_later_time(self) -> None:
        await want(at=utc_now() + HOUR)
        await want(at=utc_now() + 2 * HOUR, is_moved=True)
        [row] = await read_work()
        assert row["wait"] > HOUR

    async def test_refuses_an_unknown_kind(self) -> None:
        async with db.transaction() as session:
            with pytest.raises(KeyError):
                await due.want(session, "tests.typo", "a")


class TestDoNext:
    async def test_many_takers_do_each_thing_once(self) -> None:
        calls: list[str] = []

        async def act(_: db.Transaction, key: str) -> None:
            await asyncio.sleep(0)
            calls.append(key)

        keys = sorted(str(number) for number in range(1_000))
        await insert(keys)
        await asyncio.gather(*(drain(Kind(act)) for _ in range(16)))
        assert sorted(calls) == keys
        assert await read_work() == []

    async def test_takes_one_thing_whatever_the_plan(self) -> None:
        calls: list[str] = []

        async def act(_: db.Transaction, key: str) -> None:
            calls.append(key)

        # Statistics with which PostgreSQL may evaluate a subquery once per row.
        await want("a")
        async with db.autocommit() as connection:
            await connection.execute(text("VACUUM ANALYZE work"))
        await want("b")
        assert await due.do_next(KIND, Kind(act))
        assert calls == ["a"]

    async def test_does_nothing_before_its_time(self) -> None:
        await want(at=utc_now() + HOUR)
        assert not await due.do_next(KIND, Kind(Actor()))

    async def test_does_the_given_key_only(self) -> None:
        calls: list[str] = []

        async def act(_: db.Transaction, key: str) -> None:
            calls.append(key)

        await want("a")
        await want("b")
        assert await due.do_next(KIND, Kind(act), key="b")
        assert not await due.do_next(KIND, Kind(act), key="b")
        assert calls == ["b"]

    async def test_wanted_while_it_is_done_is_done_again_afterwards(self) -> None:
        actor = Actor()
        await want()
        async with running(drain(Kind(actor))) as [first]:
            await actor.begun.wait()
            await want()
            assert not await due.do_next(KIND, Kind(actor))
            actor.go.set()
            await first
        assert actor.calls == ["a begins", "a ends", "a begins", "a ends"]
        assert await read_work() == []

    async def test_comes_back_after_a_crash(self) -> None:
        actor = Actor()
        await want()
        async with running(due.do_next(KIND, Kind(actor))):
            await actor.begun.wait()
        assert not await due.do_next(KIND, Kind(actor))
        await move_back(179)
        assert not await due.do_next(KIND, Kind(actor))
        await move_back(2)
        assert await due.do_next(KIND, Kind(actor))
        assert await read_work() == []

    async def test_late_end_does_not_end_work_of_another(self) -> None:
        late, other = Actor(), Actor()
        await want()
        async with running(due.do_next(KIND, Kind(late))) as [first]:
            await late.begun.wait()
            await move_back(181)
            second = asyncio.create_task(due.do_next(KIND, Kind(other)))
            await other.begun.wait()
            late.go.set()
            await first
            [row] = await read_work()
            assert row["tries"] == 2
            assert row["taken_until"] is not None
            other.go.set()
            await second
        assert await read_work() == []

    async def test_late_failure_does_not_release_work_of_another(self) -> None:
        go = asyncio.Event()

        async def fail(_: db.Transaction, _key: str) -> None:
            await go.wait()
            raise ZeroDivisionError

        other = Actor()
        await want()
        async with running(due.do_next(KIND, Kind(fail))) as [late]:
            await eventually(_is_taken)
            await move_back(181)
            second = asyncio.create_task(due.do_next(KIND, Kind(other)))
            await other.begun.wait()
            go.set()
            await late
            [row] = await read_work()
            assert row["last_error"] is None
            other.go.set()
            await second
        assert await read_work() == []

    async def test_act_that_is_not_done_is_due_again(self) -> None:
        async def act(_: db.Transaction, _key: str) -> timedelta:
            return HOUR

        await want()
        assert await due.do_next(KIND, Kind(act))
        [row] = await read_work()
        assert timedelta(minutes=59) < row["wait"] <= HOUR
        assert row["tries"] == 0

    async def test_continues_the_context_of_the_caller(self) -> None:
        found: list[str | None] = []

        async def act(_: db.Transaction, _key: str) -> None:
            found.append(correlation_id())

        start_context("request-1")
        await want()
        start_context("other")
        await due.do_next(KIND, Kind(act))
        assert found == ["request-1"]


async def _is_taken() -> bool:
    [row] = await read_work()
    return row["taken_until"] is not None


class TestFailures:
    async def fail(self, kind: Kind) -> Mapping[str, Any]:
        assert await due.do_next(KIND, kind)
        [row] = await read_work()
        return row

    async def test_wait_longer_each_time_and_die(self) -> None:
        async def act(_: db.Transaction, _key: str) -> None:
            raise ValueError("no\0")  # PostgreSQL stores no NUL.

        kind = Kind(act, longest=timedelta(seconds=30), tries=3)
        await want()
        waits = []
        for _ in range(2):
            waits.append((await self.fail(kind))["wait"].total_seconds())
            assert not await due.do_next(KIND, kind)
            await move_back(31)
        assert waits == [pytest.approx(20, abs=2), pytest.approx(30, abs=2)]
        row = await self.fail(kind)
        assert (row["due_at"], row["tries"]) == (None, 3)
        assert "no" in row["last_error"]
        async with db.transaction() as session:
            [dead] = await list_failing(session)
        assert dead.key == "a"

    async def test_dead_work_is_done_when_wanted_again(self) -> None:
        async def act(_: db.Transaction, _key: str) -> None:
            raise HopelessError

        await want()
        assert (await self.fail(Kind(act)))["due_at"] is None
        await want()
        [row] = await read_work()
        assert (row["is_due"], row["tries"], row["last_error"]) == (True, 0, None)

    async def test_success_forgets_failures(self) -> None:
        outcomes: list[timedelta | None] = [None, HOUR]

        async def act(_: db.Transaction, _key: str) -> timedelta | None:
            return 1 / 0 if (found := outcomes.pop(0)) is None else found  # pyright: ignore[reportReturnType]

        await want()
        assert (await self.fail(Kind(act)))["tries"] == 1
        await move_back(21)
        row = await self.fail(Kind(act))
        assert (row["tries"], row["last_error"]) == (0, None)


def test_lease_outlasts_the_time_limit_of_a_job() -> None:
    assert Kind(Actor()).lease.total_seconds() > JOB_SECONDS
