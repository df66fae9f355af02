"""Outages and the sentences for them."""

import pytest
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, InternalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from ticketing_app.core import outages


class CannotConnectError(Exception):
    sqlstate = "57P03"


class LockNotAvailableError(Exception):
    sqlstate = "55P03"


class QueryCanceledError(Exception):
    sqlstate = "57014"


class TestUnavailable:
    @pytest.mark.parametrize(
        "error",
        [
            ConnectionRefusedError(),
            PoolTimeoutError(),
            DBAPIError(None, None, CannotConnectError()),
            DBAPIError(None, None, LockNotAvailableError()),
            DBAPIError(None, None, QueryCanceledError()),
        ],
    )
    def test_without_a_connection_nothing_was_changed(self, error: Exception) -> None:
        assert outages.is_unavailable(error)
        assert "Nothing was changed" in outages.unavailable_error(error).message

    @pytest.mark.parametrize(
        "error", [TimeoutError(), RedisError(), InternalError(None, None, Exception())]
    )
    def test_without_a_response_the_outcome_is_unknown(self, error: Exception) -> None:
        assert outages.is_unavailable(error)
        message = outages.unavailable_error(error).message
        assert "Nothing was changed" not in message
        assert "check whether it was saved before you try again" in message
