"""Numbers of the changes that this process knows of: its own from their commit, others' from the stream.

Keys are ids of events, tickets and listings, and the constants below. A reader takes `newest()` before it
reads, and is up to date as long as `latest(keys)` of what it read is not newer.
"""

from collections.abc import Collection
from uuid import UUID

Keys = frozenset[str]

# Any change at all.
ANYTHING = "anything"
# Which tickets are on sale, at which prices; without holds.
OFFERS = "offers"
# Beyond it the numbers of single keys are dropped, as if everything had changed.
MAX_KEYS = 20_000

_newest = 0
_of_everything = 0
_by_key: dict[str, int] = {}


def keys(*ids: UUID | str | None) -> Keys:
    return frozenset(str(each) for each in ids if each)


def note(changed: Collection[str] | None) -> None:
    """Count a change of these keys; None if it may concern any of them."""
    global _newest, _of_everything  # noqa: PLW0603  # one count per process.
    if changed is not None and not changed:
        return
    _newest += 1
    if changed is None or len(_by_key) + len(changed) > MAX_KEYS:
        _by_key.clear()
        _of_everything = _newest
        return
    _by_key.update(dict.fromkeys(changed, _newest))


def newest() -> int:
    return _newest


def latest(read: Collection[str]) -> int:
    """Return the number of the last change of one of these keys."""
    if ANYTHING in read:
        return _newest
    return max([_of_everything, *(_by_key.get(key, 0) for key in read)])
