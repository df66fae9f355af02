"""REST of listings and offers."""

from collections.abc import Callable
from typing import Any

import pytest
from httpx import AsyncClient

from tests import factories
from tests.factories import UNKNOWN_ID
from ticketing_app.core.clock import utc_now
from ticketing_app.events.schemas import EventRead

LISTING = {
    "price": 42.5,
    "seats": [{"section": "B", "row": "F", "seat": "6"}, {"section": "B", "row": "F", "seat": "5"}],
    "split": "no_single",
    "sideBySide": True,
    "faceValue": 45,
    "description": "Aisle",
}
EVENT = {"title": "x", "startsLocal": "2099-05-01T20:00", "venueId": UNKNOWN_ID}


@pytest.fixture
async def event(database: None) -> EventRead:  # noqa: ARG001  # order only.
    return await factories.make_event()


async def listed(seller: AsyncClient, event: EventRead, **fields: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON.
    body = LISTING | {"eventId": str(event.id)} | fields
    answer = await seller.post("/api/listings", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


class TestCreateListing:
    async def test_lists_seats_of_an_event(self, seller: AsyncClient, event: EventRead) -> None:
        listing = await listed(seller, event)
        assert (listing["price"], listing["faceValue"], listing["currency"]) == (42.5, 45, "usd")
        assert (listing["split"], listing["sideBySide"], listing["title"]) == (
            "no_single",
            True,
            event.title,
        )
        assert [(seat["seat"], seat["status"]) for seat in listing["seats"]] == [
            ("5", "available"),
            ("6", "available"),
        ]
        assert (await seller.get(f"/api/listings/{listing['id']}")).json() == listing

    async def test_creates_the_event(self, seller: AsyncClient) -> None:
        await factories.make_cities()
        new = {
            "title": "The Quiet Engines",
            "startsLocal": f"{utc_now().year + 1}-05-01T20:00",
            "venue": {"name": "Harbour Hall", "cityId": 2950159},
        }
        answer = await seller.post("/api/listings", json={"event": new, "price": 40, "quantity": 2})
        assert answer.status_code == 201, answer.text
        listing = answer.json()
        assert (listing["title"], listing["city"], listing["timezone"]) == (
            "The Quiet Engines",
            "Berlin",
            "Europe/Berlin",
        )
        found = await seller.get(f"/api/events/{listing['eventId']}/listings")
        assert [offer["listingId"] for offer in found.json()["items"]] == [listing["id"]]

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"price": 0}, "price"),
            ({"price": 600_000}, "price"),
            ({"seats": []}, "seats"),
            ({"seats": [{}] * 11}, "seats"),
            ({"seats": "5-6"}, "seats"),
            ({"quantity": 0, "seats": []}, "quantity"),
            ({"split": "half"}, "split"),
            ({"sideBySide": "yes please"}, "sideBySide"),
            ({"eventId": "x"}, "eventId"),
            ({"event": {"title": "x"}}, "event.startsLocal"),
            ({"event": EVENT}, "event"),
            ({"previousTicketIds": [UNKNOWN_ID]}, "previousTicketIds"),
        ],
    )
    async def test_names_the_wrong_field(
        self, seller: AsyncClient, event: EventRead, fields: dict[str, Any], field: str
    ) -> None:
        body = LISTING | {"eventId": str(event.id)} | fields
        answer = await seller.post("/api/listings", json=body)
        assert answer.status_code == 400
        assert [error["field"] for error in answer.json()["errors"]] == [field]

    async def test_refusals(self, seller: AsyncClient, event: EventRead) -> None:
        unknown = await seller.post("/api/listings", json=LISTING | {"eventId": UNKNOWN_ID})
        assert unknown.status_code == 404
        await listed(seller, event)
        twice = await seller.post("/api/listings", json=LISTING | {"eventId": str(event.id)})
        assert twice.status_code == 409
        assert twice.json()["errors"][0]["message"].startswith(
            "You are selling this seat already: Section B, row F, seat"
        )

    async def test_pages_need_a_valid_cursor(self, seller: AsyncClient) -> None:
        answer = await seller.get("/api/listings/mine", params={"cursor": "x"})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "cursor")

    async def test_requires_a_session(self, api: AsyncClient) -> None:
        for answer in (
            await api.post("/api/listings", json={}),
            await api.put(f"/api/listings/{UNKNOWN_ID}", json={}),
            await api.delete(f"/api/listings/{UNKNOWN_ID}"),
            await api.post(f"/api/listings/{UNKNOWN_ID}/pause"),
            await api.post(f"/api/listings/{UNKNOWN_ID}/resume"),
            await api.get("/api/listings/mine"),
        ):
            assert answer.status_code == 401


