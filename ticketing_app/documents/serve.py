"""Serves HTML documents: built pages with their metadata and prerendered content.

In `reflex run` there is no build; Vite serves the pages, and this module only the one of the door.
"""

import gzip
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ticketing_app import routes
from ticketing_app.core import formatting, http, limits, origin
from ticketing_app.core.db import new_id
from ticketing_app.core.errors import AppError
from ticketing_app.core.logging import start_context
from ticketing_app.core.metrics import ROUTE
from ticketing_app.core.settings import get_settings
from ticketing_app.documents import cache_control, door, security_headers, template, well_known
from ticketing_app.documents.cache import Cache
from ticketing_app.documents.content import load_content
from ticketing_app.documents.metadata import render, render_title
from ticketing_app.documents.plugins import built_frontend
from ticketing_app.documents.site import Page
from ticketing_app.documents.template import PageTemplate
from ticketing_app.ui import session
from ticketing_app.ui.page_content import PageContent, PageMetadata
from ticketing_app.ui.shell import forms

FILE_ROUTE = "files"
_BACKEND = ("/api", "/ping")
# Reflex's own uploads, which no page uses: the static files would answer POST with 405.
_UPLOAD = "/_upload"


class BuildError(Exception):
    def __init__(self, folder: Path, route: str) -> None:
        super().__init__(f"{folder / template.FILE} lacks {route}; build the pages again.")


@dataclass(frozen=True)
class Site:
    """The pages with their templates, fixed routes before those with parameters."""

    pages: list[tuple[PageTemplate, Page]]
    not_found: PageTemplate
    contents: Cache[PageContent] = field(default_factory=lambda: Cache(is_kept=_is_kept))


def serve(pages: Sequence[Page]) -> Callable[[ASGIApp], ASGIApp]:
    def wrap(app: ASGIApp) -> ASGIApp:
        folder = built_frontend()
        return serve_from(folder, pages, app) if folder else door.serve_alone(app)

    return wrap


