"""Answers that most visitors share, cached until a change of what they were made from (core/changes.py)."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from ticketing_app.core import changes, limits, shedding
from ticketing_app.core.changes import Keys
from ticketing_app.core.clock import utc_now
from ticketing_app.core.logging import get_logger

log = get_logger()

# What changes without a domain event, at a time that is not known, shows up after this time.
MAX_AGE_SECONDS = 30.0
MAX_ENTRIES = 256
# For documents and lists: in a rush on an event they change faster than they are made.
STALE_SECONDS = 2.0
# From the start of one remake in the background to the next: a document takes 10 ms that buyers wait for.
REMAKE_SECONDS = 1.0


class Answer(Protocol):
    @property
    def read(self) -> Keys | None:
        """Return the keys of what it was made from; None if it must not be cached."""
        ...

    @property
    def until(self) -> datetime | None:
        """Return the time at which it changes by itself, like the end of a lease, if that is known."""
        ...


@dataclass(frozen=True)
class SharedBody:
    """The body of a JSON response; `insiders` are users who see more of it than others."""

    content: bytes
    read: Keys
    until: datetime | None = None
    insiders: frozenset[UUID] = frozenset()


_T = TypeVar("_T", bound=Answer)


@dataclass
class _Entry(Generic[_T]):
    make: Callable[[], Awaitable[_T]]
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    # The last one that may be cached, the number of the newest change before it was made, and the time.
    value: _T | None = None
    change: int = 0
    made_at: float = 0.0
    # When it was up to date for the last time, as far as anybody asked.
    fresh_at: float = 0.0
    failures: int = 0


class Cache(Generic[_T]):
    """Answers by key, the most recently used ones.

    While the process is busy, those that were up to date `stale_seconds` ago are returned, too, and made again in the
    background, each at most once in `remake_seconds`.
    """

    def __init__(self, stale_seconds: float = 0, remake_seconds: float = REMAKE_SECONDS) -> None:
        self._stale_seconds = stale_seconds
        self._remake_seconds = remake_seconds
        self._entries: OrderedDict[Hashable, _Entry[_T]] = OrderedDict()
        self._remakes: set[asyncio.Task[None]] = set()

    def peek(self, key: Hashable) -> _T | None:
        """Return the answer if it is up to date, or may be returned although it is not."""
        if (entry := self._entries.get(key)) is None:
            return None
        self._entries.move_to_end(key)
        now = time.monotonic()
        if _is_fresh(entry):
            entry.fresh_at = now
            return entry.value
        is_old = now - entry.fresh_at >= self._stale_seconds
        if entry.value is None or is_old or not shedding.load.is_busy:
            return None
        if not entry.lock.locked() and now - entry.made_at >= self._remake_seconds:
            remake = asyncio.create_task(_remake(entry))
            self._remakes.add(remake)
            remake.add_done_callback(self._remakes.discard)
        return entry.value

    async def get(self, key: Hashable, make: Callable[[], Awaitable[_T]]) -> _T:
        """Return the answer if it is up to date, else make it, once for all who wait at the same time."""
        if (cached := self.peek(key)) is not None:
            return cached
        entry = self._entries.setdefault(key, _Entry(make))
        if len(self._entries) > MAX_ENTRIES:
            self._entries.popitem(last=False)
        newest, failures = changes.newest(), entry.failures
        async with entry.lock:
            # An answer that was begun after the arrival of this caller is good enough, even if it changed since.
            # So callers do not queue while changes follow each other quickly.
            if entry.value is not None and _is_young(entry) and entry.change >= newest:
                return entry.value
            if entry.value is not None and _is_fresh(entry):
                return entry.value
            if entry.failures == failures:
                return await _make(entry, make)
        # What cannot be cached is not shared, nor made one after the other.
        return await make()


async def search(
    cache: Cache[SharedBody], wanted: str, make: Callable[[], Awaitable[SharedBody]]
) -> SharedBody:
    """Return the answer to a search; one from the cache counts for the limit, too, which `make` checks."""
    if (cached := cache.peek(wanted)) is not None:
        await limits.check("searches")
        return cached
    return await cache.get(wanted, make)


async def _remake(entry: _Entry[_T]) -> None:
    async with entry.lock:
        if _is_fresh(entry):
            return
        try:
            await _make(entry, entry.make)
        except Exception as error:  # noqa: BLE001  # the next caller makes it, and gets the error.
            log.warning("cache.remake_failed", error=repr(error))


async def _make(entry: _Entry[_T], make: Callable[[], Awaitable[_T]]) -> _T:
    # Before it is made: what changes meanwhile may be missing in it.
    change, made_at = changes.newest(), time.monotonic()
    try:
        made = await make()
    except BaseException:
        _note_failure(entry)
        raise
    if made.read is None:
        _note_failure(entry)
        return made
    entry.value, entry.change = made, change
    entry.made_at = entry.fresh_at = made_at
    return made


def _note_failure(entry: _Entry[_T]) -> None:
    entry.failures += 1
    entry.value = None


def _is_fresh(entry: _Entry[_T]) -> bool:
    if entry.value is None or entry.value.read is None or not _is_young(entry):
        return False
    return changes.latest(entry.value.read) <= entry.change


def _is_young(entry: _Entry[_T]) -> bool:
    until = entry.value.until if entry.value else None
    is_over = until is not None and until <= utc_now()
    return not is_over and time.monotonic() - entry.made_at < MAX_AGE_SECONDS