class TestChangeListing:
    async def test_changes_and_withdraws(self, seller: AsyncClient, event: EventRead) -> None:
        listing = await listed(seller, event)
        address = f"/api/listings/{listing['id']}"
        changed = await seller.put(address, json={"price": 50, "version": 1})
        assert changed.status_code == 200, changed.text
        assert (changed.json()["price"], changed.json()["version"]) == (50, 2)
        stale = await seller.put(address, json={"price": 60, "version": 1})
        assert (stale.status_code, stale.json()["errors"][0]["field"]) == (409, "version")
        assert (await seller.delete(address)).status_code == 204
        assert (await seller.delete(address)).status_code == 409
        mine = (await seller.get("/api/listings/mine")).json()["items"]
        assert [seat["status"] for seat in mine[0]["seats"]] == ["withdrawn"] * 2

    async def test_checks_in_the_usual_order(self, seller: AsyncClient) -> None:
        other = await factories.make_listing("5")
        for name in ("nonsense", UNKNOWN_ID):
            assert (await seller.put(f"/api/listings/{name}", content=b"{")).status_code == 404
            assert (await seller.get(f"/api/listings/{name}")).status_code == 404
        assert (await seller.put(f"/api/listings/{other.id}", content=b"{")).status_code == 403
        assert (await seller.delete(f"/api/listings/{other.id}")).status_code == 403


class TestPause:
    async def test_stops_the_sale_until_it_is_resumed(
        self, seller: AsyncClient, event: EventRead
    ) -> None:
        address = f"/api/listings/{(await listed(seller, event))['id']}"
        for action, status, version in (
            ("pause", "paused", 2),
            ("pause", "paused", 2),
            ("resume", "available", 3),
        ):
            answer = await seller.post(f"{address}/{action}")
            assert (answer.status_code, answer.json()["version"]) == (200, version)
            assert {seat["status"] for seat in answer.json()["seats"]} == {status}
            assert answer.json() == (await seller.get(address)).json()

    @pytest.mark.parametrize("action", ["pause", "resume"])
    async def test_refusals(
        self,
        seller: AsyncClient,
        event: EventRead,
        change_settings: Callable[..., None],
        action: str,
    ) -> None:
        other = await factories.make_listing("5", event=event)
        ended = (await listed(seller, event))["id"]
        await seller.delete(f"/api/listings/{ended}")
        for listing_id, status in (
            ("nonsense", 404),
            (UNKNOWN_ID, 404),
            (other.id, 403),
            (ended, 409),
        ):
            answer = await seller.post(f"/api/listings/{listing_id}/{action}")
            assert answer.status_code == status
        running = f"/api/listings/{(await listed(seller, event))['id']}/{action}"
        change_settings(edit_limit_per_minute=1)
        answers = [await seller.post(running) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 429]
        assert int(answers[1].headers["retry-after"]) > 0


class TestOwnListings:
    async def test_pages_listings_and_single_tickets(
        self, seller: AsyncClient, event: EventRead
    ) -> None:
        listing = await listed(seller, event)
        answer = await seller.post("/api/tickets", json={"title": "Village fair", "price": 5})
        single = answer.json()
        await factories.make_listing("9", event=event)
        seen: list[tuple[str, str | None]] = []
        cursor: str | None = ""
        while cursor is not None:
            parameters = {"limit": 1, "cursor": cursor}
            page = (await seller.get("/api/listings/mine", params=parameters)).json()
            seen += [(item["id"], item["listingId"]) for item in page["items"]]
            cursor = page["nextCursor"]
        assert seen == [(single["id"], None), (listing["id"], listing["id"])]


class TestEventOffers:
    async def test_finds_the_event_by_id_and_slug(
        self, seller: AsyncClient, event: EventRead
    ) -> None:
        await listed(seller, event)
        for name in (event.id, event.slug):
            answer = await seller.get(f"/api/events/{name}/listings")
            assert answer.status_code == 200
            (offer,) = answer.json()["items"]
            assert (offer["price"], offer["available"], offer["quantity"]) == (42.5, 2, 2)
            assert (
                offer["userId"]
                == (await seller.get("/api/users/currentuser")).json()["currentUser"]["id"]
            )

    @pytest.mark.parametrize("name", ["nothing-here", UNKNOWN_ID, "%00"])
    async def test_unknown_is_404(self, api: AsyncClient, name: str) -> None:
        assert (await api.get(f"/api/events/{name}/listings")).status_code == 404


class TestListTickets:
    async def test_has_a_row_per_listing(self, seller: AsyncClient, event: EventRead) -> None:
        listing = await listed(seller, event)
        single = await seller.post("/api/tickets", json={"title": "Village fair", "price": 5})
        rows = (await seller.get("/api/tickets")).json()["items"]
        assert [
            (row["id"], row["listingId"], row["available"], row["quantity"]) for row in rows
        ] == [
            (single.json()["id"], None, 1, 1),
            (listing["seats"][0]["ticketId"], listing["id"], 2, 2),
        ]
        found = await seller.get("/api/tickets", params={"event": str(event.id)})
        assert [row["listingId"] for row in found.json()["items"]] == [listing["id"]]

    async def test_counts_what_is_free(self, seller: AsyncClient, event: EventRead) -> None:
        listing = await listed(seller, event, split="any")
        front, other = listing["seats"]
        await factories.hold(await factories.read_ticket(front["ticketId"]))
        (row,) = (await seller.get("/api/tickets", params={"available": "true"})).json()["items"]
        assert (row["id"], row["available"], row["quantity"]) == (front["ticketId"], 1, 2)
        await factories.hold(await factories.read_ticket(other["ticketId"]))
        answer = await seller.get("/api/tickets", params={"available": "true"})
        assert answer.json()["items"] == []
        await seller.delete(f"/api/tickets/{front['ticketId']}")

    async def test_rejects_a_malformed_event(self, api: AsyncClient) -> None:
        answer = await api.get("/api/tickets", params={"event": "x"})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "event")