def serve_from(folder: Path, pages: Sequence[Page], app: ASGIApp) -> ASGIApp:
    """Serve the documents of the build in `folder`; `app` serves the API, the websocket and the files."""
    site = read_site(folder, pages)
    files = _list_files(folder)
    handlers = well_known.handlers(pages)

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        start_context(request.headers.get("x-request-id", "")[:64] or str(new_id()))
        limits.bind_address(http.client_address(request))
        with formatting.use_locale(request.headers.get("accept-language", "")):
            handler = handlers.get(scope["path"])
            response = await (handler() if handler else _respond(site, request))
        await response(scope, receive, send)

    compressed = GZipMiddleware(respond)

    async def route(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == _UPLOAD:
            await PlainTextResponse("Not found.", HTTPStatus.NOT_FOUND)(scope, receive, send)
        elif scope["type"] != "http" or not _is_for_pages(site, scope):
            await app(scope, receive, send)
        elif scope["path"] in files:
            scope[ROUTE] = FILE_ROUTE
            await app(scope, receive, _with_cache_control(scope["path"], send))
        elif _is_backend(scope["path"]):
            await app(scope, receive, send)
        else:
            is_head = scope["method"] == "HEAD"
            await compressed(scope, receive, _without_body(send) if is_head else send)

    return route


def read_site(folder: Path, pages: Sequence[Page]) -> Site:
    """Pair each page with its template; raises BuildError if a template or its placeholder is missing."""
    templates = {each.route: each for each in template.read_templates(folder)}
    for page in pages:
        built = templates.get(page.route)
        if built is None or (page.content and not built.placeholder):
            raise BuildError(folder, page.route)
    by_route = {page.route: page for page in pages}
    not_found = templates.pop(routes.NOT_FOUND)
    return Site([(built, by_route[route]) for route, built in templates.items()], not_found)


def _list_files(folder: Path) -> set[str]:
    return {
        f"/{file.relative_to(folder)}"
        for file in folder.rglob("*")
        if file.is_file()
        and file.suffix not in {".html", ".br", ".gz"}
        and file != folder / template.FILE
    }


def _is_backend(path: str) -> bool:
    """Whether this is a path of the API, of Reflex's health checks or of its websocket."""
    first = "/" + path[1:].partition("/")[0]
    return first in _BACKEND or first.startswith("/_")


def _is_for_pages(site: Site, scope: Scope) -> bool:
    if scope["method"] != "POST":
        return scope["method"] in {"GET", "HEAD"}
    return any(page.submit and built.match(scope["path"]) is not None for built, page in site.pages)


def _without_body(send: Send) -> Send:
    async def without_body(message: Message) -> None:
        if message["type"] == "http.response.body":
            message["body"] = b""
        await send(message)

    return without_body


def _with_cache_control(path: str, send: Send) -> Send:
    async def with_cache_control(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["cache-control"] = cache_control.for_file(path)
        await send(message)

    return with_cache_control


async def _respond(site: Site, request: Request) -> Response:
    path = request.scope["path"]
    canonical = "/" + path.strip("/")
    for built, page in site.pages:
        parameters = built.match(canonical)
        if parameters is None:
            continue
        request.scope[ROUTE] = built.route
        if path != canonical:
            return _redirect(canonical, HTTPStatus.PERMANENT_REDIRECT, request)
        if request.method == "POST":
            answer = await _submit(page, parameters, request)
        else:
            answer = await _get_content(site, page, parameters, request)
        if isinstance(answer, Response):
            return answer
        if answer.moved_to:
            return _redirect(answer.moved_to, HTTPStatus.MOVED_PERMANENTLY, request)
        return _document(built, answer, request)
    return _document(site.not_found, PageContent(HTTPStatus.NOT_FOUND), request)


def _is_kept(content: PageContent) -> bool:
    return content.status == HTTPStatus.OK and content.is_lasting


async def _get_content(
    site: Site, page: Page, parameters: dict[str, str], request: Request
) -> PageContent:
    load = partial(_load, page, parameters, request)
    if page.content is None:
        return await load()
    key = request.scope["path"], request.url.query, formatting.current()
    return await site.contents.get(key, load)


async def _load(page: Page, parameters: dict[str, str], request: Request) -> PageContent:
    return await load_content(page.content, parameters, request)


async def _submit(
    page: Page, parameters: dict[str, str], request: Request
) -> Response | PageContent:
    if page.submit is None or origin.is_from_elsewhere(request):
        origin.log_refusal(request, http.client_address(request))
        return PlainTextResponse("This request came from another site.", HTTPStatus.FORBIDDEN)
    try:
        return await page.submit(request, **parameters)
    except AppError as error:
        return forms.refused_on(await _load(page, parameters, request), error)


def _redirect(path: str, status: HTTPStatus, request: Request) -> Response:
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(quote(path) + query, status)


def _document(built: PageTemplate, content: PageContent, request: Request) -> Response:
    is_ok = content.status == HTTPStatus.OK
    body = _render(built, content, request.scope["path"])
    headers = _headers(built, content)
    if is_ok:
        # A weak ETag, as the same text may be sent compressed.
        headers["etag"] = f'W/"{sha256(body).hexdigest()[:32]}"'
        if headers["etag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
        body = _compress(body)
    return HTMLResponse(body, content.status, headers)


def _render(built: PageTemplate, content: PageContent, path: str) -> bytes:
    metadata = content.metadata or PageMetadata(built.title, built.description, path)
    is_ok = content.status == HTTPStatus.OK
    tags = render(metadata) if is_ok else render_title(metadata.title)
    inner = built.placeholder if content.html is None else content.html
    before = built.before
    for page in (routes.SIGN_UP, routes.SIGN_IN):
        leading = session.with_next(page, content.wanted)
        before = before.replace(f'href="{page}"', f'href="{leading}"')
    return f"{built.head}{tags}{before}{inner}{built.after}".encode()


def _headers(built: PageTemplate, content: PageContent) -> dict[str, str]:
    headers = {"cache-control": cache_control.REVALIDATE}
    if content.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers = dict(cache_control.UNAVAILABLE)
    policy = security_headers.document_policy(built.script_hashes, get_settings())
    always = {security_headers.POLICY: policy, "vary": "Accept-Language, Accept-Encoding"}
    return headers | content.headers | always


# Compression takes a millisecond, and most visitors get the same document.
@lru_cache(maxsize=64)
def _compress(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)
