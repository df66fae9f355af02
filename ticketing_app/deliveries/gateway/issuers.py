"""Ticket systems of organisers that issue a ticket anew for its buyer."""

from enum import StrEnum
from http import HTTPStatus
from typing import NamedTuple, Protocol

from ticketing_app.core.errors import AppError


class Refusal(StrEnum):
    UNKNOWN = "unknown"  # No such ticket, or it was cancelled there.
    UNPAID = "unpaid"
    USED = "used"
    BLOCKED = "blocked"
    ACCOUNT = "account"  # In a customer account, where its seller would still see it.
    NO_FILE = "no_file"
    REFUSED = "refused"


class IssuerRefusedError(Exception):
    """Final: the issuer does not issue this ticket anew."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(f"The issuer refused: {reason}")
        self.reason = reason


class IssuerUnavailableError(AppError):
    # The outcome is unknown; each call may be repeated.
    status = HTTPStatus.SERVICE_UNAVAILABLE
    message = "The organizer's ticket system does not answer right now. Try again in a moment."


class Place(NamedTuple):
    """Position of a ticket in the ticket system of an organiser."""

    address: str
    organizer: str
    event: str
    position: int


class Holding(NamedTuple):
    """The order that holds a ticket, and a digest of the secret link that opens it."""

    order: str
    link_digest: bytes


class Recipient(NamedTuple):
    name: str
    email: str


class Found(NamedTuple):
    place: Place
    holding: Holding


class Issuer(Protocol):
    """All calls may be repeated after a failure.

    Raises IssuerRefusedError, or IssuerUnavailableError if the outcome is unknown.
    """

    async def find(self, secret: str) -> Found | None:
        """Return the ticket with this barcode; it must be paid, unused and not blocked by others."""
        ...

    async def see(self, place: Place) -> Holding: ...

    async def freeze(self, place: Place) -> None:
        """Have the door refuse the ticket, so that its seller cannot use it."""
        ...

    async def reissue(self, place: Place, *, was: Holding, to: Recipient, key: str) -> Holding:
        """Give the ticket a new barcode that only `to` learns, unblock it, and return its holding.

        `was` is its holding before the first try with this `key`.
        """
        ...

    async def fetch(self, place: Place) -> bytes | None:
        """Return the ticket as PDF; None while it is being made."""
        ...

    async def unfreeze(self, place: Place) -> None: ...
