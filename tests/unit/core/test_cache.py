import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from ticketing_app.core import cache, changes, shedding
from ticketing_app.core.cache import Cache
from ticketing_app.core.changes import Keys
from ticketing_app.core.clock import utc_now


@dataclass(frozen=True)
class Made:
    number: int
    read: Keys | None = frozenset({"a"})
    until: datetime | None = None


class Maker:
    """Makes 1, 2, 3 and so on; waits until `may_end`. Fails, or makes what cannot be cached, on demand."""

    def __init__(self) -> None:
        self.count = 0
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.error: Exception | None = None
        self.read: Keys | None = frozenset({"a"})
        self.until: datetime | None = None

    async def __call__(self) -> Made:
        self.count += 1
        made = Made(self.count, self.read, self.until)
        await self.may_end.wait()
        if self.error:
            raise self.error
        return made


@pytest.fixture
def maker() -> Maker:
    return Maker()


@pytest.fixture
def cached() -> Cache[Made]:
    return Cache()


async def get(cached: Cache[Made], maker: Maker, key: str = "x") -> int:
    return (await cached.get(key, maker)).number


async def begin(cached: Cache[Made], maker: Maker) -> asyncio.Task[int]:
    """Ask for an answer, and wait until it is being made or waited for."""
    task = asyncio.create_task(get(cached, maker))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return task


class TestGet:
    async def test_makes_each_key_once(self, cached: Cache[Made], maker: Maker) -> None:
        assert [await get(cached, maker, key) for key in ("x", "y", "x", "y")] == [1, 2, 1, 2]

    async def test_makes_it_again_after_a_change(self, cached: Cache[Made], maker: Maker) -> None:
        await get(cached, maker)
        changes.note({"a"})
        assert await get(cached, maker) == 2

    async def test_survives_other_changes(self, cached: Cache[Made], maker: Maker) -> None:
        await get(cached, maker)
        changes.note({"b"})
        assert await get(cached, maker) == 1

    async def test_a_change_while_it_is_made_counts(
        self, cached: Cache[Made], maker: Maker
    ) -> None:
        maker.may_end.clear()
        first = await begin(cached, maker)
        changes.note({"a"})
        maker.may_end.set()
        assert await first == 1
        assert await get(cached, maker) == 2

    async def test_all_who_wait_get_the_same(self, cached: Cache[Made], maker: Maker) -> None:
        maker.may_end.clear()
        waiting = [await begin(cached, maker) for _ in range(5)]
        maker.may_end.set()
        assert await asyncio.gather(*waiting) == [1] * 5

    async def test_changes_in_a_row_do_not_queue_who_waits(
        self, cached: Cache[Made], maker: Maker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        maker.may_end.clear()
        first = await begin(cached, maker)
        changes.note({"a"})
        later = [await begin(cached, maker) for _ in range(5)]
        make = Maker.__call__

        async def change_meanwhile(maker: Maker) -> Made:
            changes.note({"a"})
            return await make(maker)

        monkeypatch.setattr(Maker, "__call__", change_meanwhile)
        maker.may_end.set()
        assert await first == 1
        assert await asyncio.gather(*later) == [2] * 5

    async def test_makes_an_old_one_again(
        self, cached: Cache[Made], maker: Maker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await get(cached, maker)
        monkeypatch.setattr(cache, "MAX_AGE_SECONDS", 0)
        assert await get(cached, maker) == 2

    async def test_makes_it_again_when_it_changes_by_itself(
        self, cached: Cache[Made], maker: Maker
    ) -> None:
        maker.until = utc_now() + timedelta(minutes=1)
        assert [await get(cached, maker) for _ in range(2)] == [1, 1]
        maker.until = utc_now()
        assert [await get(cached, maker, "y") for _ in range(2)] == [2, 3]

    async def test_forgets_the_least_recently_used(
        self, cached: Cache[Made], maker: Maker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cache, "MAX_ENTRIES", 2)
        for key in ("x", "y", "x", "z"):
            await get(cached, maker, key)
        assert [await get(cached, maker, key) for key in ("x", "z", "y")] == [1, 3, 4]

    async def test_keeps_only_what_may_be_cached(self, cached: Cache[Made], maker: Maker) -> None:
        maker.read = None
        assert [await get(cached, maker) for _ in range(2)] == [1, 2]
        maker.read = frozenset()
        assert [await get(cached, maker) for _ in range(2)] == [3, 3]

    async def test_keeps_no_answer_from_before_a_failure(
        self, cached: Cache[Made], maker: Maker
    ) -> None:
        await get(cached, maker)
        changes.note({"a"})
        maker.read = None
        assert [await get(cached, maker) for _ in range(2)] == [2, 3]

    async def test_a_failure_is_not_shared(self, cached: Cache[Made], maker: Maker) -> None:
        maker.may_end.clear()
        maker.error = RuntimeError()
        waiting = [await begin(cached, maker) for _ in range(3)]
        maker.may_end.set()
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(result) for result in results] == [RuntimeError] * 3
        assert maker.count == 3
        maker.error = None
        assert await get(cached, maker) == 4

    async def test_who_waited_for_a_failure_is_not_queued(
        self, cached: Cache[Made], maker: Maker
    ) -> None:
        maker.may_end.clear()
        maker.read = None
        waiting = [await begin(cached, maker) for _ in range(3)]
        make_first = maker.may_end
        maker.may_end = asyncio.Event()
        make_first.set()
        await waiting[0]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert maker.count == 3
        maker.may_end.set()
        assert sorted(await asyncio.gather(*waiting)) == [1, 2, 3]


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shedding.Load, "is_busy", True)


