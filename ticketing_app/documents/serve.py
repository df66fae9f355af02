"""HTML documents: the built pages, filled with what everybody may see before they go out.

The build draws every page once, in its first state. A document is such a page with a head of its own
(title, description, link preview, structured data) and, where a visitor comes to read, with the
content in place of the skeleton. The page's own code takes over from there. Nothing in a document
depends on who asks but how prices and days are written, which Accept-Language decides; no cookie is
read: a proxy may keep it for each such header. What machines ask every site for (robots, sitemap,
manifest) is answered here too. `reflex run` has no built pages, and there nothing of this applies.
"""

import gzip
import html
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ticketing_app.core import http, limits
from ticketing_app.core.db import new_id
from ticketing_app.core.logging import start_context
from ticketing_app.core.metrics import ROUTE
from ticketing_app.documents import cache_control, content, metadata, well_known
from ticketing_app.documents.content import CONTENT, PageContent
from ticketing_app.documents.metadata import PageMetadata
from ticketing_app.documents.plugins import ReflexChangedError, built_frontend
from ticketing_app.ui import formatting
from ticketing_app.ui.shell.prerendered import SLOT

NOT_FOUND_PAGE = "/404"
FILE_ROUTE = "files"
_BACKEND = re.compile(r"/(api|ping|_[^/]*)(/.*)?", re.DOTALL)
_TITLE = re.compile(r"<title>(.*?)</title>")
_DESCRIPTION = re.compile(r'<meta content="([^"]*)" name="description"/>')
_IMAGE = re.compile(r'<meta content="[^"]*" property="og:image"/>')
_SKIP_LINK = re.compile(r'href="[^"]*#main"')
_SKELETON = re.compile(rf'(?<=<div {SLOT}="">)(.*)(?=</div></main>)', re.DOTALL)


@dataclass(frozen=True)
class Page:
    """A page of the build: what is before its skeleton and after it; title and description apart."""

    pattern: str
    addresses: re.Pattern[str]
    start: str
    skeleton: str
    end: str
    title: str
    description: str

    def matches(self, path: str) -> dict[str, str] | None:
        """Return the ids in `path`, none when it is another page's."""
        found = self.addresses.fullmatch(path)
        return found.groupdict() if found else None


def read_pages(folder: Path) -> list[Page]:
    """Read the pages of the build, those without ids in their address first.

    Raises:
        ReflexChangedError: a page is missing or does not look as documents expect.
    """
    files = folder.rglob("index.html")
    pages = [_read_page(file, f"/{file.parent.relative_to(folder)}") for file in files]
    skeletons = {page.pattern: page.skeleton for page in pages}
    for pattern in (NOT_FOUND_PAGE, *CONTENT):
        if pattern not in skeletons or (pattern in CONTENT and not skeletons[pattern]):
            raise ReflexChangedError(f"{folder}{pattern}")
    return sorted(pages, key=lambda page: (page.pattern.count("["), page.pattern))


def _read_page(file: Path, pattern: str) -> Page:
    text = file.read_text()
    title, description = _TITLE.search(text), _DESCRIPTION.search(text)
    if not title or not description or not _IMAGE.search(text) or "</head>" not in text:
        raise ReflexChangedError(str(file))
    for tag in (_TITLE, _DESCRIPTION, _IMAGE):
        text = tag.sub("", text)
    pattern = "/" if pattern == "/." else pattern
    # It was drawn at the pattern's address, which is nobody's.
    text = _SKIP_LINK.sub('href="#main"', text)
    skeleton = _SKELETON.search(text)
    start, end = skeleton.span() if skeleton else (len(text), len(text))
    return Page(
        pattern=pattern,
        addresses=re.compile(re.sub(r"\\\[(\w+)\\\]", r"(?P<\1>[^/]+)", re.escape(pattern))),
        start=text[:start],
        skeleton=text[start:end],
        end=text[end:],
        title=html.unescape(title[1]).removesuffix(metadata.brand_suffix()),
        description=html.unescape(description[1]),
    )


