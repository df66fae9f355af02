"""Rules of every response of the API, and of every request before it reaches a route."""

import json

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from starlette.types import Message, Scope

from tests import factories
from tests.factories import UNKNOWN_ID

ANA = {"email": "ana@gittix.test", "password": "correct horse"}


class TestCaches:
    @pytest.mark.parametrize(
        "path",
        ["users/currentuser", "users/sessions", "orders", "tickets", "nothing", "health/live"],
    )
    async def test_store_no_response(self, api: AsyncClient, path: str) -> None:
        assert (await api.get(f"/api/{path}")).headers["cache-control"] == "no-store"

    async def test_store_no_refusal_of_a_foreign_page(self, api: AsyncClient) -> None:
        answer = await api.post("/api/users/signin", headers={"origin": "https://evil.test"})
        assert (answer.status_code, answer.headers["cache-control"]) == (403, "no-store")

    async def test_may_store_the_files_of_the_api_docs(self, api: AsyncClient) -> None:
        for path in ("start.js", "files/swagger-ui.css"):
            assert "no-store" not in (await api.get(f"/api/docs/{path}")).headers["cache-control"]


class TestForeignPages:
    async def test_are_refused_by_sec_fetch_site_alone(
        self, api: AsyncClient, capsys: pytest.CaptureFixture[str]
    ) -> None:
        foreign = {"sec-fetch-site": "cross-site"}
        answer = await api.post("/api/users/signup", json=ANA, headers=foreign)
        assert answer.status_code == 403
        assert "request.refused" in capsys.readouterr().err
        assert (await api.get("/api/tickets", headers=foreign)).status_code == 200

    @pytest.mark.parametrize("site", ["same-origin", "none"])
    async def test_are_not_our_own_ones(self, api: AsyncClient, site: str) -> None:
        own = {"sec-fetch-site": site, "origin": "http://testserver"}
        assert (await api.post("/api/users/signup", json=ANA, headers=own)).status_code == 201

    async def test_are_not_plain_clients_without_a_content_type(self, api: AsyncClient) -> None:
        answer = await api.post("/api/users/signup", content=json.dumps(ANA))
        assert answer.status_code == 201


class TestAddresses:
    @pytest.mark.parametrize("odd", ["%0A", f"{UNKNOWN_ID}%0A", "%00", "a%0Ab", "%20", "%2F"])
    @pytest.mark.parametrize("path", ["tickets/{}", "tickets/{}/calendar", "orders/{}"])
    async def test_with_a_malformed_id_are_404(self, api: AsyncClient, path: str, odd: str) -> None:
        await api.post("/api/users/signup", json=ANA)
        answer = await api.get(f"/api/{path.format(odd)}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"

    @pytest.mark.parametrize(
        ("path", "allowed"),
        [
            (f"tickets/{UNKNOWN_ID}", "DELETE, GET, PUT"),
            ("orders", "GET, POST"),
            ("users/sessions", "DELETE, GET"),
            ("docs", "GET, HEAD"),
            ("docs/files/swagger-ui.css", "GET, HEAD"),
        ],
    )
    async def test_list_every_allowed_method(
        self, api: AsyncClient, path: str, allowed: str
    ) -> None:
        answer = await api.request("PATCH", f"/api/{path}")
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed)

    async def test_never_contain_the_host_header(self, api: AsyncClient) -> None:
        ticket = await factories.make_ticket(
            starts_at="2097-05-01T20:00:00Z", timezone="Europe/Berlin"
        )
        for path in ("tickets/", "openapi.json", "docs", f"tickets/{ticket.id}/calendar"):
            answer = await api.get(f"/api/{path}", headers={"host": "evil.example"})
            assert "evil.example" not in answer.text + str(answer.headers)


class TestDisconnect:
    async def test_is_no_crash(
        self, application: FastAPI, capsys: pytest.CaptureFixture[str]
    ) -> None:
        async def receive() -> Message:
            return {"type": "http.disconnect"}

        async def send(_: Message) -> None:
            pass

        scope: Scope = {
            "type": "http",
            "method": "POST",
            "path": "/api/users/signin",
            "query_string": b"",
            "headers": [(b"host", b"testserver")],
        }
        await application(scope, receive, send)
        log = capsys.readouterr().err
        assert "http.disconnected" in log
        assert "Traceback" not in log
        assert "http.crash" not in log


class TestDocument:
    async def test_names_the_cookie_of_protected_routes(self, api: AsyncClient) -> None:
        document = (await api.get("/api/openapi.json")).json()
        schemes = document["components"]["securitySchemes"]
        assert schemes == {"session": {"type": "apiKey", "in": "cookie", "name": "session"}}
        paths = document["paths"]
        assert paths["/api/orders"]["post"]["security"] == [{"session": []}]
        assert "security" not in paths["/api/tickets"]["get"]

    async def test_describes_408(self, api: AsyncClient) -> None:
        paths = (await api.get("/api/openapi.json")).json()["paths"]
        assert "408" in paths["/api/orders"]["post"]["responses"]
        assert "408" in paths["/api/stripe/webhook"]["post"]["responses"]
        assert "408" not in paths["/api/orders"]["get"]["responses"]
