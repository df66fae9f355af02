"""Where requests come from: pages of other sites may read what is public, and nothing more.

JSON is not demanded as content type: a form of another site is refused by its Origin or
Sec-Fetch-Site, and clients that are no browsers need not send one.
"""

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request

from ticketing_app.core.logging import get_logger
from ticketing_app.core.settings import get_settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

log = get_logger()


def is_from_elsewhere(request: Request) -> bool:
    """Whether another site lets a browser send this request, along with our cookie."""
    if request.method in SAFE_METHODS:
        return False
    headers = request.headers
    is_same = is_same_origin(headers.get("origin"), headers.get("host"))
    return headers.get("sec-fetch-site") == "cross-site" or not is_same


def is_same_origin(origin: str | None, host: str | None) -> bool:
    """Whether a request is from our own pages: no Origin (not a browser), or the Host's or public one.

    The scheme is that of PUBLIC_URL: behind a proxy nothing else says how browsers reach the site.
    """
    if origin is None:
        return True
    public = urlsplit(get_settings().public_url.lower())
    hosts = {(host or "").lower(), public.netloc} - {""}
    return origin.lower() in {f"{public.scheme}://{own}" for own in hosts}


def log_refusal(connection: HTTPConnection, address: str) -> None:
    """Log a request, or a websocket, that another site's page sent."""
    log.warning(
        "request.refused",
        reason="foreign_origin",
        path=connection.scope["path"],
        origin=connection.headers.get("origin"),
        address=address,
    )
