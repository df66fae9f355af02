"""Keyset pagination of lists, newest first: the cursor is the id of the last row."""

from uuid import UUID

from ticketing_app.core.errors import InvalidInputError

DEFAULT_LIMIT = 24
MAX_LIMIT = 100


def read_cursor(cursor: str | None) -> UUID | None:
    """Return the id after which the page begins; raises InvalidInputError for a malformed cursor."""
    try:
        return UUID(cursor) if cursor else None
    except ValueError:
        raise InvalidInputError(
            [("cursor", "Use the cursor that the page before gave you.")]
        ) from None
