"""A site that fails at each request, for tests of the server's log."""

from starlette.types import Receive, Scope, Send

from ticketing_app.core import logging

logging.configure()


async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
    """Raise an unexpected error."""
    if scope["type"] == "http":
        raise ValueError(scope["path"])
