"""Forms that the browser sends by itself: without JavaScript, or before the page's code runs.

Each is sent to the address of its page (`submit` in the site map) and gets a page back.
"""

from dataclasses import replace
from http import HTTPStatus
from urllib.parse import parse_qsl

import reflex as rx
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ticketing_app import routes
from ticketing_app.core import http
from ticketing_app.core.errors import (
    AppError,
    InvalidInputError,
    TooManyRequestsError,
    UnavailableError,
)
from ticketing_app.ui import static_html
from ticketing_app.ui.page_content import PageContent
from ticketing_app.ui.shell.feedback import callout

NOT_STORED = {"cache-control": "no-store"}
MAX_FIELDS = 20


async def read(request: Request, *, most: int = MAX_FIELDS) -> dict[str, str]:
    """Return the fields, `most` of them; raises InvalidInputError, and the errors of `http.read_bytes`."""
    body = await http.read_bytes(request)
    try:
        text = body.decode()
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=most, errors="strict")
    except ValueError:
        raise InvalidInputError(
            [(None, "We could not read this form. Please try again.")]
        ) from None
    return dict(pairs)


def see_other(path: str) -> Response:
    return RedirectResponse(path, HTTPStatus.SEE_OTHER, NOT_STORED)


def refused(
    error: AppError, content: rx.Component, wanted: str = routes.TICKET_LIST
) -> PageContent:
    """Return the page of a refused form, around `content`."""
    html = static_html.render(content)
    headers = _headers(error)
    return PageContent(HTTPStatus(error.status), html=html, headers=headers, wanted=wanted)


def refused_on(page: PageContent, error: AppError) -> PageContent:
    """Return the page of a refused form with the sentence above it; a page that is missing stays so."""
    if page.status != HTTPStatus.OK or page.moved_to:
        return page
    html = static_html.render(callout(error.message)) + (page.html or "")
    return replace(page, status=HTTPStatus(error.status), html=html, headers=_headers(error))


def _headers(error: AppError) -> dict[str, str]:
    headers = dict(NOT_STORED)
    if isinstance(error, TooManyRequestsError | UnavailableError) and error.retry_after:
        headers["retry-after"] = str(error.retry_after)
    return headers


def messages(error: AppError) -> dict[str, str]:
    """Return the sentences by field; those of no field are under the empty name."""
    is_many = isinstance(error, InvalidInputError)
    problems = error.problems if is_many else [(error.field, error.message)]
    found: dict[str, str] = {}
    for name, text in problems:
        found[name or ""] = " ".join(filter(None, [found.get(name or ""), text]))
    return found
