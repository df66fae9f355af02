"""Pages of a list, newest first: what comes next begins behind the id of the last row."""

from uuid import UUID

from ticketing_app.core.errors import InvalidInputError

DEFAULT_LIMIT = 24
MAX_LIMIT = 100


def read_cursor(cursor: str | None) -> UUID | None:
    """Return behind which id the page begins; none for the first page.

    Raises:
        InvalidInputError: no list of ours gave this cursor.
    """
    try:
        return UUID(cursor) if cursor else None
    except ValueError:
        raise InvalidInputError(
            [("cursor", "Use the cursor that the page before gave you.")]
        ) from None
