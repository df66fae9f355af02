"""Number of changes that this process knows of: its own from their commit, others' from the stream."""

from itertools import count

_numbers = count(1)
_newest = 0


def note() -> None:
    global _newest  # noqa: PLW0603  # one number per process.
    _newest = next(_numbers)


def newest() -> int:
    return _newest
