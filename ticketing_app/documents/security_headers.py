"""Security headers: the Content-Security-Policy of documents, and headers for all responses.

Scripts run only from our files, from Stripe, or inline if the build wrote them: serve.py lists the hashes
of its page in the policy, so injected scripts do not run. Reflex needs two weaker sources: 'unsafe-eval',
because its client evaluates scripts from the websocket (live changes, redirects), and 'unsafe-inline' for
styles, because documents contain style elements and attributes that vary with their content.
"""

from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ticketing_app.core.settings import Settings, get_settings
from ticketing_app.core.transport import STRIPE_JS_HOST

POLICY = "content-security-policy"
_NO_FRAMES = "frame-ancestors 'none'"
_API_POLICY = f"default-src 'none'; object-src 'none'; base-uri 'none'; {_NO_FRAMES}"
# A year. Without includeSubDomains, as other services of the domain may use http, and without preload,
# which is hard to revoke.
_ONLY_HTTPS = "max-age=31536000"
_FEATURES = (
    "camera=()",
    "geolocation=()",
    "microphone=()",
    # Passkeys.
    "publickey-credentials-create=(self)",
    "publickey-credentials-get=(self)",
)
_OWN_STRIPE = {
    "script-src": f"https://{STRIPE_JS_HOST} https://*.{STRIPE_JS_HOST}",
    "frame-src": f"https://{STRIPE_JS_HOST} https://*.{STRIPE_JS_HOST} https://hooks.stripe.com",
    "connect-src": "https://api.stripe.com",
}


def protect(app: ASGIApp) -> ASGIApp:
    """Add the headers that a response has not set itself."""
    settings = get_settings()
    of_documents = _for_documents(settings)
    others = _for_everything(settings)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await app(scope, receive, send)
            return

        async def send_protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                is_document = headers.get("content-type", "").startswith("text/html")
                if is_document:
                    missing = others | of_documents
                elif scope["path"].startswith("/api/"):
                    missing = others | {POLICY: _API_POLICY}
                else:
                    missing = others
                for name, value in missing.items():
                    headers.setdefault(name, value)
            await send(message)

        await app(scope, receive, send_protected)

    return answer


def document_policy(hashes: list[str], settings: Settings) -> str:
    public = urlsplit(settings.public_url)
    socket = f"{'wss' if settings.is_served_over_https else 'ws'}://{public.netloc}"
    stripe = _stripe_sources(settings)
    directives = {
        "default-src": "'self'",
        "script-src": f"'self' 'unsafe-eval' {stripe['script-src']} {' '.join(hashes)}".strip(),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        # Older versions of Safari do not apply 'self' to websockets.
        "connect-src": f"'self' {socket} {stripe['connect-src']}",
        "frame-src": stripe["frame-src"],
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
    }
    return "; ".join([*(f"{name} {value}" for name, value in directives.items()), _NO_FRAMES])


def _stripe_sources(settings: Settings) -> dict[str, str]:
    """Return Stripe's own addresses, or the one of the emulator for all of them."""
    address = urlsplit(settings.stripe_js_url)
    if address.hostname == STRIPE_JS_HOST:
        return _OWN_STRIPE
    return dict.fromkeys(_OWN_STRIPE, f"{address.scheme}://{address.netloc}")


def _for_documents(settings: Settings) -> dict[str, str]:
    address = urlsplit(settings.stripe_js_url)
    payers = f'self "{address.scheme}://{address.netloc}"'
    return {
        POLICY: document_policy([], settings),
        "referrer-policy": "strict-origin-when-cross-origin",
        "permissions-policy": ", ".join([*_FEATURES, f"payment=({payers})"]),
    }


def _for_everything(settings: Settings) -> dict[str, str]:
    headers = {"x-content-type-options": "nosniff"}
    if settings.is_served_over_https:
        headers["strict-transport-security"] = _ONLY_HTTPS
    return headers
