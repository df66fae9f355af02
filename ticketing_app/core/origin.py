"""Same-origin checks: other sites may read public data but change nothing."""

# Requests need no JSON content type: forms of other sites are refused by their Origin or Sec-Fetch-Site,
# and clients other than browsers need not send these headers.

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request

from ticketing_app.core.logging import get_logger
from ticketing_app.core.settings import get_settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

log = get_logger()


def is_from_elsewhere(request: Request) -> bool:
    """Whether a page of another site made the browser send this state-changing request."""
    if request.method in SAFE_METHODS:
        return False
    headers = request.headers
    is_same = is_same_origin(headers.get("origin"), headers.get("host"))
    return headers.get("sec-fetch-site") == "cross-site" or not is_same


def is_same_origin(origin: str | None, host: str | None) -> bool:
    """Whether `origin` is missing (not a browser), or is the origin of PUBLIC_URL or of the Host header."""
    # The scheme is taken from PUBLIC_URL, as a proxy may terminate TLS.
    if origin is None:
        return True
    public = urlsplit(get_settings().public_url.lower())
    hosts = {(host or "").lower(), public.netloc} - {""}
    return origin.lower() in {f"{public.scheme}://{own}" for own in hosts}


def log_refusal(connection: HTTPConnection, address: str) -> None:
    log.warning(
        "request.refused",
        reason="foreign_origin",
        path=connection.scope["path"],
        origin=connection.headers.get("origin"),
        address=address,
    )
