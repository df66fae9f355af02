"""A site that fails at each request, for the tests of what its server logs."""

from starlette.types import Receive, Scope, Send

from ticketing_app.core import logging

logging.configure()


async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
    """Fail as an application does that nobody foresaw."""
    if scope["type"] == "http":
        raise ValueError(scope["path"])
