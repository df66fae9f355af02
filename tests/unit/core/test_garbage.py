"""Full collections visit what they kept before only once in a while."""

import asyncio
import gc
import weakref
from collections.abc import Generator

import pytest

from tests.waiting import running
from ticketing_app.core import garbage


class Page:
    """Refers to itself, so that only a collection frees it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def restored() -> Generator[None]:
    yield
    gc.unfreeze()
    assert garbage.freeze_survivors not in gc.callbacks


async def test_survivors_of_a_full_collection_are_not_visited_again() -> None:
    async with running(garbage.keep_pauses_short()):
        await asyncio.sleep(0)
        page = Page()
        gc.collect(1)
        frozen = gc.get_freeze_count()
        gc.collect()
        assert gc.get_freeze_count() > frozen
        closed = weakref.ref(page)
        del page
        gc.collect()
        assert closed() is not None
        gc.unfreeze()
        gc.collect()
        assert closed() is None


async def test_everything_is_visited_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "FROZEN_SECONDS", 0)
    async with running(garbage.keep_pauses_short()):
        await asyncio.sleep(0)
        assert gc.get_freeze_count()
        await asyncio.sleep(0)
        assert not gc.get_freeze_count()
