"""Addresses of events and venues: words, with a number where they are taken."""

from collections.abc import Iterator

from ticketing_app.core.db import new_id
from ticketing_app.core.errors import UnavailableError

# Beyond this, a slug ends with a part of a random id: the next free number would take too many attempts.
MAX_NUMBER = 9


class NoFreeSlugError(UnavailableError):
    pass


def candidates(base: str) -> Iterator[str]:
    yield base
    for number in range(2, MAX_NUMBER + 1):
        yield f"{base}-{number}"
    yield f"{base}-{new_id().hex[-12:]}"