def serve(app: ASGIApp) -> ASGIApp:
    """Answer for every document; the API, the websocket and static files stay with `app`."""
    folder = built_frontend()
    return serve_from(folder, app) if folder else app


def serve_from(folder: Path, app: ASGIApp) -> ASGIApp:
    """As `serve`, with the build in `folder`."""
    pages, files = read_pages(folder), _list_files(folder)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        start_context(request.headers.get("x-request-id", "")[:64] or str(new_id()))
        limits.bind_address(http.client_address(request))
        with formatting.use_locale(request.headers.get("accept-language", "")):
            response = await _respond(pages, request)
        await response(scope, receive, send)

    compressed = GZipMiddleware(answer)

    async def choose(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            await app(scope, receive, send)
        elif scope["path"] in files:
            scope[ROUTE] = FILE_ROUTE
            await app(scope, receive, _with_lifetime(scope["path"], send))
        elif _BACKEND.fullmatch(scope["path"]):
            await app(scope, receive, send)
        else:
            is_head = scope["method"] == "HEAD"
            await compressed(scope, receive, _without_body(send) if is_head else send)

    return choose


def _list_files(folder: Path) -> set[str]:
    """Return the addresses of what is no document and not another file once more, compressed."""
    return {
        f"/{file.relative_to(folder)}"
        for file in folder.rglob("*")
        if file.is_file() and file.suffix not in {".html", ".br", ".gz"}
    }


def _without_body(send: Send) -> Send:
    async def without_body(message: Message) -> None:
        if message["type"] == "http.response.body":
            message["body"] = b""
        await send(message)

    return without_body


def _with_lifetime(path: str, send: Send) -> Send:
    """Let browsers keep what has its content's hash in its name, and ask about the rest."""

    async def with_lifetime(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["cache-control"] = cache_control.for_file(path)
        await send(message)

    return with_lifetime


async def _respond(pages: list[Page], request: Request) -> Response:
    path = request.scope["path"]
    if answer := WELL_KNOWN.get(path):
        return await answer()
    canonical = "/" + path.strip("/")
    for page in pages:
        ids = page.matches(canonical)
        if ids is not None and page.pattern != NOT_FOUND_PAGE:
            request.scope[ROUTE] = page.pattern
            if path != canonical:
                query = f"?{request.url.query}" if request.url.query else ""
                return RedirectResponse(quote(canonical) + query, HTTPStatus.PERMANENT_REDIRECT)
            return _document(page, await content.fill(page.pattern, ids, request), request)
    page = next(page for page in pages if page.pattern == NOT_FOUND_PAGE)
    return _document(page, PageContent(HTTPStatus.NOT_FOUND), request)


def _document(page: Page, filling: PageContent, request: Request) -> Response:
    head = filling.head or PageMetadata(page.title, page.description, request.scope["path"])
    is_found = filling.status == HTTPStatus.OK
    tags = head.render() if is_found else metadata.render_title(head.title)
    start = page.start.replace("</head>", f"{tags}</head>", 1)
    inside = page.skeleton if filling.content is None else filling.content
    body = f"{start}{inside}{page.end}".encode()
    is_away = filling.status == HTTPStatus.SERVICE_UNAVAILABLE
    headers = (
        dict(cache_control.UNAVAILABLE) if is_away else {"cache-control": cache_control.REVALIDATE}
    )
    headers |= filling.headers
    headers["vary"] = "Accept-Language, Accept-Encoding"
    if is_found:
        # Weak, as the same text may go out compressed.
        headers["etag"] = f'W/"{sha256(body).hexdigest()[:32]}"'
        if headers["etag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["content-encoding"] = _pack(body), "gzip"
    return HTMLResponse(body, filling.status, headers)


# It takes a millisecond, and the next visitor mostly gets the same.
@lru_cache(maxsize=64)
def _pack(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


WELL_KNOWN: dict[str, Callable[[], Awaitable[Response]]] = {
    well_known.ROBOTS: well_known.serve_robots,
    well_known.SITEMAP: well_known.serve_sitemap,
    well_known.MANIFEST: well_known.serve_manifest,
}
