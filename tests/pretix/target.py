"""A pretix for tests: the stand-in of the default tier, or a real one."""

from typing import NamedTuple, Protocol

ORGANIZER = "acme"
EVENT = "lanterns"
TOKEN = "token-of-the-tests"
SELLER = "sam@example.com"


class Sold(NamedTuple):
    """An order at pretix: its secret link, and the secrets of its tickets as their barcodes show them."""

    code: str
    link: str
    secrets: list[str]


class Target(Protocol):
    url: str

    def sell(self, count: int = 1, *, status: str = "p", in_account: bool = False) -> Sold:
        """Create an order of SELLER."""
        ...

    def scan(self, secret: str) -> str:
        """Return the answer of the door: ok, or the reason of its refusal."""
        ...

    def open_link(self, link: str) -> int:
        """Return the HTTP status of the page of an order; its link is the only secret."""
        ...

    def email_of(self, secret: str) -> str:
        """Return the address of the order that has this ticket."""
        ...

    def close(self) -> None: ...
