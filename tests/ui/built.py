"""Pages as the build writes them, and a client that requests them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from httpx import ASGITransport, AsyncClient
from starlette.responses import PlainTextResponse

from ticketing_app.documents import serve
from ticketing_app.documents.plugins import PagesPlugin
from ticketing_app.documents.site import Page
from ticketing_app.ticketing_app import PAGES

SKELETON = '<div aria-busy="true"><div class="skeleton"></div></div>'
PAGE = (
    '<!DOCTYPE html><html lang="en"><head><title>{title} | GitTix</title>'
    '<meta content="About {title}" name="description"/>'
    '<meta content="/share/other.png" property="og:image"/></head>'
    '<body><a href="{route}/#main">Skip</a><main id="main"><div data-prerendered="">'
    f"{SKELETON}</div></main></body></html>"
)
FILES = (
    "assets/app-abc.js",
    "assets/app-abc.js.br",
    "favicon.svg",
    "share/other.png",
    "icons/icon-192.png",
    "account-forms.js",
    "boot.js",
    "service-worker.js",
    "door-worker.js",
    "door.js",
    "door.css",
)


def title_of(page: Page) -> str:
    """Return the title; one that depends on the page's data is its route's."""
    return page.title if isinstance(page.title, str) else f"Any of {page.route}"


def write(folder: Path) -> None:
    """Write pages and files, and cut the pages."""
    for page in PAGES:
        text = PAGE.format(title=title_of(page), route=page.route.rstrip("/"))
        write_page(folder, page.route, text)
    for name in FILES:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("1")
    PagesPlugin().post_build(static_dir=folder)


def write_page(folder: Path, route: str, text: str) -> Path:
    file = folder / route.strip("/") / "index.html"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


@asynccontextmanager
async def client(folder: Path) -> AsyncGenerator[AsyncClient]:
    """Return a client of the web process with the build in `folder`."""
    inner = PlainTextResponse("from the app")
    transport = ASGITransport(serve.serve_from(folder, PAGES, inner))
    async with AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client
