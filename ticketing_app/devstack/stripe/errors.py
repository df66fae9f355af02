"""Stripe's error responses as exceptions; any operation of the emulator may raise them."""

from typing import Any

Json = dict[str, Any]


class StripeError(Exception):
    """A response other than 2xx: its HTTP status and the content of `error`."""

    def __init__(self, status: int, kind: str, message: str, **fields: object) -> None:
        super().__init__(message)
        self.status = status
        known = {name: value for name, value in fields.items() if value is not None}
        self.error: Json = {"type": kind, "message": message, **known}


class WrongRequestError(StripeError):
    """A request that no state allows: refused before it runs, not stored under its key."""


class ParameterError(WrongRequestError):
    def __init__(self, message: str, param: str, code: str | None = None) -> None:
        super().__init__(400, "invalid_request_error", message, param=param, code=code)


def invalid(message: str, code: str | None = None, **fields: object) -> StripeError:
    """Return the error for a well-formed request that the current state forbids."""
    return StripeError(400, "invalid_request_error", message, code=code, **fields)


def missing(kind: str, object_id: str) -> StripeError:
    message = f"No such {kind}: '{object_id}'"
    return StripeError(404, "invalid_request_error", message, code="resource_missing", param="id")
