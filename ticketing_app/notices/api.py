"""REST of notices, and the pages and reports that belong to mails."""

from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ticketing_app.core import brand, db, http
from ticketing_app.core.http import problem_responses
from ticketing_app.core.settings import get_settings
from ticketing_app.notices.gateway import reports
from ticketing_app.notices.service import reporting, stopping
from ticketing_app.notices.service.stopping import StopLinkInvalidError
from ticketing_app.notices.views import catalog

mail_router = APIRouter(prefix="/api", tags=["notices"])

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
)
# The address of the page is a secret of its reader.
_PAGE_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
}


@mail_router.get("/notices/stop/{token}", response_class=HTMLResponse)
async def show_stop(token: str) -> Response:
    """Ask before anything changes: mail servers and virus scanners follow links."""
    try:
        stopped = stopping.read_token(token)
    except StopLinkInvalidError as error:
        return _page("This link does not work", error.message, status=error.status)
    label = catalog.WORDINGS[stopped.kind].label
    return _page("Stop these mails?", f"They are about: {label}.", button="Stop them")


@mail_router.post("/notices/stop/{token}", response_class=HTMLResponse)
async def stop(token: str) -> Response:
    """Switch these mails off; mail programs call it as one-click unsubscribe (RFC 8058)."""
    try:
        async with db.transaction() as session:
            stopped = await stopping.stop_mails(session, token=token)
    except StopLinkInvalidError as error:
        return _page("This link does not work", error.message, status=error.status)
    label = catalog.WORDINGS[stopped.kind].label
    sentence = (
        f"You get no more mails about: {label}. You can switch them on again in your account."
    )
    return _page("Done", sentence)


def _page(heading: str, sentence: str, *, button: str = "", status: int = 200) -> Response:
    settings = get_settings()
    html = _templates.get_template("stop.html").render(
        heading=heading,
        sentence=sentence,
        button=button,
        brand=settings.brand_name,
        site=settings.public_url,
        light=brand.LIGHT,
        dark=brand.DARK,
    )
    return HTMLResponse(html, status, _PAGE_HEADERS)


@mail_router.post(
    "/mail/events/{provider}",
    status_code=204,
    responses=problem_responses(400, 401, 404),
    openapi_extra=http.ANY_JSON_BODY,
)
async def receive_report(provider: str, request: Request) -> None:
    """Take a mail provider's report of a delivery, a bounce or a complaint."""
    reports.require_secret(request.headers.get("authorization", ""))
    report = reports.read_report(provider, await http.read_bytes(request))
    if report:
        async with db.transaction() as session:
            await reporting.record_report(session, report=report)
