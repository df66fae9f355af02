"""The page of the door, `/door#<order>`: static, because its worker keeps it for phones without a network.

assets/door.js draws the codes, assets/door-worker.js keeps them. `reflex run`, which has no documents,
proxies the page to the backend.
"""

import html
from hashlib import sha256
from pathlib import Path
from string import Template

from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ticketing_app import routes
from ticketing_app.core.settings import get_settings
from ticketing_app.documents import cache_control, security_headers

SHELL = ("door.js", "door.css")
WORKER = "door-worker.js"
CACHE_NAME = "door-shell-development"
_PAGE = Template((Path(__file__).parent / "door.html").read_text())
# Stricter than other documents': no payment, no code from the websocket.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def render() -> bytes:
    return _PAGE.substitute(brand=html.escape(get_settings().brand_name)).encode()


def digest(folder: Path) -> str:
    """Return a hash of the files that the worker precaches together."""
    parts = [render(), *((folder / name).read_bytes() for name in SHELL)]
    return sha256(b"\0".join(parts)).hexdigest()[:16]


async def respond() -> Response:
    headers = {"cache-control": cache_control.REVALIDATE, security_headers.POLICY: _POLICY}
    return HTMLResponse(render(), headers=headers)


def serve_alone(app: ASGIApp) -> ASGIApp:
    """Serve the page without the other documents, for `reflex run`."""

    async def route(scope: Scope, receive: Receive, send: Send) -> None:
        is_door = scope["type"] == "http" and scope["path"] == routes.DOOR
        await (await respond() if is_door else app)(scope, receive, send)

    return route
