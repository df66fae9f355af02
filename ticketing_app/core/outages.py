"""Distinguishes outages of PostgreSQL and Redis from bugs."""

from sqlalchemy.exc import DBAPIError, InternalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from ticketing_app.core.errors import UnavailableError
from ticketing_app.core.redis import RedisError

CANNOT_CONNECT_NOW = "57P03"
# Rolled back by lock_timeout, statement_timeout, idle_in_transaction_session_timeout.
TIMED_OUT = ("55P03", "57014", "25P03")


def is_unavailable(error: BaseException) -> bool:
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    if isinstance(error, DBAPIError) and _sqlstate(error) in TIMED_OUT:
        return True
    # Raised by asyncpg just after PostgreSQL closed the connection; it has no SQLSTATE.
    if isinstance(error, InternalError) and not _sqlstate(error):
        return True
    return (
        isinstance(error, RedisError | PoolTimeoutError | OSError | TimeoutError)
        or (isinstance(error, SQLAlchemyError) and isinstance(error.__cause__, OSError))
        or (isinstance(error, DBAPIError) and _sqlstate(error).startswith(("08", "53", "57P")))
    )


def unavailable_error(error: BaseException) -> UnavailableError:
    """Return the error for the client; `error` satisfies `is_unavailable`.

    The outcome is unknown when an established connection broke: it may have been during COMMIT.
    """
    if isinstance(error, DBAPIError):
        is_known = _sqlstate(error).startswith(("53", CANNOT_CONNECT_NOW, *TIMED_OUT))
    else:
        is_known = not isinstance(error, TimeoutError | RedisError)
    return UnavailableError(is_outcome_known=is_known)


def _sqlstate(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")
