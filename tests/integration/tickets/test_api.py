import base64
import json
import re
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient

from tests import factories
from tests.factories import recorded_events
from tests.integration.tickets.listings import FULL, listed
from ticketing_app.core import db
from ticketing_app.tickets.schemas.search import TicketFilter


class TestCreateTicket:
    async def test_lists_it_for_sale(self, seller: AsyncClient) -> None:
        ticket = await listed(seller, **FULL)
        assert ticket["status"] == "available"
        assert (ticket["price"], ticket["faceValue"], ticket["currency"]) == (40.5, 45, "usd")
        assert ticket["startsAt"] == "2099-05-01T18:00:00Z"
        assert ticket["orderId"] is None
        assert ticket["lockedUntil"] is None
        shown = await seller.get(f"/api/tickets/{ticket['id']}")
        assert shown.json() == ticket
        assert [event["price_cents"] for event in await recorded_events("TicketCreated")] == [4050]

    async def test_title_and_price_are_enough(self, seller: AsyncClient) -> None:
        assert (await listed(seller))["venue"] is None

    @pytest.mark.parametrize(
        "title", ["🎸 Night 🎶", "ليلة الفوانيس", "Ünïcode & <b>bold</b>", "x" * 120]
    )
    async def test_any_text_is_a_title(self, seller: AsyncClient, title: str) -> None:
        assert (await listed(seller, title=title))["title"] == title

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"title": ""}, "title"),
            ({"title": "   "}, "title"),
            ({"title": "x" * 121}, "title"),
            ({"title": 5}, "title"),
            ({"title": None}, "title"),
            ({"price": 0.49}, "price"),
            ({"price": -5}, "price"),
            ({"price": 1e9}, "price"),
            ({"price": 10.001}, "price"),
            ({"price": "40"}, "price"),
            ({"price": None}, "price"),
            ({"category": "opera"}, "category"),
            ({"startsAt": "2099-05-01T20:00:00", "timezone": "Europe/Berlin"}, "startsAt"),
            ({"startsAt": "0001-01-01T00:00:00+14:00", "timezone": "America/New_York"}, "startsAt"),
            ({"startsAt": "9999-12-31T23:59:59Z", "timezone": "Pacific/Auckland"}, "startsAt"),
            ({"startsAt": "soon", "timezone": "Europe/Berlin"}, "startsAt"),
            ({"startsAt": "2026-05-01T20:00:00Z", "timezone": "UTC"}, "startsAt"),
            ({"startsAt": "2099-05-01T20:00:00Z", "timezone": "Mars/Olympus"}, "timezone"),
            ({"faceValue": 0}, "faceValue"),
            ({"description": "x" * 2001}, "description"),
            ({"venue": ["Harbour Hall"]}, "venue"),
        ],
    )
    async def test_names_the_wrong_field(
        self, seller: AsyncClient, fields: dict[str, Any], field: str
    ) -> None:
        answer = await seller.post(
            "/api/tickets", json={"title": "A ticket", "price": 40, **fields}
        )
        assert answer.status_code == 400
        assert [error["field"] for error in answer.json()["errors"]] == [field]
        assert all(error["message"].endswith(".") for error in answer.json()["errors"])
        assert await recorded_events("TicketCreated") == []

    async def test_reports_all_wrong_fields(self, seller: AsyncClient) -> None:
        answer = await seller.post("/api/tickets", json={})
        assert answer.json()["errors"] == [
            {"message": "Title is required.", "field": "title"},
            {"message": "Price is required.", "field": "price"},
        ]

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"[]",
            b'"text"',
            b"null",
            b'{"title": NaN}',
            b'{"title": "A ticket", "price": 1e999999}',
            b"\xff\xfe",
            b'{"title": "a\\u0000b", "price": 40}',
            b'{"title": "\\ud800", "price": 40}',
            b"[" * 60_000,
            b'{"title": "' + b"x" * 70_000 + b'", "price": 40}',
        ],
    )
    async def test_bad_bodies_are_400(self, seller: AsyncClient, body: bytes) -> None:
        answer = await seller.post("/api/tickets", content=body)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["message"]
        assert await recorded_events("TicketCreated") == []

    async def test_checks_session_first(self, api: AsyncClient) -> None:
        answer = await api.post("/api/tickets", content=b"{")
        assert answer.status_code == 401
        assert answer.json() == {
            "type": "about:blank",
            "title": "Unauthorized",
            "status": 401,
            "errors": [{"message": "Please sign in first."}],
        }


