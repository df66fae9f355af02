"""Documents of public pages, kept until something changes: most visitors get the same ones.

A change of this process counts from its commit, one of another process when the stream brings it.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ticketing_app.core import changes

# What changes without a domain event, like the time when a sale ends, shows up after this time.
MAX_AGE_SECONDS = 30.0
MAX_ENTRIES = 128

_T = TypeVar("_T")


@dataclass
class _Entry(Generic[_T]):
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    value: _T | None = None
    change: int = 0
    made_at: float = 0.0


class Cache(Generic[_T]):
    """Values by key, the most recently used ones; only those that `is_kept` permits."""

    def __init__(self, *, is_kept: Callable[[_T], bool]) -> None:
        self._is_kept = is_kept
        self._entries: OrderedDict[Hashable, _Entry[_T]] = OrderedDict()

    async def get(self, key: Hashable, make: Callable[[], Awaitable[_T]]) -> _T:
        """Return the fresh value of the key, else make it, once for all who wait at the same time."""
        entry = self._entries.setdefault(key, _Entry())
        self._entries.move_to_end(key)
        if len(self._entries) > MAX_ENTRIES:
            self._entries.popitem(last=False)
        if (kept := _fresh(entry)) is not None:
            return kept
        async with entry.lock:
            if (kept := _fresh(entry)) is not None:
                return kept
            # Before it is made: what changes meanwhile may be missing in it.
            change, made_at = changes.newest(), time.monotonic()
            made = await make()
            entry.value = made if self._is_kept(made) else None
            entry.change, entry.made_at = change, made_at
            return made


def _fresh(entry: _Entry[_T]) -> _T | None:
    is_fresh = (
        entry.change == changes.newest() and time.monotonic() - entry.made_at < MAX_AGE_SECONDS
    )
    return entry.value if is_fresh else None
