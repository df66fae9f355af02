import asyncio
from http import HTTPStatus

import pytest
from httpx import AsyncClient

from tests.integration.privacy.people import sign_up
from ticketing_app.core import changes
from ticketing_app.documents import cache
from ticketing_app.documents.cache import Cache


class Maker:
    """Makes 1, 2, 3 and so on; waits until `may_end`."""

    def __init__(self) -> None:
        self.count = 0
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def __call__(self) -> int:
        self.count += 1
        made = self.count
        await self.may_end.wait()
        return made


@pytest.fixture
def maker() -> Maker:
    return Maker()


@pytest.fixture
def kept() -> Cache[int]:
    return Cache(is_kept=lambda _: True)


class TestCache:
    async def test_makes_each_key_once(self, kept: Cache[int], maker: Maker) -> None:
        assert [await kept.get(key, maker) for key in ("a", "b", "a", "b")] == [1, 2, 1, 2]

    async def test_makes_it_again_after_a_change(self, kept: Cache[int], maker: Maker) -> None:
        await kept.get("a", maker)
        changes.note()
        assert await kept.get("a", maker) == 2

    async def test_a_change_while_it_is_made_counts(self, kept: Cache[int], maker: Maker) -> None:
        maker.may_end.clear()
        first = asyncio.create_task(kept.get("a", maker))
        await asyncio.sleep(0)
        changes.note()
        maker.may_end.set()
        assert await first == 1
        assert await kept.get("a", maker) == 2

    async def test_all_who_wait_get_the_same(self, kept: Cache[int], maker: Maker) -> None:
        maker.may_end.clear()
        waiting = [asyncio.create_task(kept.get("a", maker)) for _ in range(5)]
        await asyncio.sleep(0)
        maker.may_end.set()
        assert await asyncio.gather(*waiting) == [1] * 5

    async def test_makes_an_old_one_again(
        self, kept: Cache[int], maker: Maker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await kept.get("a", maker)
        monkeypatch.setattr(cache, "MAX_AGE_SECONDS", 0)
        assert await kept.get("a", maker) == 2

    async def test_forgets_the_least_recently_used(
        self, kept: Cache[int], maker: Maker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cache, "MAX_ENTRIES", 2)
        for key in ("a", "b", "a", "c"):
            await kept.get(key, maker)
        assert [await kept.get(key, maker) for key in ("a", "c", "b")] == [1, 3, 4]

    async def test_keeps_no_failure(self, maker: Maker) -> None:
        kept = Cache[int](is_kept=lambda made: made > 1)
        assert [await kept.get("a", maker) for _ in range(3)] == [1, 2, 2]

    async def test_an_error_reaches_who_asked_and_is_not_kept(self, kept: Cache[int]) -> None:
        async def fail() -> int:
            raise RuntimeError

        for _ in range(2):
            with pytest.raises(RuntimeError):
                await kept.get("a", fail)


class TestServe:
    async def test_shows_a_listing_at_once(self, site: AsyncClient, api: AsyncClient) -> None:
        before = await site.get("/")
        await sign_up(api)
        await api.post("/api/tickets", json={"title": "Paper Lanterns", "price": 40})
        after = await site.get("/")
        assert "Paper Lanterns" not in before.text
        assert "Paper Lanterns" in after.text

    async def test_speaks_the_language_of_each_reader(
        self, site: AsyncClient, api: AsyncClient
    ) -> None:
        await sign_up(api)
        await api.post("/api/tickets", json={"title": "Paper Lanterns", "price": 1234.5})
        texts = [
            (await site.get("/", headers={"accept-language": language})).text
            for language in ("en-US", "de-DE", "en-US")
        ]
        assert "$1,234.50" in texts[0]
        assert "$1,234.50" not in texts[1]
        assert texts[0] == texts[2]

    async def test_keeps_no_missing_ticket(self, site: AsyncClient, api: AsyncClient) -> None:
        await sign_up(api)
        made = await api.post("/api/tickets", json={"title": "Paper Lanterns", "price": 40})
        path = f"/tickets/{made.json()['id']}"
        assert (await site.get(path)).status_code == HTTPStatus.OK
        missing = f"/tickets/{'0' * 8}-0000-7000-8000-{'0' * 12}"
        assert [(await site.get(missing)).status_code for _ in range(2)] == [404, 404]