class TestGetTicket:
    @pytest.mark.parametrize(
        "ticket_id", ["nonsense", "%00", factories.UNKNOWN_ID, "1", "../users"]
    )
    async def test_unknown_is_404(self, api: AsyncClient, ticket_id: str) -> None:
        assert (await api.get(f"/api/tickets/{ticket_id}")).status_code == 404

    async def test_shows_order_to_seller_and_holder_only(self, seller: AsyncClient) -> None:
        ticket = await listed(seller)
        buyer = await factories.make_user()
        order = await factories.hold(await factories.read_ticket(ticket["id"]), buyer)
        shown = (await seller.get(f"/api/tickets/{ticket['id']}")).json()
        assert shown["status"] == "locked"
        assert shown["lockedUntil"] == order.expires_at.isoformat().replace("+00:00", "Z")
        assert shown["orderId"] == str(order.id)
        assert (await factories.read_ticket(ticket["id"], viewer=buyer)).order_id == order.id
        assert (await factories.read_ticket(ticket["id"])).order_id is None


class TestListTickets:
    async def test_pages_newest_first(self, seller: AsyncClient) -> None:
        titles = [(await listed(seller, title=f"Ticket {n}"))["title"] for n in range(5)]
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = (await seller.get("/api/tickets", params={"limit": 2, "cursor": cursor})).json()
            seen += [item["title"] for item in page["items"]]
            cursor = page["nextCursor"]
        assert seen == titles[::-1]

    @pytest.mark.parametrize(
        ("sort", "expected"),
        [("newest", "CBA"), ("cheapest", "BCA"), ("soonest", "CAB")],
    )
    async def test_sorts_and_pages_in_each_order(
        self, seller: AsyncClient, sort: str, expected: str
    ) -> None:
        zone = {"timezone": "UTC"}
        await listed(seller, title="A", price=30, startsAt="2099-06-01T00:00:00Z", **zone)
        await listed(seller, title="B", price=10)
        await listed(seller, title="C", price=20, startsAt="2099-05-01T00:00:00Z", **zone)
        seen = ""
        cursor: str | None = ""
        while cursor is not None:
            parameters = {"sort": sort, "limit": 1, "cursor": cursor}
            page = (await seller.get("/api/tickets", params=parameters)).json()
            seen += "".join(item["title"] for item in page["items"])
            cursor = page["nextCursor"]
        assert seen == expected

    async def test_searches_filters_and_hides_ended_listings(self, seller: AsyncClient) -> None:
        gone = await listed(seller, title="Withdrawn lanterns")
        await seller.delete(f"/api/tickets/{gone['id']}")
        await listed(seller, title="Lanterns 100%", city="Porto", category="concert")
        await listed(seller, title="Derby", city="porto", category="sports")

        async def titles(**parameters: str) -> set[str]:
            page = (await seller.get("/api/tickets", params=parameters)).json()
            return {item["title"] for item in page["items"]}

        assert await titles(q="lanterns") == {"Lanterns 100%"}
        assert await titles(q="PORTO 100%") == {"Lanterns 100%"}
        assert await titles(q="1_0") == await titles(q="1%0") == set()
        assert await titles(city="Porto") == {"Lanterns 100%", "Derby"}
        assert await titles(category="sports") == {"Derby"}
        assert await titles(q="'; DROP TABLE tickets; --") == set()

    async def test_combines_all_filters(self, seller: AsyncClient) -> None:
        await listed(seller, **FULL)
        await listed(seller, **FULL | {"price": 80})
        wanted = {"q": "papr", "category": "concert", "city": "rotterdam", "from": "2099-05-01"}
        wanted |= {"to": "2099-05-01", "minPrice": "40.50", "maxPrice": "50", "available": "true"}
        page = (await seller.get("/api/tickets", params=wanted)).json()
        assert [item["price"] for item in page["items"]] == [40.5]
        assert page["correctedQ"] == "paper"
        for when in ("today", "weekend", "month"):
            answer = await seller.get("/api/tickets", params={"when": when})
            assert (answer.status_code, answer.json()["items"]) == (200, [])

    async def test_ignores_empty_parameters(self, seller: AsyncClient) -> None:
        await listed(seller)
        empty = dict.fromkeys(TicketFilter.model_json_schema()["properties"], "")
        assert len((await seller.get("/api/tickets", params=empty)).json()["items"]) == 1

    async def test_marks_or_hides_locked_tickets(self, seller: AsyncClient) -> None:
        ticket = await factories.read_ticket((await listed(seller))["id"])
        order = await factories.hold(ticket)
        marked = (await seller.get("/api/tickets")).json()["items"]
        assert [item["status"] for item in marked] == ["locked"]
        free = {"available": "true"}
        assert (await seller.get("/api/tickets", params=free)).json()["items"] == []
        await factories.let_hold_lapse(order.id)
        assert len((await seller.get("/api/tickets", params=free)).json()["items"]) == 1

    @pytest.mark.parametrize(
        ("parameters", "field"),
        [
            ({"limit": "0"}, "limit"),
            ({"limit": "101"}, "limit"),
            ({"limit": "ten"}, "limit"),
            ({"sort": "best"}, "sort"),
            ({"available": "maybe"}, "available"),
            ({"cursor": "nonsense"}, "cursor"),
            ({"cursor": "bnVsbA"}, "cursor"),
            ({"q": "x" * 101}, "q"),
            ({"category": "opera"}, "category"),
            ({"city": "x" * 121}, "city"),
            ({"when": "someday"}, "when"),
            ({"from": "tomorrow"}, "from"),
            ({"to": "2099-02-30"}, "to"),
            ({"from": "2099-05-02", "to": "2099-05-01"}, "to"),
            ({"minPrice": "much"}, "minPrice"),
            ({"minPrice": "-1"}, "minPrice"),
            ({"minPrice": "NaN"}, "minPrice"),
            ({"maxPrice": "1e999999"}, "maxPrice"),
            ({"maxPrice": "10.001"}, "maxPrice"),
            ({"minPrice": "20", "maxPrice": "10"}, "maxPrice"),
        ],
    )
    async def test_bad_parameters_are_400(
        self, api: AsyncClient, parameters: dict[str, str], field: str
    ) -> None:
        answer = await api.get("/api/tickets", params=parameters)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == field

    async def test_made_up_cursor_is_400(self, api: AsyncClient) -> None:
        made_up = json.dumps(["cheapest", 10**30, str(uuid4())]).encode()
        parameters = {"sort": "cheapest", "cursor": base64.urlsafe_b64encode(made_up).decode()}
        assert (await api.get("/api/tickets", params=parameters)).status_code == 400

    @pytest.mark.parametrize("name", ["q", "city", "category"])
    async def test_ignores_nul_in_search_text(self, api: AsyncClient, name: str) -> None:
        assert (await api.get("/api/tickets", params={name: "\x00"})).status_code == 200

    async def test_rejects_cursor_of_another_sort_order(self, seller: AsyncClient) -> None:
        for _ in range(2):
            await listed(seller)
        first = (await seller.get("/api/tickets", params={"limit": 1, "sort": "cheapest"})).json()
        other = {"cursor": first["nextCursor"], "sort": "soonest"}
        assert (await seller.get("/api/tickets", params=other)).status_code == 400