class TestBusy:
    """While the process is busy, an answer may be stale; it is made again in the background."""

    @pytest.fixture
    def cached(self) -> Cache[Made]:
        return Cache(stale_seconds=1, remake_seconds=0)

    @pytest.mark.usefixtures("busy")
    async def test_stale_answer_is_made_again_in_the_background(
        self, cached: Cache[Made], maker: Maker
    ) -> None:
        await get(cached, maker)
        changes.note({"a"})
        maker.may_end.clear()
        assert [await get(cached, maker) for _ in range(3)] == [1, 1, 1]
        await asyncio.sleep(0)
        assert await get(cached, maker) == 1
        maker.may_end.set()
        await asyncio.gather(*cached._remakes)
        assert await get(cached, maker) == 2
        assert maker.count == 2

    @pytest.mark.usefixtures("busy")
    async def test_is_not_made_again_at_once(self, maker: Maker) -> None:
        cached = Cache[Made](stale_seconds=1000, remake_seconds=1000)
        await get(cached, maker)
        changes.note({"a"})
        assert await get(cached, maker) == 1
        assert not cached._remakes

    @pytest.mark.usefixtures("busy")
    async def test_nobody_gets_an_older_one(self, maker: Maker) -> None:
        cached = Cache[Made](stale_seconds=1e-9)
        await get(cached, maker)
        changes.note({"a"})
        assert await get(cached, maker) == 2

    @pytest.mark.usefixtures("busy")
    async def test_failure_in_the_background_is_left_to_the_next_caller(
        self, cached: Cache[Made], maker: Maker
    ) -> None:
        await get(cached, maker)
        changes.note({"a"})
        maker.error = RuntimeError()
        assert await get(cached, maker) == 1
        await asyncio.gather(*cached._remakes)
        with pytest.raises(RuntimeError):
            await get(cached, maker)

    @pytest.mark.usefixtures("busy")
    async def test_answers_of_pages_are_never_stale(self, maker: Maker) -> None:
        cached = Cache[Made]()
        await get(cached, maker)
        changes.note({"a"})
        assert await get(cached, maker) == 2

    async def test_calm_process_returns_no_stale_answer(
        self, cached: Cache[Made], maker: Maker
    ) -> None:
        await get(cached, maker)
        changes.note({"a"})
        assert await get(cached, maker) == 2


class TestPeek:
    async def test_returns_what_is_up_to_date(self, cached: Cache[Made], maker: Maker) -> None:
        assert cached.peek("x") is None
        made = await cached.get("x", maker)
        assert cached.peek("x") is made
        changes.note({"a"})
        assert cached.peek("x") is None
