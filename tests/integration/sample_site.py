"""A site that fails at each request, for tests of the server's log."""

from starlette.types import ASGIApp, Receive, Scope, Send


def create_app() -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        """Raise an unexpected error."""
        if scope["type"] == "http":
            raise ValueError(scope["path"])
        for step in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{step}.complete"})

    return app
