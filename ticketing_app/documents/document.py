"""An HTML document as it is sent: a template filled with metadata and prerendered content."""

import gzip
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from http import HTTPStatus
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ticketing_app import routes
from ticketing_app.core.changes import Keys
from ticketing_app.core.settings import get_settings
from ticketing_app.documents import cache_control, security_headers
from ticketing_app.documents.metadata import render, render_title
from ticketing_app.documents.template import PageTemplate
from ticketing_app.ui import session
from ticketing_app.ui.page_content import PageContent, PageMetadata


@dataclass(frozen=True)
class Document:
    """The same for all visitors with the same locale; `read` and `until` as in PageContent."""

    route: str
    status: HTTPStatus
    headers: dict[str, str]
    body: bytes
    read: Keys | None
    until: datetime | None
    moved_to: str

    def respond(self, request: Request) -> Response:
        if self.moved_to:
            return redirect(self.moved_to, HTTPStatus.MOVED_PERMANENTLY, request)
        headers = dict(self.headers)
        if self.status == HTTPStatus.OK:
            headers["etag"] = self._etag
            if self._etag in request.headers.get("if-none-match", ""):
                return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return HTMLResponse(self.body, self.status, headers)
        headers["content-encoding"] = "gzip"
        return HTMLResponse(self._compressed, self.status, headers)

    @cached_property
    def _etag(self) -> str:
        # Weak, as the same text may be sent compressed.
        return f'W/"{sha256(self.body).hexdigest()[:32]}"'

    @cached_property
    def _compressed(self) -> bytes:
        return gzip.compress(self.body, mtime=0)


def make_document(built: PageTemplate, content: PageContent, path: str) -> Document:
    return Document(
        built.route,
        content.status,
        _headers(built, content),
        _render(built, content, path),
        content.read if content.status == HTTPStatus.OK else None,
        content.until,
        content.moved_to,
    )


def redirect(path: str, status: HTTPStatus, request: Request) -> Response:
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(quote(path) + query, status)


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
