"""Limits of one account or address over REST, each from its own setting."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from httpx import AsyncClient, Response

from tests import factories
from ticketing_app.core import db
from ticketing_app.tickets.service import search

ChangeSettings = Callable[..., None]
TICKET = {"title": "The Paper Lanterns", "price": 40}
ADDRESS = {"x-forwarded-for": "192.0.2.1"}


@pytest.fixture
async def ana(api: AsyncClient) -> AsyncClient:
    """A signed-in client."""
    account = {"email": "ana@gittix.test", "password": "correct horse"}
    assert (await api.post("/api/users/signup", json=account)).status_code == 201
    return api


async def statuses(count: int, ask: Callable[[], Awaitable[Response]]) -> list[int]:
    return [(await ask()).status_code for _ in range(count)]


def assert_says_when(answer: Response, most_seconds: int) -> None:
    assert answer.status_code == 429
    assert answer.headers["content-type"] == "application/problem+json"
    assert 1 <= int(answer.headers["retry-after"]) <= most_seconds
    assert "try again in" in answer.json()["errors"][0]["message"]


class TestHolds:
    async def test_thirty_holds_in_a_row_reach_the_limit(self, ana: AsyncClient) -> None:
        ticket = await factories.make_ticket()
        wanted = {"ticketId": str(ticket.id)}
        found: list[int] = []
        for _ in range(30):
            answer = await ana.post("/api/orders", json=wanted)
            found.append(answer.status_code)
            if answer.status_code == 201:
                await ana.delete(f"/api/orders/{answer.json()['id']}")
        assert found == [201] * 10 + [429] * 20
        assert_says_when(await ana.post("/api/orders", json=wanted), 60)

    async def test_of_other_accounts_are_unaffected(
        self, ana: AsyncClient, change_settings: ChangeSettings
    ) -> None:
        change_settings(hold_limit_per_minute=1)
        tickets = [await factories.make_ticket() for _ in range(3)]
        first, second, third = ({"ticketId": str(ticket.id)} for ticket in tickets)
        assert (await ana.post("/api/orders", json=first)).status_code == 201
        assert (await ana.post("/api/orders", json=second)).status_code == 429
        await ana.post(
            "/api/users/signup", json={"email": "ben@gittix.test", "password": "correct horse"}
        )
        assert (await ana.post("/api/orders", json=third)).status_code == 201

    async def test_give_better_reasons_precedence(
        self, ana: AsyncClient, change_settings: ChangeSettings
    ) -> None:
        change_settings(hold_limit_per_minute=1)
        held = await factories.make_ticket()
        await factories.hold(held)
        own = (await ana.post("/api/tickets", json=TICKET)).json()["id"]
        free = str((await factories.make_ticket()).id)
        wanted = [str(db.new_id()), own, str(held.id), free]
        answers = [await ana.post("/api/orders", json={"ticketId": each}) for each in wanted]
        # The first one used up the limit.
        assert [answer.status_code for answer in answers] == [404, 403, 409, 429]
        assert (await ana.post("/api/orders", json={})).status_code == 400


class TestListings:
    async def test_are_limited_per_hour(
        self, ana: AsyncClient, change_settings: ChangeSettings
    ) -> None:
        change_settings(listing_limit_per_hour=2)
        found = await statuses(3, lambda: ana.post("/api/tickets", json=TICKET))
        assert found == [201, 201, 429]
        assert_says_when(await ana.post("/api/tickets", json=TICKET), 3600)
        assert (await ana.post("/api/tickets", json={"title": ""})).status_code == 400

    async def test_are_limited_in_total_until_one_is_withdrawn(
        self, ana: AsyncClient, change_settings: ChangeSettings
    ) -> None:
        change_settings(max_open_listings=2)
        first = (await ana.post("/api/tickets", json=TICKET)).json()["id"]
        assert await statuses(2, lambda: ana.post("/api/tickets", json=TICKET)) == [201, 429]
        answer = await ana.post("/api/tickets", json=TICKET)
        assert "You have 2 tickets for sale" in answer.json()["errors"][0]["message"]
        await ana.delete(f"/api/tickets/{first}")
        assert await statuses(2, lambda: ana.post("/api/tickets", json=TICKET)) == [201, 429]
        await factories.let_event_begin(
            UUID((await ana.get("/api/tickets/mine")).json()["items"][0]["id"])
        )
        assert await statuses(2, lambda: ana.post("/api/tickets", json=TICKET)) == [201, 429]

    async def test_fifty_of_fifty_accounts_from_one_address_are_fine_in_development(
        self, api: AsyncClient
    ) -> None:
        # Of the fifty, fifteen: the limits by address would stop at the first few if they applied.
        for number in range(15):
            account = {"email": f"{number}@gittix.test", "password": "correct horse"}
            assert (await api.post("/api/users/signup", json=account)).status_code == 201
            ticket = await factories.make_ticket()
            answers = [
                await api.post("/api/tickets", json=TICKET),
                await api.get("/api/tickets?q=lanterns"),
                await api.post("/api/orders", json={"ticketId": str(ticket.id)}),
            ]
            assert [answer.status_code for answer in answers] == [201, 200, 201]


class TestEdits:
    @pytest.fixture
    async def path(self, ana: AsyncClient, change_settings: ChangeSettings) -> str:
        change_settings(edit_limit_per_minute=2)
        return f"/api/tickets/{(await ana.post('/api/tickets', json=TICKET)).json()['id']}"

    async def test_of_prices_are_limited(self, ana: AsyncClient, path: str) -> None:
        assert await statuses(3, lambda: ana.put(path, json=TICKET)) == [200, 200, 429]
        assert_says_when(await ana.put(path, json=TICKET), 60)

    async def test_and_withdrawals_share_a_limit(self, ana: AsyncClient, path: str) -> None:
        assert await statuses(2, lambda: ana.put(path, json=TICKET)) == [200, 200]
        assert_says_when(await ana.delete(path), 60)

    async def test_give_better_reasons_precedence(self, ana: AsyncClient, path: str) -> None:
        await statuses(2, lambda: ana.put(path, json={**TICKET, "title": "Another title"}))
        other = f"/api/tickets/{(await factories.make_ticket()).id}"
        assert (await ana.put("/api/tickets/none", json=TICKET)).status_code == 404
        assert (await ana.put(other, json=TICKET)).status_code == 403
        assert (await ana.put(path, json={})).status_code == 400
        assert (await ana.put(path, json={**TICKET, "version": 1})).status_code == 409


class TestSearches:
    async def test_are_limited_per_address(
        self, api: AsyncClient, change_settings: ChangeSettings
    ) -> None:
        change_settings(search_limit_per_address_per_minute=2, trusted_proxy_hops=1)

        async def search_once() -> Response:
            return await api.get("/api/tickets?q=lanterns", headers=ADDRESS)

        assert await statuses(3, search_once) == [200, 200, 429]
        assert_says_when(await search_once(), 60)
        other = {"x-forwarded-for": "192.0.2.2"}
        assert (await api.get("/api/tickets", headers=other)).status_code == 200
        assert (await api.get("/api/tickets?limit=0", headers=ADDRESS)).status_code == 400
        assert (await api.get("/api/tickets?cursor=x", headers=ADDRESS)).status_code == 400

    async def test_go_on_without_corrections_beyond_their_limit(
        self, api: AsyncClient, change_settings: ChangeSettings
    ) -> None:
        change_settings(correction_limit_per_address_per_minute=1)
        await factories.make_ticket(title="Lanterns")
        found = [(await api.get("/api/tickets?q=lantenrs")).json() for _ in range(2)]
        assert [page["correctedQ"] for page in found] == ["lanterns", None]
        assert [len(page["items"]) for page in found] == [1, 0]


class TestOpenApi:
    async def test_describes_429_with_its_header(self, api: AsyncClient) -> None:
        paths = (await api.get("/api/openapi.json")).json()["paths"]
        limited = {
            f"{method} {path}"
            for path, operations in paths.items()
            for method, operation in operations.items()
            if "retry-after" in str(operation["responses"].get("429", {})).lower()
        }
        assert limited == {
            "get /api/events",
            "post /api/events",
            "get /api/venues",
            "get /api/cities",
            "post /api/files/{file_id}/gift",
            "post /api/listings",
            "put /api/listings/{listing_id}",
            "delete /api/listings/{listing_id}",
            "post /api/listings/{listing_id}/pause",
            "post /api/listings/{listing_id}/resume",
            "get /api/tickets",
            "post /api/tickets",
            "put /api/tickets/{ticket_id}",
            "delete /api/tickets/{ticket_id}",
            "post /api/orders",
            "post /api/payments",
            "post /api/payments/{charge_id}/confirming",
            "post /api/payments/{charge_id}/settle",
            "post /api/users/signup",
            "post /api/users/signin",
            "put /api/users/currentuser/email",
            "put /api/users/currentuser/password",
            "post /api/users/signin/passkey",
            "post /api/users/signin/passkey/options",
            "post /api/users/passkeys/options",
            "post /api/users/proof",
            "post /api/users/proof/options",
            "post /api/users/email/confirm",
            "post /api/users/email/confirmation",
            "post /api/users/password-reset",
            "post /api/users/password-reset/confirm",
            "post /api/users/exports",
            "post /api/cases",
            "post /api/files",
        }


@pytest.mark.usefixtures("database")
class TestCities:
    async def test_of_one_seller_do_not_push_out_those_of_several(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(search, "MAX_CITIES", 5)
        flooder = await factories.make_user()
        for number in range(8):
            await factories.make_ticket(flooder, city=f"!AAA {number}")
        for city in ("Zürich", "Oslo"):
            await factories.make_ticket(city=city)
            await factories.make_ticket(city=city)
        async with db.transaction() as session:
            found = await search.list_cities(session)
        assert found == ["!AAA 0", "!AAA 1", "!AAA 2", "Oslo", "Zürich"]
