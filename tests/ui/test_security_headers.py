"""Security headers."""

import pytest
from httpx import ASGITransport, AsyncClient, Headers
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ticketing_app.core.settings import Settings, get_settings
from ticketing_app.core.transport import STRIPE_API
from ticketing_app.documents import security_headers

HASH = "'sha256-abc='"
EMULATOR = "http://127.0.0.1:8433"


def serving(response: Response) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await response(scope, receive, send)

    return security_headers.protect(app)


async def answer(response: Response, path: str = "/") -> Headers:
    async with AsyncClient(
        transport=ASGITransport(serving(response)), base_url="http://localhost"
    ) as client:
        return (await client.get(path)).headers


def policy(**values: str) -> dict[str, str]:
    """Return the directives with these settings by name; by default with Stripe's own addresses."""
    stripe = {"stripe_js_url": Settings.model_fields["stripe_js_url"].default}
    text = security_headers.document_policy([HASH], Settings.model_validate(stripe | values))
    return {name: value for name, _, value in (part.partition(" ") for part in text.split("; "))}


class TestProtect:
    async def test_documents_have_the_policy(self) -> None:
        found = await answer(HTMLResponse("<p>"))
        assert found["content-security-policy"].startswith("default-src 'self'; script-src")
        assert found["x-content-type-options"] == "nosniff"
        assert found["referrer-policy"] == "strict-origin-when-cross-origin"
        assert "camera=()" in found["permissions-policy"]
        assert "publickey-credentials-get=(self)" in found["permissions-policy"]

    async def test_files_have_only_what_applies_to_them(self) -> None:
        found = await answer(Response(media_type="text/css"), "/assets/app.css")
        assert found["x-content-type-options"] == "nosniff"
        assert not {"content-security-policy", "referrer-policy", "permissions-policy"} & set(found)

    async def test_api_forbids_everything(self) -> None:
        found = await answer(JSONResponse({}), "/api/tickets")
        directives = found["content-security-policy"].split("; ")
        assert directives == [
            "default-src 'none'",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]

    async def test_api_docs_have_the_policy_of_documents(self) -> None:
        found = await answer(HTMLResponse("<script>"), "/api/docs")
        assert found["content-security-policy"] == security_headers.document_policy(
            [], get_settings()
        )

    async def test_keeps_headers_of_the_response(self) -> None:
        own = {"referrer-policy": "no-referrer", "content-security-policy": "default-src 'none'"}
        found = await answer(HTMLResponse("<p>", headers=own))
        assert {name: found[name] for name in own} == own

    @pytest.mark.parametrize(
        ("url", "is_told"), [("http://localhost:3000", False), ("https://ticketing.dev", True)]
    )
    async def test_sends_hsts_only_over_https(
        self, monkeypatch: pytest.MonkeyPatch, url: str, *, is_told: bool
    ) -> None:
        settings = get_settings().model_copy(update={"public_url": url})
        monkeypatch.setattr(security_headers, "get_settings", lambda: settings)
        found = await answer(HTMLResponse("<p>"))
        assert ("strict-transport-security" in found) is is_told


class TestDocumentPolicy:
    def test_allows_stripe(self) -> None:
        found = policy(public_url="https://ticketing.dev")
        assert "https://js.stripe.com" in found["script-src"].split()
        assert "https://hooks.stripe.com" in found["frame-src"].split()
        assert found["connect-src"] == f"'self' wss://ticketing.dev {STRIPE_API}"

    def test_allows_only_the_emulator(self) -> None:
        found = policy(stripe_js_url=f"{EMULATOR}/endive/stripe.js")
        assert EMULATOR in found["script-src"].split()
        assert found["frame-src"] == EMULATOR
        assert "stripe.com" not in " ".join(found.values())

    def test_blocks_unknown_inline_scripts(self) -> None:
        scripts = policy()["script-src"].split()
        assert HASH in scripts
        assert "'unsafe-inline'" not in scripts
        assert policy()["object-src"] == policy()["base-uri"] == "'none'"