class TestErrors:
    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [("GET", "/api/nothing", 404), ("PATCH", "/api/tickets", 405), ("GET", "/api", 404)],
    )
    async def test_unknown_routes_return_problems(
        self, api: AsyncClient, method: str, path: str, status: int
    ) -> None:
        answer = await api.request(method, path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status
        assert answer.json()["errors"][0]["message"]

    async def test_crash_reveals_no_internals(
        self, api: AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def crash() -> None:
            raise RuntimeError("SELECT secret FROM users")

        monkeypatch.setattr(db, "transaction", crash)
        answer = await api.get("/api/tickets")
        assert answer.status_code == 500
        assert answer.headers["content-type"] == "application/problem+json"
        assert "SELECT" not in answer.text


class TestOpenApi:
    async def test_describes_all_responses(self, api: AsyncClient) -> None:
        schema = (await api.get("/api/openapi.json")).json()
        text = json.dumps(schema)
        assert "422" not in text
        references = set(re.findall(r"#/components/schemas/(\w+)", text))
        assert references <= set(schema["components"]["schemas"])
        body = schema["paths"]["/api/tickets"]["post"]["requestBody"]["content"]["application/json"]
        assert body["schema"]["properties"]["price"]["type"] == "number"
        operation = schema["paths"]["/api/tickets/{ticket_id}"]["put"]
        assert set(operation["responses"]) == {
            "200",
            "400",
            "401",
            "403",
            "404",
            "408",
            "409",
            "429",
            "503",
        }
        assert "requestBody" in operation
        ticket = schema["components"]["schemas"]["TicketRead"]["properties"]
        assert {"price", "lockedUntil", "orderId", "userId", "previousTicketId"} <= set(ticket)
