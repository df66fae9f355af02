"""Serves HTML documents: built pages with their metadata and prerendered content.

In `reflex run` there is no build; Vite serves the pages, and this module only the one of the door.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from pathlib import Path

from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ticketing_app import routes
from ticketing_app.core import formatting, http, limits, origin
from ticketing_app.core.cache import STALE_SECONDS, Cache
from ticketing_app.core.db import new_id
from ticketing_app.core.errors import AppError
from ticketing_app.core.formatting import ReaderLocale
from ticketing_app.core.logging import start_context
from ticketing_app.core.metrics import ROUTE
from ticketing_app.documents import door, files, template, well_known
from ticketing_app.documents.content import load_content
from ticketing_app.documents.document import Document, make_document, redirect
from ticketing_app.documents.plugins import built_frontend
from ticketing_app.documents.site import Page
from ticketing_app.documents.template import PageTemplate
from ticketing_app.ui.page_content import PageContent
from ticketing_app.ui.shell import forms

FILE_ROUTE = "files"
_BACKEND = ("/api", "/ping")


class BuildError(Exception):
    def __init__(self, folder: Path, route: str) -> None:
        super().__init__(f"{folder / template.FILE} lacks {route}; build the pages again.")


@dataclass(frozen=True)
class Site:
    """The pages with their templates, fixed routes before those with parameters."""

    pages: list[tuple[PageTemplate, Page]]
    not_found: PageTemplate
    documents: Cache[Document] = field(default_factory=lambda: Cache(STALE_SECONDS))


def serve(pages: Sequence[Page]) -> Callable[[ASGIApp], ASGIApp]:
    def wrap(app: ASGIApp) -> ASGIApp:
        folder = built_frontend()
        return serve_from(folder, pages, app) if folder else door.serve_alone(app)

    return wrap


def serve_from(folder: Path, pages: Sequence[Page], app: ASGIApp) -> ASGIApp:
    """Serve the documents and files of the build in `folder`; `app` serves the API and the websocket."""
    site = read_site(folder, pages)
    kept = files.read(folder)
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
        if scope["type"] != "http" or not _is_for_pages(site, scope):
            await app(scope, receive, send)
        elif file := kept.get(scope["path"]):
            scope[ROUTE] = FILE_ROUTE
            await file.respond(Request(scope))(scope, receive, send)
        elif _is_backend(scope["path"]):
            await app(scope, receive, send)
        else:
            is_head = scope["method"] == "HEAD"
            send = _without_body(send) if is_head else send
            if (cached := _peek(site, scope)) is not None:
                await cached(scope, receive, send)
            else:
                await compressed(scope, receive, send)

    return route


def _peek(site: Site, scope: Scope) -> Response | None:
    """Return a cached document, before any other work."""
    request = Request(scope)
    if scope["method"] == "POST" or not (cached := site.documents.peek(_cache_key(request))):
        return None
    scope[ROUTE] = cached.route
    return cached.respond(request)


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


async def _respond(site: Site, request: Request) -> Response:
    path = request.scope["path"]
    canonical = "/" + path.strip("/")
    for built, page in site.pages:
        parameters = built.match(canonical)
        if parameters is None:
            continue
        request.scope[ROUTE] = built.route
        if path != canonical:
            return redirect(canonical, HTTPStatus.PERMANENT_REDIRECT, request)
        if request.method == "POST":
            return await _submit(built, page, parameters, request)
        make = partial(_make, built, page, parameters, request)
        is_cached = page.content is not None
        made = site.documents.get(_cache_key(request), make) if is_cached else make()
        return (await made).respond(request)
    missing = PageContent(HTTPStatus.NOT_FOUND)
    return make_document(site.not_found, missing, path).respond(request)


async def _make(
    built: PageTemplate, page: Page, parameters: dict[str, str], request: Request
) -> Document:
    content = await load_content(page.content, parameters, request)
    return make_document(built, content, request.scope["path"])


def _cache_key(request: Request) -> tuple[str, bytes, ReaderLocale]:
    locale = formatting.negotiate(request.headers.get("accept-language", ""))
    return request.scope["path"], request.scope["query_string"], locale


async def _submit(
    built: PageTemplate, page: Page, parameters: dict[str, str], request: Request
) -> Response:
    """Return the answer to a plain form."""
    if page.submit is None or origin.is_from_elsewhere(request):
        origin.log_refusal(request, http.client_address(request))
        return PlainTextResponse("This request came from another site.", HTTPStatus.FORBIDDEN)
    try:
        answer = await page.submit(request, **parameters)
    except AppError as error:
        content = await load_content(page.content, parameters, request)
        answer = forms.refused_on(content, error)
    if isinstance(answer, Response):
        return answer
    return make_document(built, answer, request.scope["path"]).respond(request)
