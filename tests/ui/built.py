"""Pages as the build leaves them, and a browser without a browser that asks for them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from httpx import ASGITransport, AsyncClient
from starlette.responses import PlainTextResponse

from ticketing_app.documents import serve

PAGE = (
    '<!DOCTYPE html><html lang="en"><head><title>{title} | GitTix</title>'
    '<meta content="About {title}" name="description"/>'
    '<meta content="/share/other.png" property="og:image"/></head>'
    '<body><a href="{path}/#main">Skip</a><main id="main"><div data-prerendered="">'
    '<div aria-busy="true"><div class="skeleton"></div></div></div></main></body></html>'
)
PAGES = {
    "": "Tickets For Sale",
    "tickets/new": "Create a Ticket",
    "tickets/[ticket_id]": "Ticket",
    "tickets/[ticket_id]/edit": "Edit a Ticket",
    "orders": "My Orders",
    "orders/[order_id]": "Order",
    "404": "Page not found",
}
FILES = (
    "assets/app-abc.js",
    "assets/app-abc.js.br",
    "favicon.svg",
    "share/other.png",
    "icons/icon-192.png",
    "account-forms.js",
)


def write(folder: Path) -> None:
    """Write pages and files."""
    for path, title in PAGES.items():
        (folder / path).mkdir(parents=True, exist_ok=True)
        text = PAGE.format(title=title, path=f"/{path}".rstrip("/"))
        (folder / path / "index.html").write_text(text)
    for name in FILES:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("1")


@asynccontextmanager
async def client(folder: Path) -> AsyncGenerator[AsyncClient]:
    """Ask the web process with the build in `folder`."""
    inner = PlainTextResponse("from the app")
    transport = ASGITransport(serve.serve_from(folder, inner))
    async with AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client
