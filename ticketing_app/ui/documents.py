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
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ticketing_app import routes
from ticketing_app.core import http, limits
from ticketing_app.core.db import new_id
from ticketing_app.core.errors import AppError, TooManyRequestsError, UnavailableError
from ticketing_app.core.logging import get_logger, start_context
from ticketing_app.core.metrics import ROUTE
from ticketing_app.orders.service import queries
from ticketing_app.tickets.schemas import TicketFilter
from ticketing_app.tickets.service import search, tickets
from ticketing_app.ui import (
    formatting,
    heads,
    home_screen,
    lifetimes,
    robots,
    static_html,
    transactions,
)
from ticketing_app.ui.build import ReflexChangedError, built_frontend
from ticketing_app.ui.heads import Head
from ticketing_app.ui.shell.prerendered import SLOT
from ticketing_app.ui.tickets.pages import static_failure, static_list, static_ticket
from ticketing_app.ui.tickets.state import PAGE_SIZE
from ticketing_app.ui.tickets.views import TicketDetail, TicketStub, count_line, read_query

log = get_logger()

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


@dataclass(frozen=True)
class Filling:
    """What is put into a page: `head` for its own, `content` for the skeleton."""

    status: HTTPStatus = HTTPStatus.OK
    head: Head | None = None
    content: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


def read_pages(folder: Path) -> list[Page]:
    """Read the pages of the build, those without ids in their address first.

    Raises:
        ReflexChangedError: a page is missing or does not look as documents expect.
    """
    files = folder.rglob("index.html")
    pages = [_read_page(file, f"/{file.parent.relative_to(folder)}") for file in files]
    skeletons = {page.pattern: page.skeleton for page in pages}
    for pattern in (NOT_FOUND_PAGE, *FILLINGS):
        if pattern not in skeletons or (pattern in FILLINGS and not skeletons[pattern]):
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
        title=html.unescape(title[1]).removesuffix(heads.brand_suffix()),
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
            MutableHeaders(scope=message)["cache-control"] = lifetimes.of_file(path)
        await send(message)

    return with_lifetime


async def _respond(pages: list[Page], request: Request) -> Response:
    path = request.scope["path"]
    if answer := FOR_MACHINES.get(path):
        return await answer()
    canonical = "/" + path.strip("/")
    for page in pages:
        ids = page.matches(canonical)
        if ids is not None and page.pattern != NOT_FOUND_PAGE:
            request.scope[ROUTE] = page.pattern
            if path != canonical:
                query = f"?{request.url.query}" if request.url.query else ""
                return RedirectResponse(quote(canonical) + query, HTTPStatus.PERMANENT_REDIRECT)
            return _document(page, await _fill(page, ids, request), request)
    page = next(page for page in pages if page.pattern == NOT_FOUND_PAGE)
    return _document(page, Filling(HTTPStatus.NOT_FOUND), request)


def _document(page: Page, filling: Filling, request: Request) -> Response:
    head = filling.head or Head(page.title, page.description, request.scope["path"])
    is_found = filling.status == HTTPStatus.OK
    tags = head.write() if is_found else heads.write_title(head.title)
    start = page.start.replace("</head>", f"{tags}</head>", 1)
    content = page.skeleton if filling.content is None else filling.content
    body = f"{start}{content}{page.end}".encode()
    is_away = filling.status == HTTPStatus.SERVICE_UNAVAILABLE
    headers = dict(lifetimes.AWAY) if is_away else {"cache-control": lifetimes.ASK_FIRST}
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


async def _fill(page: Page, ids: dict[str, str], request: Request) -> Filling:
    """Return what the page gets; whatever stops us, the page itself still goes out."""
    fill = FILLINGS.get(page.pattern)
    if not all(_is_id(text) for name, text in ids.items() if name.endswith("_id")):
        # Only of tickets more can be said to somebody whom we do not know.
        return _failure(tickets.TicketNotFoundError()) if fill else Filling(HTTPStatus.NOT_FOUND)
    if fill is None or (page.pattern == routes.TICKET_LIST and read_query(request.query_params)):
        # What was looked for, the page finds by itself.
        return Filling()
    try:
        async with transactions.with_read_timeout():
            return await fill(**{name: UUID(text) for name, text in ids.items()})
    except UnavailableError:
        # The page says so, and comes back by itself.
        return Filling(HTTPStatus.SERVICE_UNAVAILABLE)
    except AppError as error:
        return _failure(error)
    except Exception:  # what the document lacks, the page asks for.
        log.exception("document.crash", path=request.scope["path"])
        return Filling()


def _failure(error: AppError) -> Filling:
    is_limit = isinstance(error, TooManyRequestsError)
    headers = lifetimes.too_often(error) if is_limit else {}
    return Filling(error.status, None, static_html.render(static_failure(error.message)), headers)


def _is_id(text: str) -> bool:
    """Whether it can be an id: what is spelt in another way is none, as for the pages."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


async def _fill_list() -> Filling:
    wanted = TicketFilter(limit=PAGE_SIZE)
    page, count = await transactions.in_transaction(search.list_and_count, wanted=wanted)
    # Nothing ticks in a document; without the time it was made at, it is the same for the next visitor.
    cards = tuple(replace(TicketStub.from_ticket(ticket), now="") for ticket in page.items)
    has_more = page.next_cursor is not None
    return Filling(content=_write_list(cards, count_line(count), has_more=has_more))


# Drawing takes ten milliseconds, and the next visitor of the same region mostly gets the same.
@lru_cache(maxsize=32)
def _write_list(cards: tuple[TicketStub, ...], counted: str, *, has_more: bool) -> str:
    return static_html.render(static_list(cards, count_line=counted, has_more=has_more))


async def _fill_ticket(ticket_id: UUID) -> Filling:
    try:
        # Documents are the same for everybody: the seller's own page asks again, with the cookie.
        ticket = await transactions.in_transaction(
            queries.get_ticket, ticket_id=ticket_id, viewer_id=None
        )
    except tickets.TicketWithdrawnError as error:
        return replace(_failure(error), status=HTTPStatus.GONE)
    similar = await transactions.in_transaction(search.list_similar, ticket_id=ticket_id)
    detail = TicketDetail.from_ticket_for(ticket, None)
    return Filling(
        HTTPStatus.OK,
        Head(
            title=ticket.title,
            description=detail.share_line,
            path=routes.ticket_detail(ticket_id),
            category=detail.category,
            event=heads.event(ticket, detail.share_line),
        ),
        static_html.render(
            static_ticket(detail, [TicketStub.from_ticket(other) for other in similar])
        ),
    )


async def _find_ticket(ticket_id: UUID) -> Filling:
    """The form is its seller's alone; but that there is no such ticket may be told."""
    await transactions.in_transaction(tickets.get_ticket, ticket_id=ticket_id)
    return Filling()


FILLINGS: dict[str, Callable[..., Awaitable[Filling]]] = {
    routes.TICKET_LIST: _fill_list,
    routes.TICKET_DETAIL: _fill_ticket,
    routes.TICKET_EDIT: _find_ticket,
}
FOR_MACHINES: dict[str, Callable[[], Awaitable[Response]]] = {
    robots.ROBOTS: robots.answer_robots,
    robots.SITEMAP: robots.answer_sitemap,
    home_screen.MANIFEST: home_screen.answer_manifest,
}
